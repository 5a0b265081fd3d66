"""The page of the simulator: a scenario, saved or as the editor has it, over days that it lives."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from common import charts, exporting
from common.errors import DomainError
from common.htmx import refuse
from common.templatetags import display
from dunning import (
    comparing,
    editing,
    facts,
    foreseen,
    planned,
    planning,
    scenarios,
    simulator,
    weeks,
)
from dunning.choosing import Choices
from dunning.drafts import StepDraft
from dunning.editing import Contradictory
from dunning.foreseen import Run
from dunning.models import Channel, Scenario
from dunning.scenario_forms import StepForms
from dunning.simulation_form import SimulationForm
from dunning.simulator import Simulation
from dunning.views.planned import as_file, header
from dunning.weeks import A_WEEK
from organizations.access import OrganizationRequest, organization_page, shell
from organizations.models import Right

TEMPLATE = "dunning/simulate.html"
LISTED = 12  # changes of each kind, customers, days: the file has them all
LISTED_CONTACTS = 200
CHANNELS = {  # how a chart paints them
    Channel.EMAIL: "in",
    Channel.CALL: "soft",
    Channel.LETTER: "c-letter",
    Channel.REGISTERED_LETTER: "c-registered",
    Channel.SMS: "c-sms",
}


@require_http_methods(["GET", "POST"])
@organization_page(Right.SETTINGS)
def simulate(request: OrganizationRequest, scenario_id: int) -> HttpResponse:
    """Live a scenario over the book or the last year; a draft comes from the editor. Both read."""
    present = request.organization.scenarios.prefetch_related("steps")
    found: Scenario = get_object_or_404(present, pk=scenario_id)
    scenarios.default(request.organization)
    before = scenarios.choices(request.organization)
    said = request.POST if request.method == "POST" else request.GET
    form = SimulationForm(said, rules=before.rules)
    context = {**shell(request), "section": "scenarios", "scenario": found, "form": form}
    context["label"] = scenarios.label(found.name)
    steps, refused = scenarios.drafts_of(found), False
    if request.method == "POST":
        cards = StepForms(request.POST, form_kwargs={"currency": request.organization.currency})
        context["cards"] = cards
        drafted = _drafted(found, cards, form) if form.is_valid() else None
        refused = drafted is None
        steps = drafted or steps
    if refused or not form.is_valid():
        return refuse(request, TEMPLATE, context)
    after = _after(request, before, found, steps, form)
    simulation = _lived(request, before, after, form)
    if said.get("format") == "csv":
        return _file(request, simulation)
    return render(request, TEMPLATE, {**context, **_shown(request, simulation, form)})


def _drafted(found: Scenario, cards: Any, form: SimulationForm) -> tuple[StepDraft, ...] | None:
    """Return the steps of the editor's cards; None when something is wrong with them."""
    if not cards.is_valid():
        for card in cards.forms:
            for name, errors in card.errors.items():
                label = card.fields[name].label if name in card.fields else ""
                form.add_error(None, [f"{label}: {error}" for error in errors])
        form.add_error(None, cards.non_form_errors())
        return None
    kept = [card.draft() for card in cards.forms if card not in cards.deleted_forms]
    try:
        return editing.levelled(found, kept)
    except Contradictory as refusal:
        form.add_error(None, list(refusal.sentences))
    except DomainError as refusal:
        form.add_error(None, str(refusal))
    return None


def _after(
    request: OrganizationRequest,
    before: Choices,
    found: Scenario,
    steps: Sequence[StepDraft],
    form: SimulationForm,
) -> Choices:
    return simulator.drafted(
        before,
        found.pk,
        steps,
        currency=request.organization.currency,
        followed=form.cleaned_data["followed"],
        order=form.cleaned_data.get("order"),
    )


def _lived(
    request: OrganizationRequest, before: Choices, after: Choices, form: SimulationForm
) -> Simulation:
    organization, today = request.organization, timezone.localdate()
    if form.is_year:
        return simulator.last_year(organization, before, after, on=today)
    return simulator.coming(
        organization,
        before,
        after,
        on=planning.next_round(organization, on=today),
        days=form.cleaned_data["days"],
        by_habit=form.cleaned_data["habit"],
    )


def _shown(
    request: OrganizationRequest, simulation: Simulation, form: SimulationForm
) -> dict[str, Any]:
    """Return what the page says of a simulation."""
    today, draft = simulation.today, simulation.draft
    too_much = foreseen.too_much(today, draft, most=form.most_contacts)
    capacity = form.cleaned_data["capacity"]
    over = [] if capacity is None else draft.over(capacity)
    listed = [] if form.is_year else draft.heard[:LISTED_CONTACTS]
    notices = draft.formal_notices.keys() - today.formal_notices.keys()
    named = [one.customer_id for one in too_much[:LISTED]] + sorted(notices)[:LISTED]
    names = planned.names({*named, *(one.customer_id for one in listed)})
    used = [channel for channel in Channel if draft.channels[channel] or today.channels[channel]]
    return {
        "simulation": simulation,
        "is_year": form.is_year,
        "chart": _chart(draft, used),
        "keys": [(CHANNELS[channel], channel.label) for channel in used],
        "used": used,
        "rows": _rows(simulation, used),
        "sums": [(ch.label, today.channels[ch], draft.channels[ch]) for ch in used],
        "capacity": capacity,
        "over": over[:LISTED],
        "over_count": len(over),
        "over_today": 0 if capacity is None else len(today.over(capacity)),
        "most": form.most_contacts,
        "too_much": [(names[one.customer_id], one) for one in too_much[:LISTED]],
        "too_much_count": len(too_much),
        "notices": [
            (names[key], key, draft.formal_notices[key]) for key in sorted(notices)[:LISTED]
        ],
        "notices_count": len(notices),
        "changes": _changes(simulation.difference),
        "weeks": [] if form.is_year else _weeks(request, draft, listed),
        "listed": [(one, names[one.customer_id]) for one in listed],
        "reached": _reached(simulation),
    }


def _weeks(request: OrganizationRequest, draft: Run, listed: Sequence[Any]) -> Any:
    days = {one.on for one in listed}
    return weeks.grid(
        draft,
        calendar=facts.calendar_of(request.organization),
        language=display.language(),
        url_of=lambda day: f"#d{day:%Y%m%d}" if day in days else "",
    )


def _rows(simulation: Simulation, used: Sequence[Channel]) -> list[Any]:
    """Return by day, week or month how many hear something by channel, today and drafted."""
    both = zip(simulation.today.periods(), simulation.draft.periods(), strict=True)
    return [
        (begins, [(was[channel], will_be[channel]) for channel in used])
        for (begins, was), (_begins, will_be) in both
        if was or will_be
    ]


def _reached(simulation: Simulation) -> list[tuple[str, Sequence[Any]]]:
    return [
        (_("With the draft"), simulation.reached),
        (_("With today’s scenario"), simulation.reached_today),
    ]


def _changes(difference: comparing.Difference | None) -> list[Any]:
    if difference is None:
        return []
    return [
        (label, len(changes), changes[:LISTED])
        for label, changes in (
            (_("Brought forward"), difference.forward),
            (_("Put back"), difference.back),
            (_("Added"), difference.added),
            (_("Taken away"), difference.taken),
        )
        if changes
    ]


def _chart(draft: Run, used: Sequence[Channel]) -> Any:
    periods = draft.periods()
    if not draft.heard:
        return ""
    every = A_WEEK if draft.days <= foreseen.BY_DAY_UP_TO else 1
    by_month = draft.days > foreseen.BY_WEEK_UP_TO

    def named(begins: date) -> str:
        return f"{begins:%m/%Y}" if by_month else display.day(begins)

    return charts.columns(
        [
            charts.Column(
                named(begins) if place % every == 0 else "",
                tuple((CHANNELS[channel], counts[channel]) for channel in used),
            )
            for place, (begins, counts) in enumerate(periods)
        ],
        label=_("Contacts with the draft, by channel"),
        say=str,
    )


def _file(request: OrganizationRequest, simulation: Simulation) -> HttpResponse:
    """Give every contact of both runs as a file."""
    runs = [(_("draft"), simulation.draft), (_("today"), simulation.today)]
    names = planned.names({one.customer_id for _name, run in runs for one in run.heard})
    lines = ([name, *line] for name, run in runs for line in planned.lines(run.heard, names))
    content = exporting.as_csv([_("Scenario"), *header()], lines)
    name = f"{request.organization.slug}-simulation-{simulation.draft.start:%Y-%m-%d}.csv"
    return as_file(content, name)
