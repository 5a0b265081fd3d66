"""The list of invoices, and the page of one: what happened, what comes, what it holds up."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET

from common import fields
from dunning import cases, followed, ladder, planning, waiting
from dunning.forms import Contested, EndOfPause, Promise
from dunning.models import Act, Hold
from invoices import finding
from invoices.finding import DEFAULT_ORDER, ORDERS, View, Wanted
from invoices.models import Invoice
from organizations.access import OrganizationRequest, organization_page, shell
from organizations.models import Organization, TimelineEvent

PAGE = 50
LATEST = 100
VERY_LATE_DAYS = 30
_DAYS = re.compile(r"[0-9]{1,4}", re.ASCII)
VIEWS = (
    (View.OPEN, gettext_lazy("To be paid")),
    (View.OVERDUE, gettext_lazy("Late")),
    (View.NOT_DUE, gettext_lazy("Not due yet")),
    (View.PAID, gettext_lazy("Settled")),
    (View.ALL, gettext_lazy("All")),
)
COLUMNS = (
    ("number", gettext_lazy("Invoice"), ""),
    ("customer", gettext_lazy("Customer"), ""),
    ("due_on", gettext_lazy("Due"), ""),
    ("balance", gettext_lazy("Left to pay"), "r"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list; `days_late` is 0 when nothing is late."""

    invoice: Invoice
    due_on: date
    days_late: int
    next: tuple[date, ladder.Act] | None
    waits: Act | None  # for a person
    case: Hold | None

    @property
    def state(self) -> str:
        """Return what the badge says: the status, or how late it is."""
        if not self.days_late:
            return self.invoice.status
        return "very_late" if self.days_late > VERY_LATE_DAYS else "late"


@require_GET
@organization_page()
def invoices(request: OrganizationRequest) -> HttpResponse:
    """List invoices: a view of them, what was sought, in the order asked for."""
    organization, today = request.organization, timezone.localdate()
    wanted = _wanted(request)
    page = Paginator(finding.invoices(organization, wanted, on=today), PAGE).get_page(
        request.GET.get("page")
    )
    sums = finding.sums(organization, wanted, on=today)
    context = {
        **shell(request),
        "wanted": wanted,
        "views": VIEWS,
        "columns": [_column(wanted, *column) for column in COLUMNS],
        "page": page,
        "rows": rows(organization, list(page), on=today),
        "sums": sums,
        "customer": organization.customers.filter(pk=wanted.customer_id or 0).first(),
        "customers": [] if wanted.customer_id else finding.customers(organization, wanted.words),
        "is_filtered": wanted != Wanted(),
        "summary": ngettext("%(n)s invoice", "%(n)s invoices", sums.count) % {"n": sums.count},
    }
    return render(request, "invoices/list.html", context)


@require_GET
@organization_page()
def invoice(request: OrganizationRequest, invoice_id: int) -> HttpResponse:
    """Show one invoice: what is left, what happens next and why, and all that happened."""
    organization, today = request.organization, timezone.localdate()
    found = get_object_or_404(
        organization.invoices.select_related("customer", "organization").with_instalments(),
        pk=invoice_id,
    )
    events = TimelineEvent.objects.filter(organization=organization, invoice_id=found.pk)
    context = {
        **shell(request),
        "section": "invoices",
        "invoice": found,
        "row": rows(organization, [found], on=today)[0],
        "instalments": sorted(found.instalments.all(), key=lambda part: (part.due_on, part.pk)),
        "contacts": found.customer.contacts.all(),
        "asking": _asking(found, on=today),
        "scenario": followed.of_invoice(organization, found, on=today),
        "ahead": planning.ahead(found, on=planning.next_round(organization, on=today)),
        "events": events.order_by("-position")[:LATEST],
    }
    return render(request, "invoices/invoice.html", context)


def rows(organization: Organization, found: Sequence[Invoice], *, on: date) -> list[Row]:
    """Return the lines of some invoices, with their next acts, in a fixed number of queries."""
    start = planning.next_round(organization, on=on)
    following = planning.next_act_of_each(organization, found, on=start)
    holds = cases.of_customers({one.customer_id for one in found}, on=on)
    waits = waiting.acts_of_invoices([one.pk for one in found], on=on)
    return [
        Row(
            one,
            one.due_on,
            max((on - one.due_on).days, 0) if one.balance else 0,
            following.get(one.pk),
            waits.get(one.pk),
            cases.foremost(holds[one.customer_id], invoice_id=one.pk) if one.balance else None,
        )
        for one in found
    ]


def _asking(invoice: Invoice, *, on: date) -> dict[str, Any]:
    """Return what the page says about asking: the next act, what is in the way, the forms."""
    return {
        "next": planning.next_act(invoice, on=planning.next_round(invoice.organization, on=on)),
        "blockers": planning.why_not(invoice, on=on),
        "holds": Hold.objects.standing(on=on).filter(invoice=invoice).order_by("pk"),
        "promise_form": Promise(
            currency=invoice.currency,
            initial={"amount": invoice.balance, "promised_on": on + timedelta(days=7)},
        ),
        "dispute_form": Contested(currency=invoice.currency),
        "pause_form": EndOfPause(initial={"until": on + timedelta(days=14)}),
    }


def _wanted(request: OrganizationRequest) -> Wanted:
    """Return what the address asks for; what it says wrongly is as if it were not said."""
    asked = request.GET
    view, order = asked.get("view", ""), asked.get("order", "")
    words = asked.get("q", "").strip()[:100]
    return Wanted(
        # Who seeks by name or number means all of them.
        view=View(view) if view in set(View) else View.ALL if words else View.OPEN,
        words=words,
        customer_id=fields.key(asked.get("customer", "")) or None,
        late_from=_days(asked.get("late_from", "")),
        late_to=_days(asked.get("late_to", "")),
        order=order if order.removeprefix("-") in ORDERS else DEFAULT_ORDER,
    )


def _days(text: str) -> int | None:
    return int(text) if _DAYS.fullmatch(text) else None


def _column(wanted: Wanted, name: str, label: Any, css: str) -> dict[str, Any]:
    """Return a head of the list: where it leads, and the order it stands for now."""
    now = wanted.order.removeprefix("-") == name
    descending = wanted.order.startswith("-")
    return {
        "label": label,
        "css": css,
        "order": f"-{name}" if now and not descending else name,
        "sort": ("descending" if descending else "ascending") if now else "",
        "title": _("Sort by this column"),
    }
