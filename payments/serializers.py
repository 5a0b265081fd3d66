"""How programs name the parts of a payment."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from common.api import KeyField, MoneyField, StrictSerializer
from invoices.models import Invoice


class PartSerializer(StrictSerializer):
    """A part of a payment: which invoice, and how much of it."""

    invoice = KeyField(Invoice)
    amount = MoneyField()


class PartsSerializer(StrictSerializer):
    """Something that names invoices, each once."""

    allocations = PartSerializer(many=True, required=False)

    def validate_allocations(self, parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Refuse an invoice that is named twice."""
        if len({part["invoice"].pk for part in parts}) < len(parts):
            raise serializers.ValidationError("An invoice is named twice.")
        return parts


def parts_of(values: Mapping[str, Any]) -> dict[int, Any]:
    """Return the parts that a request names: invoice id to amount."""
    return {part["invoice"].pk: part["amount"] for part in values.get("allocations", [])}
