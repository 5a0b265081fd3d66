"""The first page: what is owed, what waits, what happened."""

from dataclasses import dataclass
from datetime import date

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from common import charts
from common.money import Money
from common.templatetags.display import day, money, money_compact
from dunning import bank_data, cases, planning, waiting
from dunning.ladder import Act
from dunning.models import Act as WrittenAct
from dunning.models import Hold
from organizations.access import OrganizationRequest, organization_page, shell
from organizations.models import Organization, Right
from reports import dashboard as figures
from reports.dashboard import BRACKETS, Bracket, LateCustomer, Owed
from reports.incoming import PAST_WEEKS, Incoming, incoming

LABELS = (
    gettext_lazy("Not due yet"),
    gettext_lazy("1 to 30 days"),
    gettext_lazy("31 to 60 days"),
    gettext_lazy("61 to 90 days"),
    gettext_lazy("Over 90 days"),
)


@dataclass(frozen=True, slots=True)
class BracketRow:
    """A part of what is owed, with its name and where its invoices are listed."""

    bracket: Bracket
    label: Promise
    url: str


@dataclass(frozen=True, slots=True)
class LateRow:
    """A line of the largest delays: the customer, how it stands, and what comes next."""

    customer: LateCustomer
    case: Hold | None
    waits: WrittenAct | None  # for a person
    next_on: date | None
    next_act: Act | None


@require_GET
@organization_page()
def dashboard(request: OrganizationRequest) -> HttpResponse:
    """Show who owes what, and what to do today."""
    organization, today = request.organization, timezone.localdate()
    if figures.is_new(organization):
        return render(request, "reports/welcome.html", shell(request))
    owed = figures.owed(organization, on=today)
    brackets = _brackets(organization, owed)
    promised, promises = figures.promised(organization, on=today)
    coming = incoming(organization, on=today)
    return render(
        request,
        "reports/dashboard.html",
        {
            **shell(request),
            "today": today,
            "owed": owed,
            "others": figures.in_other_currencies(organization),
            "brackets": brackets,
            "aging": _aging(brackets),
            "bank_is_old": bank_data.is_old(organization, on=today),
            "todo": figures.to_do(organization, on=today),
            "received": figures.received(organization, since=today.replace(day=1), until=today),
            "due_soon": figures.due_soon(organization, on=today),
            "promised": promised,
            "promises": promises,
            "on_hold": figures.on_hold(organization, on=today),
            "late": _late(organization, today),
            "coming": coming,
            "chart": _chart(coming),
            "events": figures.latest(organization),
            "missing": figures.missing(organization, on=today)
            if request.membership.may(Right.SETTINGS)
            else [],
        },
    )


def _brackets(organization: Organization, owed: Owed) -> list[BracketRow]:
    address = reverse("invoices", kwargs={"slug": organization.slug})
    upper = [str(days - 1) for days in BRACKETS[1:]] + [""]
    queries = ["view=not_due"] + [
        f"view=overdue&late_from={days}&late_to={last}"
        for days, last in zip(BRACKETS, upper, strict=True)
    ]
    return [
        BracketRow(bracket, label, f"{address}?{query}")
        for bracket, label, query in zip(owed.brackets, LABELS, queries, strict=True)
    ]


def _aging(rows: list[BracketRow]) -> SafeString:
    parts = [
        charts.Part(
            row.bracket.amount.minor,
            f"a{row.bracket.index}",
            row.url,
            f"{row.label}: {money(row.bracket.amount)}",
        )
        for row in rows
    ]
    return charts.stacked_bar(parts, label=_("What you are owed, by age"))


def _late(organization: Organization, today: date) -> list[LateRow]:
    customers = figures.most_overdue(organization, on=today)
    ids = [customer.customer_id for customer in customers]
    following = planning.next_acts(
        organization,
        customer_ids=ids,
        on=planning.next_round(organization, on=today),
    )
    found = cases.of_customers(ids, on=today)
    waits = waiting.acts_of_customers(ids, on=today)
    rows = []
    for customer in customers:
        next_on, act = following.get(customer.customer_id, (None, None))
        case = cases.foremost(found[customer.customer_id])
        rows.append(LateRow(customer, case, waits.get(customer.customer_id), next_on, act))
    return rows


def _chart(coming: Incoming) -> SafeString:
    """Draw the weeks: what came in, what is promised, and what is expected on top."""
    currency = coming.uncounted.currency
    return charts.columns(
        [
            charts.Column(
                day(week.begins_on),
                (
                    ("in", week.received.minor),
                    ("soft", week.promised.minor),
                    ("fc", week.expected.minor),
                ),
            )
            for week in coming.weeks
        ],
        label=_("Money received, promised and expected, week by week"),
        now=(PAST_WEEKS, _("this week")),
        say=lambda minor: money_compact(Money(minor, currency)),
    )
