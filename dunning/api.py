"""Asking over the API: messages, calls, holds, promises."""

from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from dunning import (
    calling,
    composing,
    delivery,
    facts,
    holds,
    letters,
    posting,
    quota,
    tasks,
    waiting,
    wording,
)
from dunning.models import Call, Hold, Message, with_acts
from dunning.serializers import (
    CallSerializer,
    HoldSerializer,
    LeasedCallSerializer,
    MessageSerializer,
    NewDisputeSerializer,
    NewPauseSerializer,
    NewPromiseSerializer,
    OutcomeSerializer,
    PostedSerializer,
    UsageSerializer,
)
from organizations.access import OrganizationViewSet
from organizations.models import Scope


class MessageViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, OrganizationViewSet[Message]
):
    """Emails and letters, the last written first."""

    scope = Scope.COLLECT
    serializer_class = MessageSerializer

    def get_queryset(self) -> Any:
        found = self.organization.messages.prefetch_related(with_acts()).order_by("-pk")
        state = self.request.query_params.get("state")
        return found.filter(state=state) if state else found

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Let a message leave, a minute later."""
        message = self.get_object()
        delivery.approve(message, at=timezone.now())
        tasks.ring_after_undo(self.organization.pk, [message.pk])
        return self._answer(message)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Keep a message from leaving; its levels count as asked."""
        message = self.get_object()
        delivery.cancel(message, at=timezone.now())
        return self._answer(message)

    def _answer(self, message: Message) -> Response:
        return Response(MessageSerializer(self.get_queryset().get(pk=message.pk)).data)


class CallViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, OrganizationViewSet[Call]):
    """Phone calls, the last written first; `?state=open` are those to make."""

    scope = Scope.COLLECT
    serializer_class = CallSerializer

    def get_queryset(self) -> Any:
        asked = waiting.with_asked(on=timezone.localdate())
        found = self.organization.calls.prefetch_related(with_acts(), asked).order_by("-pk")
        if self.request.query_params.get("state") != "open":
            return found
        return found.filter(pk__in=waiting.calls(on=timezone.localdate()).values("pk"))

    @extend_schema(request=None, responses={200: LeasedCallSerializer, 204: None})
    @action(detail=False, methods=["post"])
    def next(self, request: Request) -> Response:
        """Lease the next call for 15 minutes; 204 when nobody is to be called now."""
        at, on = timezone.now(), timezone.localdate()
        call = calling.lease_next(at=at, on=on)
        if call is None:
            return Response(status=HTTPStatus.NO_CONTENT)
        found = self.get_queryset().select_related("organization", "customer", "contact")
        document = LeasedCallSerializer(found.get(pk=call.pk), context={"on": on})
        return Response(document.data)

    @extend_schema(request=OutcomeSerializer)
    @action(detail=True, methods=["post"])
    def outcome(self, request: Request, pk: str) -> Response:
        """Note how a call went, and do what follows from it."""
        call = self.get_object()
        said = OutcomeSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        calendar = facts.calendar_of(self.organization)
        calling.note(call, said.said(), at=timezone.now(), calendar=calendar)
        return Response(CallSerializer(self.get_queryset().get(pk=call.pk)).data)


class HoldViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, OrganizationViewSet[Hold]):
    """Reasons to wait, the last placed first; `?standing=true` are those of today."""

    scope = Scope.COLLECT
    serializer_class = HoldSerializer

    def get_queryset(self) -> Any:
        found = self.organization.holds.order_by("-pk")
        if self.request.query_params.get("standing") == "true":
            return found.standing(on=timezone.localdate())
        return found

    @extend_schema(request=NewPauseSerializer)
    def create(self, request: Request) -> Response:
        """Keep an invoice, a customer or everyone quiet until a day, that day included."""
        said = NewPauseSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        values = said.validated_data
        about = {"until": values["until"], "reason": values["reason"], "at": timezone.now()}
        if "invoice" in values:
            hold = holds.pause_invoice(values["invoice"], **about)
        elif "customer" in values:
            hold = holds.pause_customer(values["customer"], **about)
        else:
            hold = holds.pause_everyone(self.organization, **about)
        return Response(HoldSerializer(hold).data, status=HTTPStatus.CREATED)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str) -> Response:
        """End a hold before its time."""
        hold = self.get_object()
        holds.end(hold, at=timezone.now())
        return Response(HoldSerializer(hold).data)


class PromiseViewSet(HoldViewSet):
    """Promises to pay, the last given first."""

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(kind=Hold.Kind.PROMISE)

    @extend_schema(request=NewPromiseSerializer)
    def create(self, request: Request) -> Response:
        """Note a promise; its invoice is quiet until the working day after."""
        said = NewPromiseSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        values = said.validated_data
        hold = holds.promise(
            values["invoice"],
            values["amount"],
            values["promised_on"],
            at=timezone.now(),
            calendar=facts.calendar_of(self.organization),
        )
        return Response(HoldSerializer(hold).data, status=HTTPStatus.CREATED)


class DisputeViewSet(HoldViewSet):
    """What debtors contest, the last first."""

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(kind=Hold.Kind.DISPUTE)

    @extend_schema(request=NewDisputeSerializer)
    def create(self, request: Request) -> Response:
        """Note a dispute; what it is about is quiet until it is ended."""
        said = NewDisputeSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        values = said.validated_data
        hold = holds.dispute(
            values["invoice"],
            category=values["ground"],
            reason=values["reason"],
            contested=values.get("amount"),
            at=timezone.now(),
        )
        return Response(HoldSerializer(hold).data, status=HTTPStatus.CREATED)


class LetterViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, OrganizationViewSet[Message]):
    """Letters, the last written first; `?state=to_post` are those to print and post."""

    scope = Scope.COLLECT
    serializer_class = MessageSerializer

    def get_queryset(self) -> Any:
        found = self.organization.messages.filter(channel__in=waiting.BY_POST).order_by("-pk")
        if self.request.query_params.get("state") == "to_post":
            found = found.filter(pk__in=waiting.to_post(on=timezone.localdate()).values("pk"))
        return found.prefetch_related(with_acts())

    @extend_schema(request=PostedSerializer, responses={(HTTPStatus.OK, "application/pdf"): bytes})
    @action(detail=True, methods=["post"], url_path="print")
    def printed(self, request: Request, pk: str) -> HttpResponse:
        """Freeze a letter, dated today, and give it; one that still stands is given as it was."""
        letter = self.get_object()
        said = PostedSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        frozen = posting.mark_printed(
            letter, at=timezone.now(), number=said.validated_data["number"]
        )
        return HttpResponse(letters.render_pdf(frozen.html), content_type="application/pdf")

    @extend_schema(request=PostedSerializer)
    @action(detail=True, methods=["post"])
    def posted(self, request: Request, pk: str) -> Response:
        """Note that a letter was posted as it was printed; a copy leaves by email."""
        letter = self.get_object()
        said = PostedSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        copy = posting.mark_posted(letter, at=timezone.now(), number=said.validated_data["number"])
        if copy is not None:
            tasks.ring(self.organization.pk, copy)
        return Response(MessageSerializer(self.get_queryset().get(pk=letter.pk)).data)

    @extend_schema(responses={(HTTPStatus.OK, "application/pdf"): bytes})
    @action(detail=True, methods=["get"])
    def pdf(self, request: Request, pk: str) -> HttpResponse:
        """Give a letter as it was printed; before, a draft that says so."""
        letter = self.get_object()
        acts = list(letter.acts.all())
        if not (letter.html or acts):
            raise NotFound
        if letter.html:
            return HttpResponse(letters.render_pdf(letter.html), content_type="application/pdf")
        words = wording.words("en" if letter.language == "en" else "fr")
        html = composing.written(letter, acts, on=timezone.localdate()).html
        draft = letters.render_pdf(html, stamp=words["draft"])
        return HttpResponse(draft, content_type="application/pdf")


class UsageView(OrganizationViewSet[Message]):
    """What the plan follows."""

    serializer_class = UsageSerializer
    pagination_class = None

    def retrieve(self, request: Request) -> Response:
        """Return what the plan has followed this month, and what waits for its limit."""
        today = timezone.localdate()
        found = quota.usage(self.organization, on=today)
        return Response(
            {
                "plan": found.plan,
                "month": f"{found.month:%Y-%m}",
                "limit": found.limit,
                "followed": len(found.followed),
                "waiting": len(quota.waiting(self.organization, on=today)),
                "resets_on": found.resets_on.isoformat(),
            }
        )
