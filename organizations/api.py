"""The organization itself over the API: its feed, its members, its own card."""

from typing import Any

from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.api import StrictModelSerializer
from organizations.access import OrganizationViewSet
from organizations.models import Membership, Organization, Right, TimelineEvent
from organizations.serializers import EventPages, EventSerializer


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
            events = events.filter(position__gt=int(after) if after.isdecimal() else 0)
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
