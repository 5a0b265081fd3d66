"""Payments over the API: what came in, what it settles, and taking it back."""

import re
from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api import KeyField, MoneyField, StrictModelSerializer
from invoices.models import Customer
from organizations.access import OrganizationViewSet
from organizations.models import Scope
from payments import allocation
from payments.allocation import Rule
from payments.models import Allocation, Payment
from payments.serializers import PartsSerializer, parts_of
from reconciliation import matching


class NewPaymentSerializer(PartsSerializer):
    """What came in, and what it settles: named, or by a rule, or nothing yet."""

    customer = KeyField(Customer)
    amount = MoneyField()
    received_on = serializers.DateField()
    method = serializers.ChoiceField(Payment.Method.choices, default=Payment.Method.TRANSFER)
    reference = serializers.CharField(max_length=140, default="", allow_blank=True)
    allocation_rule = serializers.ChoiceField([rule.value for rule in Rule], required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse two answers to one question."""
        if attrs.get("allocations") and attrs.get("allocation_rule"):
            raise serializers.ValidationError("Give allocations or allocation_rule, not both.")
        return attrs


class PaymentSerializer(StrictModelSerializer[Payment]):
    id = serializers.CharField(read_only=True)
    customer = serializers.CharField(source="customer_id")
    amount = MoneyField()
    unallocated = MoneyField()
    allocations = serializers.SerializerMethodField()
    state = serializers.SerializerMethodField()

    class Meta:
        model = Payment
        fields = [
            "id",
            "customer",
            "amount",
            "received_on",
            "method",
            "reference",
            "allocations",
            "unallocated",
            "source",
            "state",
        ]

    def get_allocations(self, payment: Payment) -> list[dict[str, Any]]:
        """Return what stands of its allocations."""
        return [
            {
                "invoice": str(one.invoice_id),
                "amount": {"amount": one.amount.amount, "currency": one.currency},
            }
            for one in payment.standing_allocations
        ]

    def get_state(self, payment: Payment) -> str:
        """Return "recorded" or "undone"."""
        return "recorded" if payment.undone_at is None else "undone"


class PaymentViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, OrganizationViewSet[Payment]
):
    """Money that came in."""

    scope = Scope.BANK
    serializer_class = PaymentSerializer

    def get_queryset(self) -> Any:
        payments = self.organization.payments.with_allocations().order_by("-pk")
        wanted = _keys(self.request, {"customer": "customer", "invoice": "allocations__invoice"})
        return payments.filter(**wanted).distinct()

    def create(self, request: Request) -> Response:
        """Record a payment and apply it."""
        said = NewPaymentSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        values, at = said.validated_data, timezone.now()
        payment = allocation.record(
            values["customer"],
            values["amount"],
            received_on=values["received_on"],
            method=Payment.Method(values["method"]),
            source=Payment.Source.API,
            reference=values["reference"],
            at=at,
        )
        if values.get("allocations"):
            allocation.allocate(payment, parts_of(values), at=at)
        elif values.get("allocation_rule"):
            allocation.allocate_automatically(payment, Rule(values["allocation_rule"]), at=at)
        return self._answer(payment, status.HTTP_201_CREATED)

    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """Take it back: each invoice owes again exactly what it had settled."""
        payment = self.get_object()
        matching.undo_payment(payment, at=timezone.now())
        return self._answer(payment, status.HTTP_200_OK)

    def _answer(self, payment: Payment, code: int) -> Response:
        written = self.organization.payments.with_allocations().get(pk=payment.pk)
        return Response(PaymentSerializer(written).data, status=code)


class AllocationSerializer(StrictModelSerializer[Allocation]):
    id = serializers.CharField(read_only=True)
    payment = serializers.CharField(source="payment_id")
    invoice = serializers.CharField(source="invoice_id")
    reverses = serializers.CharField(source="reverses_id", allow_null=True)
    amount = MoneyField()

    class Meta:
        model = Allocation
        fields = ["id", "payment", "invoice", "amount", "allocated_at", "reverses"]


class AllocationViewSet(mixins.ListModelMixin, OrganizationViewSet[Allocation]):
    """The ledger: which part of which payment settles which invoice; an undo is negative."""

    serializer_class = AllocationSerializer

    def get_queryset(self) -> Any:
        wanted = _keys(self.request, {"payment": "payment", "invoice": "invoice"})
        return self.organization.allocations.filter(**wanted).order_by("-pk")


def _keys(request: Request, names: Mapping[str, str]) -> dict[str, int]:
    """Return the filters of a list that are ids; what is no id finds nothing."""
    asked = {lookup: request.query_params.get(name, "") for name, lookup in names.items()}
    return {
        lookup: int(text) if re.fullmatch("[0-9]{1,18}", text) else 0
        for lookup, text in asked.items()
        if text
    }
