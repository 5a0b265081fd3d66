"""The list of customers, and the page of one: what he owes, whom to ask, what happened."""

from datetime import timedelta

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from dunning import planning
from dunning.forms import EndOfPause
from dunning.models import Hold
from invoices import finding
from invoices.finding import View, Wanted
from invoices.views.invoices import LATEST, PAGE, rows
from organizations.access import OrganizationRequest, organization_page, shell
from organizations.models import Role, TimelineEvent


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
    following = planning.next_acts(
        organization,
        customer_ids=[customer.pk for customer in found],
        on=planning.next_round(organization, on=today),
    )
    context = {
        **shell(request),
        "query": words,
        "today": today,
        "page": page,
        "rows": [
            (customer, owing.get(customer.pk, []), following.get(customer.pk)) for customer in found
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
    open_invoices = finding.invoices(organization, wanted, on=today)[:PAGE]
    events = TimelineEvent.objects.filter(organization=organization, customer_id=found.pk)
    context = {
        **shell(request),
        "section": "customers",
        "customer": found,
        "owing": finding.owing([found], on=today).get(found.pk, []),
        "rows": rows(organization, list(open_invoices), on=today),
        "credit_notes": found.credit_notes.open().order_by("issued_on", "pk"),
        "contacts": found.contacts.all(),
        "holds": Hold.objects.standing(on=today)
        .filter(customer=found, invoice__isnull=True)
        .order_by("pk"),
        "pause_form": EndOfPause(initial={"until": today + timedelta(days=14)}),
        "events": events.order_by("-position")[:LATEST],
        "may_act": request.membership.role in {Role.OWNER, Role.COLLECTOR},
    }
    return render(request, "invoices/customer.html", context)
