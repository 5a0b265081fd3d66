"""The timeline, the team and the keys as programs read and write them."""

from typing import Any

from rest_framework import serializers

from common import fields
from common.api import CursorPages, StrictModelSerializer, StrictSerializer
from common.tenancy import current
from organizations.api_keys import MOST_NETWORKS, Lifetime
from organizations.models import ApiKey, Membership, Scope, TimelineEvent


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


class ApiKeySerializer(StrictModelSerializer[ApiKey]):
    """A key without its secret; `prefix` is what its text has after `enc_`."""

    id = serializers.CharField(read_only=True)
    old_secret_until = serializers.DateTimeField(
        read_only=True, help_text="Until then the secret before the last rotation opens too."
    )
    networks = serializers.ListField(
        child=serializers.CharField(), help_text="It opens from these alone; empty: everywhere."
    )

    class Meta:
        model = ApiKey
        fields = [
            "id",
            "name",
            "prefix",
            "scopes",
            "networks",
            "created_at",
            "expires_at",
            "last_used_at",
            "last_used_from",
            "rotated_at",
            "old_secret_until",
            "revoked_at",
        ]


class ShownApiKeySerializer(ApiKeySerializer):
    """A key with its secret, as it is shown once; a retried call is answered null."""

    secret = serializers.CharField(read_only=True, allow_null=True)

    class Meta(ApiKeySerializer.Meta):
        fields = [*ApiKeySerializer.Meta.fields, "secret"]


class NetworksSerializer(StrictSerializer):
    """Where a key opens from."""

    networks = serializers.ListField(
        child=serializers.CharField(max_length=60),
        max_length=MOST_NETWORKS,
        help_text="Addresses or networks, IPv4 or IPv6, at most 20; empty: everywhere.",
    )


class NewApiKeySerializer(StrictSerializer):
    """A key to make."""

    name = serializers.CharField(max_length=80)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=Scope.choices), allow_empty=False, max_length=20
    )
    expires_in_days = serializers.ChoiceField(
        choices=[days for days in Lifetime.values if days],
        allow_null=True,
        default=None,
        help_text="Null: it never expires.",
    )
    networks = serializers.ListField(
        child=serializers.CharField(max_length=60), max_length=MOST_NETWORKS, default=list
    )

    def validate_scopes(self, scopes: list[str]) -> list[str]:
        """Return each scope once, in the order of their list."""
        return [scope for scope in Scope.values if scope in scopes]
