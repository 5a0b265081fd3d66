"""The pages about money that came in: the list, one recorded by hand, one taken back."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from common import fields
from common.errors import DomainError
from common.htmx import refuse
from common.money import Money
from invoices.models import Customer, Invoice
from organizations.access import OrganizationRequest, organization_page, shell
from organizations.models import Right
from payments import allocation, finding
from payments.allocation import Rule
from payments.forms import RecordPayment
from payments.models import Payment
from reconciliation import matching

PAGE = 50


@require_GET
@organization_page()
def payments(request: OrganizationRequest) -> HttpResponse:
    """List what came in, the latest first."""
    found = _filtered(request)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        **shell(request),
        "page": page,
        "query": request.GET.get("q", ""),
        "kind": request.GET.get("kind", ""),
        "summary": ngettext("%(n)s payment", "%(n)s payments", page.paginator.count)
        % {"n": page.paginator.count},
    }
    return render(request, "payments/list.html", context)


@require_http_methods(["GET", "POST"])
@organization_page(Right.BANK)
def record_payment(request: OrganizationRequest) -> HttpResponse:
    """Record a payment by hand; the address names its invoice or customer, else they are sought."""
    subject = _subject(request)
    if subject is None:
        words = request.GET.get("q", "")
        context = {
            **shell(request),
            "query": words,
            "invoices": finding.open_invoices(words),
            "customers": finding.customers(words),
        }
        return render(request, "payments/choose.html", context)
    form = RecordPayment(
        request.POST or None, currency=subject.currency, owed=subject.owed, on=_today(request)
    )
    if request.method == "POST" and form.is_valid():
        try:
            _record(subject, form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The payment is recorded."))
            return redirect(_back(request))
    context = {**shell(request), "form": form, "subject": subject, "section": "payments"}
    if form.errors:
        return refuse(request, "payments/record.html", context)
    return render(request, "payments/record.html", context)


@require_POST
@organization_page(Right.BANK)
def undo_payment(request: OrganizationRequest, payment_id: int) -> HttpResponse:
    """Take a payment back; its invoices owe again, its bank line waits again."""
    payment = get_object_or_404(request.organization.payments, pk=payment_id)
    matching.undo_payment(payment, at=timezone.now())
    messages.success(request, _("The payment is undone; its invoices are open again."))
    return redirect("payments", slug=request.organization.slug)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose money it is, and for what."""

    customer: Customer
    invoice: Invoice | None
    currency: str

    @property
    def owed(self) -> Money | None:
        return self.invoice.balance if self.invoice else None


def _subject(request: OrganizationRequest) -> Subject | None:
    organization = request.organization
    if key := fields.key(request.GET.get("invoice", "")):
        invoices = organization.invoices.open().select_related("customer")
        invoice = get_object_or_404(invoices, pk=key)
        return Subject(invoice.customer, invoice, invoice.currency)
    if key := fields.key(request.GET.get("customer", "")):
        customer = get_object_or_404(organization.customers, pk=key)
        return Subject(customer, None, organization.currency)
    return None


def _record(subject: Subject, said: dict[str, Any]) -> None:
    """Record it and apply it: to the invoice that was named, else to what fell due first."""
    at = timezone.now()
    payment = allocation.record(
        subject.customer,
        said["amount"],
        received_on=said["received_on"],
        method=Payment.Method(said["method"]),
        source=Payment.Source.MANUAL,
        reference=said["reference"],
        at=at,
    )
    if subject.invoice is None:
        allocation.allocate_automatically(payment, Rule.LEGAL, at=at)
    else:
        part = min(payment.amount, subject.invoice.balance)
        allocation.allocate(payment, {subject.invoice.pk: part}, at=at)


def _filtered(request: OrganizationRequest) -> Any:
    found = request.organization.payments.with_allocations().order_by("-received_on", "-pk")
    if words := request.GET.get("q", "").strip():
        named = Q(customer__name__icontains=words) | Q(reference__icontains=words)
        numbered = request.organization.allocations.filter(invoice__number__iexact=words)
        found = found.filter(named | Q(pk__in=numbered.values("payment")))
    kinds = {
        "credit": Q(undone_at__isnull=True, allocated_minor__lt=F("amount_minor")),
        "undone": Q(undone_at__isnull=False),
    }
    kind = kinds.get(request.GET.get("kind", ""))
    return found if kind is None else found.filter(kind)


def _back(request: OrganizationRequest) -> str:
    """Return the page that a payment was recorded from, if it is one of ours."""
    asked = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if ours else reverse("payments", kwargs={"slug": request.organization.slug})


def _today(request: OrganizationRequest) -> date:
    return timezone.now().astimezone(request.organization.zone).date()
