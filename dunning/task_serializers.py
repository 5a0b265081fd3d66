"""Tasks as programs read and write them."""

from typing import Any

from rest_framework import serializers

from common.api import KeyField, StrictModelSerializer, StrictSerializer
from dunning.models import Task
from invoices.models import Customer, Invoice
from organizations.serializers import MemberField


class TaskSerializer(StrictModelSerializer[Task]):
    """Something that a person has to look at."""

    id = serializers.CharField(read_only=True)
    customer = serializers.CharField(source="customer_id", allow_null=True)
    invoice = serializers.CharField(source="invoice_id", allow_null=True)
    owner = serializers.CharField(source="owner_id", allow_null=True)
    state = serializers.SerializerMethodField()

    class Meta:
        model = Task
        fields = [
            "id",
            "kind",
            "state",
            "customer",
            "invoice",
            "reason",
            "owner",
            "due_on",
            "opened_at",
            "done_at",
            "done_because",
        ]

    def get_state(self, task: Task) -> str:
        """Return "open" or "done"."""
        return "open" if task.done_at is None else "done"


class NewTaskSerializer(StrictSerializer):
    """A task that a program opens for people; other kinds open by themselves."""

    kind = serializers.ChoiceField([Task.Kind.OTHER.value], default=Task.Kind.OTHER.value)
    reason = serializers.CharField(max_length=300)
    due_on = serializers.DateField()
    customer = KeyField(Customer, required=False)
    invoice = KeyField(Invoice, required=False)
    owner = MemberField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Let an invoice bring its customer, and refuse one of another's."""
        invoice, customer = attrs.get("invoice"), attrs.get("customer")
        if invoice is not None:
            if customer is not None and invoice.customer_id != customer.pk:
                raise serializers.ValidationError({"invoice": "It is another customer's."})
            attrs["customer"] = invoice.customer
        return attrs


class TaskChangeSerializer(StrictSerializer):
    """Whose it is now, and whether it is done."""

    owner = MemberField(required=False, allow_null=True)
    done = serializers.BooleanField(required=False)

    def validate_done(self, value: bool) -> bool:  # noqa: FBT001  # the framework's signature
        """Refuse to open again what was done: open another."""
        if not value:
            raise serializers.ValidationError("A task is done once; open another one.")
        return value
