"""The list of customers, and the page of one: what he owes, whom to ask, what happened."""

from datetime import timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from common import fields
from common.errors import DomainError
from dunning import followed, planning, waiting
from dunning.forms import Address, EndOfPause
from dunning.models import Hold
from invoices import crediting, finding, portfolios
from invoices.finding import View, Wanted
from invoices.forms import InCharge, SetOff
from invoices.models import Customer
from invoices.portfolios import Whose
from invoices.views.invoices import LATEST, PAGE, rows
from organizations import team_forms
from organizations.access import OrganizationRequest, organization_page, shell
from organizations.models import Right, TimelineEvent

MOST_NOTES = 10


@require_GET
@organization_page()
def customers(request: OrganizationRequest) -> HttpResponse:
    """List customers, who owes most beyond the due date first."""
    organization, today = request.organization, timezone.localdate()
    words = request.GET.get("q", "").strip()[:100]
    asked = request.GET.get("in_charge", "")
    owing_first = finding.owing_customers(
        organization, words, on=today, whose=_in_charge(request, asked)
    )
    page = Paginator(owing_first, PAGE).get_page(request.GET.get("page"))
    found = list(page)
    owing = finding.owing(found, on=today)
    ids = [customer.pk for customer in found]
    waits = waiting.acts_of_customers(ids, on=today)
    following = planning.next_acts(
        organization,
        customer_ids=ids,
        on=planning.next_round(organization, on=today),
    )
    context = {
        **shell(request),
        "query": words,
        "in_charge": asked,
        "members": [
            (str(key), name)
            for key, name in team_forms.names(organization)
            if key != request.membership.pk
        ],
        "today": today,
        "page": page,
        "rows": [
            (
                customer,
                owing.get(customer.pk, []),
                waits.get(customer.pk),
                following.get(customer.pk),
            )
            for customer in found
        ],
        "summary": ngettext("%(n)s customer", "%(n)s customers", page.paginator.count)
        % {"n": page.paginator.count},
    }
    return render(request, "invoices/customers.html", context)


@require_GET
@organization_page()
def customer(request: OrganizationRequest, customer_id: int) -> HttpResponse:
    """Show one customer: what is open, whom to ask, and all that happened."""
    organization, today = request.organization, timezone.localdate()
    found = get_object_or_404(
        organization.customers.with_contacts().select_related("in_charge__user"), pk=customer_id
    )
    wanted = Wanted(view=View.OPEN, customer_id=found.pk)
    open_invoices = list(finding.invoices(organization, wanted, on=today)[:PAGE])
    events = TimelineEvent.objects.filter(organization=organization, customer_id=found.pk)
    context = {
        **shell(request),
        "section": "customers",
        "customer": found,
        "owing": finding.owing([found], on=today).get(found.pk, []),
        "rows": rows(organization, open_invoices, on=today),
        "credit_notes": [
            (note, SetOff(note=note, invoices=open_invoices, auto_id=f"id_{note.pk}_%s"))
            for note in found.credit_notes.open().order_by("issued_on", "pk")[:MOST_NOTES]
        ],
        "contacts": found.contacts.all(),
        "address_form": Address(customer=found) if found.address_failed_at else None,
        "charge_form": _charge_form(request, found),
        "scenario": followed.of_customer(organization, found, on=today),
        "holds": Hold.objects.standing(on=today)
        .filter(customer=found, invoice__isnull=True)
        .order_by("pk"),
        "pause_form": EndOfPause(initial={"until": today + timedelta(days=14)}),
        "events": events.order_by("-position")[:LATEST],
    }
    return render(request, "invoices/customer.html", context)


@require_POST
@organization_page(Right.COLLECT)
def entrust(request: OrganizationRequest, customer_id: int) -> HttpResponse:
    """Put a customer in somebody's charge, or in nobody's."""
    found: Customer = get_object_or_404(request.organization.customers, pk=customer_id)
    form = InCharge(request.POST, members=team_forms.names(request.organization))
    if form.is_valid():
        key = form.cleaned_data["in_charge"]
        to = None if key is None else request.organization.memberships.get(pk=key)
        try:
            portfolios.entrust(found, to, by=request.membership, at=timezone.now())
        except DomainError as refusal:
            form.add_error("in_charge", str(refusal))
        else:
            messages.success(request, _("It is noted who is in charge."))
    for errors in form.errors.values():
        messages.error(request, str(errors[0]))
    return redirect("customer", slug=request.organization.slug, customer_id=found.pk)


@require_POST
@organization_page(Right.BANK)
def set_off(request: OrganizationRequest, note_id: int) -> HttpResponse:
    """Settle an invoice with a credit note of its customer."""
    note = get_object_or_404(request.organization.credit_notes, pk=note_id)
    owed = note.customer.invoices.open().order_by("pk")
    form = SetOff(request.POST, note=note, invoices=owed)
    if form.is_valid():
        said, at = form.cleaned_data, timezone.now()
        crediting.set_off(note, said["invoice"], said["amount"], on=timezone.localdate(at), at=at)
        messages.success(request, _("The credit note is set off."))
    for errors in form.errors.values():
        messages.error(request, str(errors[0]))
    return redirect("customer", slug=request.organization.slug, customer_id=note.customer_id)


def _in_charge(request: OrganizationRequest, asked: str) -> Q:
    """Return the condition that a customer is in the charge that a list is filtered by."""
    today = timezone.localdate()
    match asked:
        case "mine":
            return portfolios.wanted(request.membership, Whose.MINE, on=today)
        case "nobodys":
            return portfolios.wanted(request.membership, Whose.NOBODYS, on=today)
        case "":
            return Q()
    return Q(in_charge=fields.key(asked))


def _charge_form(request: OrganizationRequest, customer: Customer) -> InCharge:
    return InCharge(
        members=team_forms.names(request.organization),
        initial={"in_charge": customer.in_charge_id or ""},
    )
