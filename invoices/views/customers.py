"""The list of customers, and the page of one: what he owes, whom to ask, what happened."""

from datetime import timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from dunning import planning, waiting
from dunning.forms import EndOfPause
from dunning.models import Hold
from invoices import crediting, finding
from invoices.finding import View, Wanted
from invoices.forms import SetOff
from invoices.views.invoices import LATEST, PAGE, rows
from organizations.access import OrganizationRequest, organization_page, shell
from organizations.models import Role, TimelineEvent

MOST_NOTES = 10


@require_GET
@organization_page()
def customers(request: OrganizationRequest) -> HttpResponse:
    """List customers, who owes most beyond the due date first."""
    organization, today = request.organization, timezone.localdate()
    words = request.GET.get("q", "").strip()[:100]
    page = Paginator(finding.owing_customers(organization, words, on=today), PAGE).get_page(
        request.GET.get("page")
    )
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
    found = get_object_or_404(organization.customers.with_contacts(), pk=customer_id)
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
        "may_collect": request.membership.may_collect,
        "holds": Hold.objects.standing(on=today)
        .filter(customer=found, invoice__isnull=True)
        .order_by("pk"),
        "pause_form": EndOfPause(initial={"until": today + timedelta(days=14)}),
        "events": events.order_by("-position")[:LATEST],
        "may_write": request.membership.role in {Role.OWNER, Role.ACCOUNTANT},
        "may_act": request.membership.role in {Role.OWNER, Role.COLLECTOR},
    }
    return render(request, "invoices/customer.html", context)


@require_POST
@organization_page(Role.ACCOUNTANT)
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
