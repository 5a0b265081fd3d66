"""The timeline as programs read it."""

from typing import Any

from rest_framework import serializers

from common.api import CursorPages, StrictModelSerializer
from organizations.models import TimelineEvent


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
