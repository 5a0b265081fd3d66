"""The organization itself over the API: its feed, its members, its own card."""

from http import HTTPStatus
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common import fields
from common.api import StrictModelSerializer
from organizations import api_keys, timeline
from organizations.access import OrganizationViewSet
from organizations.models import ApiKey, Membership, Organization, Right, Scope, TimelineEvent
from organizations.serializers import (
    ApiKeySerializer,
    EventPages,
    EventSerializer,
    NetworksSerializer,
    NewApiKeySerializer,
    ShownApiKeySerializer,
)


class EventViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, OrganizationViewSet[TimelineEvent]
):
    """What was done, in commit order; the id is the position, gapless from 1."""

    serializer_class = EventSerializer
    pagination_class = EventPages
    lookup_field = "position"
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self) -> Any:
        events = TimelineEvent.objects.all()
        if after := self.request.query_params.get("after", ""):
            events = events.filter(position__gt=fields.key(after))
        return events.order_by("position")


class MemberSerializer(StrictModelSerializer[Membership]):
    id = serializers.CharField(read_only=True)
    email = serializers.EmailField(source="user.email")
    name = serializers.CharField(source="user.name")
    rights = serializers.SerializerMethodField()

    class Meta:
        model = Membership
        fields = ["id", "email", "name", "role", "rights", "joined_at"]

    def get_rights(self, member: Membership) -> list[str]:
        """Return what the member may do beyond reading: of the role, granted, not withheld."""
        return [right.value for right in Right if right in member.rights]


class MemberViewSet(mixins.ListModelMixin, OrganizationViewSet[Membership]):
    """Who works here."""

    serializer_class = MemberSerializer

    def get_queryset(self) -> Any:
        return self.organization.memberships.select_related("user").order_by("pk")


class OrganizationSerializer(StrictModelSerializer[Organization]):
    class Meta:
        model = Organization
        fields = ["name", "slug", "country", "timezone", "language", "currency", "plan", "iban"]


class OrganizationView(OrganizationViewSet[Organization]):
    """The organization that the key belongs to."""

    serializer_class = OrganizationSerializer
    pagination_class = None

    def retrieve(self, request: Request) -> Response:
        """Return its card."""
        return Response(OrganizationSerializer(self.organization).data)


class ApiKeyViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, OrganizationViewSet[ApiKey]):
    """The organization's keys, the last made first; a key gives no scope that it lacks itself."""

    scope = reading_scope = Scope.ADMIN
    serializer_class = ApiKeySerializer
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self) -> Any:
        return self.organization.api_keys.order_by("-pk")

    @extend_schema(request=NewApiKeySerializer, responses={201: ShownApiKeySerializer})
    def create(self, request: Request) -> Response:
        """Make a key; its secret is in this answer and in no other."""
        said = NewApiKeySerializer(data=request.data)
        said.is_valid(raise_exception=True)
        values, at = said.validated_data, timezone.now()
        api_keys.check_scopes(values["scopes"], given_by=self.api_key)
        key, text = api_keys.issue(
            self.organization,
            name=values["name"],
            scopes=values["scopes"],
            expires_at=api_keys.end_of(values["expires_in_days"] or 0, at=at),
            networks=values["networks"],
        )
        timeline.record("organizations.api_key_issued", about={"api_key": key.pk}, at=at)
        return Response(_shown(key, text), status=HTTPStatus.CREATED)

    @extend_schema(request=NetworksSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Hold a key to addresses and networks; an empty list lets it open from everywhere."""
        key = self.get_object()
        said = NetworksSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        api_keys.check_scopes(key.scopes, given_by=self.api_key)
        api_keys.hold_to(key, said.validated_data["networks"], at=timezone.now())
        return Response(ApiKeySerializer(key).data)

    @extend_schema(request=None, responses=ShownApiKeySerializer)
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, pk: str) -> Response:
        """Give a key a new secret; the old one opens for 24 hours more."""
        key = self.get_object()
        api_keys.check_scopes(key.scopes, given_by=self.api_key)
        text = api_keys.rotate(key, at=timezone.now())
        return Response(_shown(key, text))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], url_path="end-old-secret")
    def end_old_secret(self, request: Request, pk: str) -> Response:
        """Let the secret before the last rotation open nothing from now on."""
        key = self.get_object()
        api_keys.end_old_secret(key, at=timezone.now())
        return Response(ApiKeySerializer(key).data)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, pk: str) -> Response:
        """Stop a key for good, both its secrets; the key of this very call too, if asked."""
        key = self.get_object()
        api_keys.revoke(key, at=timezone.now())
        return Response(ApiKeySerializer(key).data)


def _shown(key: ApiKey, text: str) -> dict[str, Any]:
    return {**ApiKeySerializer(key).data, "secret": text}
