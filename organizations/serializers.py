"""The timeline and the team as programs read them."""

from typing import Any

from rest_framework import serializers

from common import fields
from common.api import CursorPages, StrictModelSerializer
from common.tenancy import current
from organizations.models import Membership, TimelineEvent


class EventSerializer(StrictModelSerializer[TimelineEvent]):
    id = serializers.CharField(source="position", read_only=True)
    customer = serializers.CharField(source="customer_id", allow_null=True)
    invoice = serializers.CharField(source="invoice_id", allow_null=True)
    data = serializers.SerializerMethodField()  # type: ignore[assignment]  # the contract's name

    class Meta:
        model = TimelineEvent
        fields = ["id", "kind", "at", "actor", "customer", "invoice", "data"]

    def get_data(self, event: TimelineEvent) -> dict[str, Any]:
        """Return the event's values and the ids of its other subjects."""
        others = {kind: str(number) for kind, number in event.about.items()}
        return {**others, **event.data}


class EventPages(CursorPages):
    ordering = "position"


class MemberField(serializers.Field[Any, Any, str | None, Any]):
    """The id of a member of the open organization, an opaque string; null for nobody."""

    default_error_messages = {
        "shape": "An id is a string.",
        "does_not_exist": "There is no such object.",
    }

    def get_attribute(self, instance: Any) -> Any:
        """Return the key alone: a list would read each member otherwise."""
        return getattr(instance, f"{self.field_name}_id")

    def to_representation(self, value: Any) -> str:
        return str(value)

    def to_internal_value(self, data: Any) -> Membership:
        if not isinstance(data, str):
            self.fail("shape")
        members = Membership.objects.filter(organization=current().organization_id)
        found = members.filter(pk=fields.key(data)).first()
        if found is None:
            self.fail("does_not_exist")
        return found
