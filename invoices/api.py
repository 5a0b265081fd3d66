"""Customers, invoices and credit notes over the API."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.db.models import F, Q
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from common import uploads
from common.api import CursorPages, StrictSerializer
from dunning import delivery, following, holds, planning, sending_now, tasks
from dunning.serializers import AskedSerializer, NextActionSerializer
from invoices import crediting, documents, finding, importing, recording, statement_of_account
from invoices.models import Contact, CreditNote, Customer, Invoice
from invoices.serializers import (
    ContactSerializer,
    CreditNoteSerializer,
    CustomerSerializer,
    InvoiceSerializer,
    NewCreditNoteSerializer,
    NewInvoiceSerializer,
    SetOffSerializer,
    StatementOfAccountSerializer,
)
from organizations.access import OrganizationViewSet
from organizations.models import Organization, Scope, TimelineEvent
from organizations.serializers import EventPages, EventSerializer

ORDERS = {"number", "issued_on", "-number", "-issued_on"}
EXTERNAL_ID = r"by-external-id/(?P<external_id>[^/]{1,80})"


class CustomerViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, OrganizationViewSet[Customer]
):
    """Who owes."""

    serializer_class = CustomerSerializer
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self) -> Any:
        asked = self.request.query_params
        found = self.organization.customers.order_by("-pk")
        for name in ("code", "external_id", "siren"):
            if name in asked:
                found = found.filter(**{name: asked[name]})
        return found.filter(finding.called(asked["q"])) if asked.get("q") else found

    def create(self, request: Request) -> Response:
        """Record a customer; without a code the next free one is given."""
        said = CustomerSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        made = recording.record_customer(self.organization, said.validated_data, at=timezone.now())
        return Response(CustomerSerializer(made).data, status=HTTPStatus.CREATED)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Bring a customer to what is said."""
        return self._update(self.get_object(), request)

    @extend_schema(request=CustomerSerializer)
    @action(detail=False, methods=["put"], url_path=EXTERNAL_ID)
    def by_external_id(self, request: Request, external_id: str) -> Response:
        """Record the customer with this external id, or bring it to what is said."""
        known = self.organization.customers.filter(external_id=external_id).first()
        if known is not None:
            return self._update(known, request)
        said = CustomerSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        values = {**said.validated_data, "external_id": external_id}
        made = recording.record_customer(self.organization, values, at=timezone.now())
        return Response(CustomerSerializer(made).data, status=HTTPStatus.CREATED)

    @extend_schema(responses=StatementOfAccountSerializer)
    @action(detail=True, methods=["get"], pagination_class=None)
    def statement(self, request: Request, pk: str) -> Response:
        """Give what is open, item by item, with its running balance: one object a currency."""
        on = timezone.localdate()
        found = statement_of_account.of_customer(self.get_object(), on=on)
        return Response(StatementOfAccountSerializer({"on": on, "accounts": found}).data)

    @extend_schema(request=ContactSerializer, responses=ContactSerializer(many=True))
    @action(detail=True, methods=["get", "post"])
    def contacts(self, request: Request, pk: str) -> Response:
        """List whom to ask, who is asked first before the others; or add someone."""
        customer = self.get_object()
        if request.method == "GET":
            return Response(ContactSerializer(customer.contacts.all(), many=True).data)
        said = ContactSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        made = recording.record_contact(customer, said.validated_data, at=timezone.now())
        return Response(ContactSerializer(made).data, status=HTTPStatus.CREATED)

    @extend_schema(request=ContactSerializer, responses=ContactSerializer)
    @action(detail=True, methods=["patch"], url_path=r"contacts/(?P<contact_id>[0-9]{1,18})")
    def contact(self, request: Request, pk: str, contact_id: str) -> Response:
        """Bring a contact to what is said."""
        contact: Contact = get_object_or_404(self.get_object().contacts, pk=contact_id)
        said = ContactSerializer(contact, data=request.data, partial=True)
        said.is_valid(raise_exception=True)
        recording.update_contact(contact, said.validated_data, at=timezone.now())
        return Response(ContactSerializer(contact).data)

    def _update(self, customer: Customer, request: Request) -> Response:
        said = CustomerSerializer(customer, data=request.data, partial=True)
        said.is_valid(raise_exception=True)
        recording.update_customer(customer, said.validated_data, at=timezone.now())
        return Response(CustomerSerializer(customer).data)


class InvoicePages(CursorPages):
    """Pages in the order asked for, of those that an index or the key can serve."""

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> Any:
        asked = request.query_params.get("ordering", "")
        if asked and asked not in ORDERS:
            raise ValidationError({"ordering": [f"One of {', '.join(sorted(ORDERS))}."]})
        return (asked, "-pk") if asked else ("-pk",)


class NewFileSerializer(StrictSerializer):
    """A file to take in."""

    file = serializers.FileField(allow_empty_file=True)


class InvoiceViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, OrganizationViewSet[Invoice]
):
    """What is owed."""

    serializer_class = InvoiceSerializer
    pagination_class = InvoicePages
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self) -> Any:
        asked = self.request.query_params
        found = self.organization.invoices.with_instalments()
        if "customer" in asked:
            key = asked["customer"]
            found = found.filter(customer=int(key) if key.isascii() and key.isdecimal() else 0)
        for name in ("number", "external_id"):
            if name in asked:
                found = found.filter(**{name: asked[name]})
        return found.filter(_condition(asked.get("status", "")))

    @extend_schema(
        parameters=[
            OpenApiParameter("status", enum=["open", "partly_paid", "paid", "overdue"]),
            OpenApiParameter("customer"),
            OpenApiParameter("number"),
            OpenApiParameter("external_id"),
            OpenApiParameter("ordering", enum=sorted(ORDERS)),
            OpenApiParameter("expand", enum=["next_act"]),
        ]
    )
    def list(self, request: Request) -> Response:
        """List invoices, the last recorded first; `expand=next_act` adds what comes next."""
        page = self.paginate_queryset(self.get_queryset()) or []
        expanded = request.query_params.get("expand") == "next_act"
        return self.get_paginated_response(_documents(self.organization, page, expanded=expanded))

    def retrieve(self, request: Request, pk: str) -> Response:
        """Return one invoice, with its next act and the holds on it."""
        return Response(_document(self.organization, self.get_object()))

    @extend_schema(request=NewInvoiceSerializer)
    def create(self, request: Request) -> Response:
        """Record an invoice with nothing settled."""
        return self._record(request)

    @extend_schema(request=NewInvoiceSerializer)
    @action(detail=False, methods=["put"], url_path=EXTERNAL_ID)
    def by_external_id(self, request: Request, external_id: str) -> Response:
        """Record the invoice with this external id, or bring its references to what is said."""
        known = self.organization.invoices.filter(external_id=external_id).first()
        return self._record(request, known=known, external_id=external_id)

    @extend_schema(request=NewInvoiceSerializer)
    @action(detail=False, methods=["put"], url_path=r"by-number/(?P<number>[^/]{1,64})")
    def by_number(self, request: Request, number: str) -> Response:
        """Record the invoice with this number, or bring its references to what is said."""
        known = self.organization.invoices.filter(number=number).first()
        return self._record(request, known=known, number=number)

    @extend_schema(request=NewFileSerializer)
    @action(detail=False, methods=["post"], url_path="import", parser_classes=[MultiPartParser])
    def take_in(self, request: Request) -> Response:
        """Take in a file; the answer is what `import_invoices` prints."""
        said = NewFileSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        file, at = said.validated_data["file"], timezone.now()
        report = importing.import_invoices(
            self.organization, file.name, uploads.received(file), on=timezone.localdate(at), at=at
        )
        document = report.document()
        names = ("created", "updated", "unchanged", "customers_created", "rejected")
        return Response({name: document[name] for name in names}, status=HTTPStatus.CREATED)

    @extend_schema(methods=["get"], responses={(HTTPStatus.OK, "application/pdf"): bytes})
    @extend_schema(methods=["post"], request=NewFileSerializer, responses=InvoiceSerializer)
    @action(detail=True, methods=["get", "post"], parser_classes=[MultiPartParser])
    def document(self, request: Request, pk: str) -> HttpResponseBase:
        """Give the copy of an invoice, or keep a PDF as its copy."""
        invoice = self.get_object()
        if request.method == "POST":
            said = NewFileSerializer(data=request.data)
            said.is_valid(raise_exception=True)
            file = said.validated_data["file"]
            documents.attach(invoice, file.name, uploads.received(file), at=timezone.now())
            return Response(_document(self.organization, invoice), status=HTTPStatus.CREATED)
        if invoice.document is None:
            raise NotFound
        return HttpResponse(bytes(invoice.document.content), content_type="application/pdf")

    @extend_schema(responses=NextActionSerializer)
    @action(detail=True, methods=["get"], url_path="next-action")
    def next_action(self, request: Request, pk: str) -> Response:
        """Say what happens next and, if nothing does, why; as `next_action` prints it."""
        return Response(planning.next_document(self.get_object(), on=timezone.localdate()))

    @extend_schema(request=None, responses={201: AskedSerializer})
    @action(detail=True, methods=["post"], url_path="send-now", scope=Scope.COLLECT)
    def send_now(self, request: Request, pk: str) -> Response:
        """Ask for it today, by its next step; an email leaves a minute later."""
        at = timezone.now()
        asked = sending_now.send_now(
            self.get_object(), on=timezone.localdate(at), at=at, undo=delivery.UNDO
        )
        message, call = asked.message, asked.call
        leaves_at = message.not_before if message is not None else None
        if message is not None and leaves_at is not None:
            tasks.ring_after_undo(self.organization.pk, [message.pk])
        document = {
            **planning.act_document(asked.contact.on, asked.contact.highest),
            "message": str(message.pk) if message is not None else None,
            "call": str(call.pk) if call is not None else None,
            "leaves_at": leaves_at.isoformat() if leaves_at is not None else None,
        }
        return Response(document, status=HTTPStatus.CREATED)

    @extend_schema(responses=EventSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=EventPages)
    def timeline(self, request: Request, pk: str) -> Response:
        """List what happened to an invoice, in the order it did."""
        events = TimelineEvent.objects.filter(
            organization=self.organization, invoice_id=self.get_object().pk
        )
        page = self.paginate_queryset(events.order_by("position"))
        return self.get_paginated_response(EventSerializer(page, many=True).data)

    def _record(self, request: Request, *, known: Invoice | None = None, **named: str) -> Response:
        if not isinstance(request.data, dict):
            raise ValidationError("Send one invoice, an object.")
        said = NewInvoiceSerializer(data={**request.data, **named})
        said.is_valid(raise_exception=True)
        at = timezone.now()
        if known is None:
            code = HTTPStatus.CREATED
            known = recording.record_invoice(
                self.organization, said.said, on=timezone.localdate(at), at=at
            )
        else:
            code = HTTPStatus.OK
            recording.bring_invoice(known, said.said, at=at)
        written = self.organization.invoices.with_instalments().get(pk=known.pk)
        return Response(_document(self.organization, written), status=code)


class CreditNoteViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, OrganizationViewSet[CreditNote]
):
    """What customers were given back."""

    serializer_class = CreditNoteSerializer

    def get_queryset(self) -> Any:
        return self.organization.credit_notes.order_by("-pk")

    @extend_schema(request=NewCreditNoteSerializer)
    def create(self, request: Request) -> Response:
        """Record a credit note with nothing set off yet."""
        said = NewCreditNoteSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        made = recording.record_credit_note(**said.validated_data, at=timezone.now())
        return Response(CreditNoteSerializer(made).data, status=HTTPStatus.CREATED)

    @extend_schema(request=SetOffSerializer)
    @action(detail=True, methods=["post"], url_path="set-off")
    def set_off(self, request: Request, pk: str) -> Response:
        """Settle a part of an invoice of the same customer with it."""
        said = SetOffSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        note, at = self.get_object(), timezone.now()
        crediting.set_off(note, **said.validated_data, on=timezone.localdate(at), at=at)
        note.refresh_from_db()
        return Response(CreditNoteSerializer(note).data)


def _document(organization: Organization, invoice: Invoice) -> dict[str, Any]:
    return _documents(organization, [invoice], expanded=True)[0]


def _documents(
    organization: Organization, invoices: Sequence[Invoice], *, expanded: bool
) -> list[dict[str, Any]]:
    """Return invoices as programs have them, in a fixed number of queries."""
    documents = [dict(InvoiceSerializer(invoice).data) for invoice in invoices]
    today = timezone.localdate()
    followed = following.of_invoices(organization, invoices, on=today)
    for invoice, document in zip(invoices, documents, strict=True):
        document["scenario"] = str(followed[invoice.pk])
    if not expanded:
        return documents
    coming = planning.next_act_of_each(organization, invoices, on=today)
    held = holds.kinds_on(invoices, on=today)
    for invoice, document in zip(invoices, documents, strict=True):
        found = coming.get(invoice.pk)
        document["next_act"] = None if found is None else planning.act_document(*found)
        document["on_hold"] = held[invoice.pk]
    return documents


def _condition(status: str) -> Q:
    is_open = Q(settled_minor__lt=F("total_minor"))
    match status:
        case "":
            return Q()
        case "open":
            return is_open & Q(settled_minor=0)
        case "partly_paid":
            return is_open & Q(settled_minor__gt=0)
        case "paid":
            return ~is_open & Q(written_off_minor=0)
        case "written_off":
            return ~is_open & Q(written_off_minor__gt=0)
        case "overdue":
            return is_open & finding.is_late(on=timezone.localdate())
    raise ValidationError({"status": ["No invoice has this status."]})
