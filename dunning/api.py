"""Asking over the API: messages, calls, holds, promises."""

from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from common import fields
from dunning import (
    calling,
    composing,
    delivery,
    einvoice,
    facts,
    holds,
    letters,
    linting,
    own_texts,
    posting,
    quota,
    reading,
    remarks,
    returns,
    task_list,
    tasks,
    text_serializers,
    waiting,
    wording,
)
from dunning.models import Call, Hold, Message, OwnText, Reply, Returned, Task, with_acts
from dunning.serializers import (
    CallSerializer,
    CameBackSerializer,
    EInvoiceStatusSerializer,
    HoldSerializer,
    LeasedCallSerializer,
    MessageSerializer,
    NewDisputeSerializer,
    NewEInvoiceStatusSerializer,
    NewPauseSerializer,
    NewPromiseSerializer,
    OutcomeSerializer,
    PostedSerializer,
    ReplySerializer,
    UsageSerializer,
)
from dunning.task_serializers import NewTaskSerializer, TaskChangeSerializer, TaskSerializer
from invoices.models import EInvoiceStatus
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


class EInvoiceStatusViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, OrganizationViewSet[EInvoiceStatus]
):
    """What platforms said of electronic invoices, the last to come first."""

    serializer_class = EInvoiceStatusSerializer

    def get_queryset(self) -> Any:
        found = self.organization.einvoice_statuses.order_by("-pk")
        if "invoice" in (asked := self.request.query_params):
            found = found.filter(invoice=fields.key(asked["invoice"]))
        return found

    @extend_schema(parameters=[OpenApiParameter("invoice")])
    def list(self, request: Request) -> Response:
        """List statuses, the last to come first; `invoice` keeps those of one."""
        return super().list(request)

    @extend_schema(
        request=NewEInvoiceStatusSerializer,
        responses={200: EInvoiceStatusSerializer, 201: EInvoiceStatusSerializer},
    )
    def create(self, request: Request) -> Response:
        """Keep what a platform says, and let it act on the follow-up; 200 when it was known."""
        said = NewEInvoiceStatusSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        taken = einvoice.take_in(
            [einvoice.Said(**said.validated_data)],
            source=EInvoiceStatus.Source.API,
            at=timezone.now(),
            calendar=facts.calendar_of(self.organization),
        )[0]
        if taken.refusal is not None:
            raise taken.refusal
        code = HTTPStatus.CREATED if taken.is_new else HTTPStatus.OK
        return Response(EInvoiceStatusSerializer(taken.status).data, status=code)


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
        return self._answer(letter)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], url_path="hand-over")
    def hand_over(self, request: Request, pk: str) -> Response:
        """Leave a registered letter to the provider, who is given it a minute later."""
        letter = self.get_object()
        posting.hand_over([letter], at=timezone.now())
        tasks.ring_after_undo(self.organization.pk, [letter.pk])
        return self._answer(letter)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], url_path="take-back")
    def take_back(self, request: Request, pk: str) -> Response:
        """Take a letter back that the provider was not given yet."""
        letter = self.get_object()
        posting.take_back(letter, at=timezone.now())
        return self._answer(letter)

    @extend_schema(request=CameBackSerializer)
    @action(detail=True, methods=["post"], url_path="came-back")
    def came_back(self, request: Request, pk: str) -> Response:
        """Note that the post brought a letter back, and why."""
        letter = self.get_object()
        said = CameBackSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        returns.came_back(letter, why=Returned(said.validated_data["why"]), at=timezone.now())
        return self._answer(letter)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def arrived(self, request: Request, pk: str) -> Response:
        """Take back that a letter came back, and what it said of the address."""
        letter = self.get_object()
        returns.undo(letter, at=timezone.now())
        return self._answer(letter)

    def _answer(self, letter: Message) -> Response:
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


class ReplyViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, OrganizationViewSet[Reply]):
    """What debtors wrote back, the last received first; `?state=to_read` are those to read."""

    scope = Scope.COLLECT
    serializer_class = ReplySerializer

    def get_queryset(self) -> Any:
        found = self.organization.replies.prefetch_related("reply_files").order_by("-pk")
        return found.to_read() if self.request.query_params.get("state") == "to_read" else found

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        """Note that an answer was read: what it held goes on."""
        reply = self.get_object()
        reading.mark_read(reply, at=timezone.now())
        return Response(ReplySerializer(self.get_queryset().get(pk=reply.pk)).data)


class TaskViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, OrganizationViewSet[Task]):
    """What people have to look at, the last opened first; `?state=open` is what is to do."""

    scope = Scope.COLLECT
    serializer_class = TaskSerializer

    def get_queryset(self) -> Any:
        found = self.organization.tasks.order_by("-pk")
        state = self.request.query_params.get("state")
        return (
            found
            if state not in {"open", "done"}
            else found.filter(done_at__isnull=state == "open")
        )

    @extend_schema(request=NewTaskSerializer)
    def create(self, request: Request) -> Response:
        """Open a task for somebody, or for the team."""
        said = NewTaskSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        task = Task(organization=self.organization, **said.validated_data)
        task_list.open_all([task], at=timezone.now())
        return Response(TaskSerializer(task).data, status=HTTPStatus.CREATED)

    @extend_schema(request=TaskChangeSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Say whose a task is, or that it is done."""
        task = self.get_object()
        said = TaskChangeSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        values, at = said.validated_data, timezone.now()
        if "owner" in values:
            task_list.assign(task, to=values["owner"], at=at)
        if "done" in values:
            task_list.do(task, at=at)
        return Response(TaskSerializer(task).data)


class TextViewSet(OrganizationViewSet[OwnText]):
    """What customers read and hear."""

    scope = Scope.ADMIN
    serializer_class = text_serializers.TextSerializer
    lookup_url_kwarg = "name"
    lookup_value_regex = "[a-z_-]{3,40}"
    pagination_class = None

    def list(self, request: Request) -> Response:
        """List every text, in force in French and English."""
        own = own_texts.in_force()
        rows = [text_serializers.document(key, own) for key in wording.library()]
        return Response({"results": rows, "next": None, "previous": None})

    @extend_schema(
        request=text_serializers.NewTextSerializer, responses=text_serializers.TextSerializer
    )
    def create(self, request: Request) -> Response:
        """Keep a new version of a text; what is in force already stays as it is."""
        said = text_serializers.said(request)
        key = text_serializers.KEYS[said["text"]]
        try:
            own_texts.write(
                key,
                said["parts"],
                language=said["language"],
                several=text_serializers.HALVES[said["invoices"]],
                at=timezone.now(),
            )
        except own_texts.TextRefused as refusal:
            sentences = [remarks.sentence(one) for one in refusal.findings]
            raise ValidationError({"parts": sentences}, code=refusal.code) from refusal
        return Response(
            text_serializers.document(key, own_texts.in_force()), status=HTTPStatus.CREATED
        )

    def retrieve(self, request: Request, name: str) -> Response:
        """Return one text by its id, such as email-firm-firm."""
        if name not in text_serializers.KEYS:
            raise NotFound
        return Response(
            text_serializers.document(text_serializers.KEYS[name], own_texts.in_force())
        )

    @extend_schema(
        request=text_serializers.NewTextSerializer,
        responses=text_serializers.FindingSerializer(many=True),
    )
    @action(detail=False, methods=["post"])
    def lint(self, request: Request) -> Response:
        """Say what there is to mend in a text, and keep nothing."""
        said = text_serializers.said(request)
        found = linting.lint(
            said["parts"],
            key=text_serializers.KEYS[said["text"]],
            language=said["language"],
            several=text_serializers.HALVES[said["invoices"]],
        )
        return Response({"findings": text_serializers.FindingSerializer(found, many=True).data})


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
