"""The editor of one scenario: its steps, what they would change, its versions."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST

from common import fields
from common.errors import DomainError
from common.headers import sandboxed
from common.htmx import refuse
from dunning import (
    comparing,
    composing,
    contradictions,
    drafts,
    editing,
    example,
    planning,
    ruler,
    scenario_forms,
    scenarios,
)
from dunning.drafts import StepDraft
from dunning.editing import Contradictory
from dunning.models import Scenario
from dunning.scenario_forms import ScenarioName, StepForms
from invoices.templatetags import timeline as naming
from organizations.access import OrganizationRequest, organization_page, shell
from organizations.models import Right

TEMPLATE = "dunning/scenario.html"
MOST_VERSIONS = 50
MOST_CHANGES = 12  # of each kind that the sheet lists; it counts them all


@require_GET
@organization_page()
def scenario(request: OrganizationRequest, scenario_id: int) -> HttpResponse:
    """Show a scenario: its steps, and its versions."""
    found = _found(request, scenario_id)
    steps = scenarios.drafts_of(found)
    name = ScenarioName(initial={"name": scenarios.label(found.name), "version": found.version})
    context = {
        **_context(request, found, steps),
        "name_form": name,
        "cards": _cards(request, steps),
    }
    return render(request, TEMPLATE, context)


@require_POST
@organization_page(Right.SETTINGS)
def edit_scenario(request: OrganizationRequest, scenario_id: int) -> HttpResponse:
    """Add a card, say what would change, or save, as the button that was pressed says."""
    found, currency = _found(request, scenario_id), request.organization.currency
    name = ScenarioName(request.POST)
    if request.POST.get("do") == "add":
        more = scenario_forms.with_another(request.POST)
        cards = StepForms(more, form_kwargs={"currency": currency})
        return _shown(request, found, cards, name)
    cards = StepForms(request.POST, form_kwargs={"currency": currency})
    if not (cards.is_valid() and name.is_valid()):
        return _refused(request, found, cards, name)
    steps = [card.draft() for card in cards.forms if card not in cards.deleted_forms]
    try:
        if request.POST.get("do") != "save":
            return _compared(request, found, editing.levelled(found, steps), name)
        saved = editing.save(
            found,
            steps,
            version=name.cleaned_data["version"],
            name=_name(found, name.cleaned_data["name"]),
            at=timezone.now(),
        )
    except Contradictory as refusal:
        for sentence in refusal.sentences:
            name.add_error(None, sentence)
    except DomainError as refusal:
        name.add_error("name" if refusal.code == "name_taken" else None, str(refusal))
    else:
        said = _("Version %(n)s of the scenario is in force.") % {"n": saved.version}
        messages.success(request, said)
        return redirect("scenario", slug=request.organization.slug, scenario_id=found.pk)
    return _refused(request, found, cards, name)


@require_POST
@organization_page(Right.SETTINGS)
def restore(request: OrganizationRequest, scenario_id: int) -> HttpResponse:
    """Let a scenario have the steps of an old version again."""
    found: Scenario = get_object_or_404(request.organization.scenarios, pk=scenario_id)
    saved = editing.restore(
        found,
        fields.key(request.POST.get("number", "")),
        version=fields.key(request.POST.get("version", "")),
        at=timezone.now(),
    )
    messages.success(request, _("Restored, as version %(n)s.") % {"n": saved.version})
    return redirect("scenario", slug=request.organization.slug, scenario_id=found.pk)


@require_GET
@xframe_options_sameorigin
@organization_page()
def step_message(request: OrganizationRequest, scenario_id: int, level: int) -> HttpResponse:
    """Show what a step would write about the invoice that owes most; a call as its script."""
    found: Scenario = get_object_or_404(request.organization.scenarios, pk=scenario_id)
    step = get_object_or_404(found.steps.living(), level=level)
    contact = example.contact(request.organization, step)
    if contact is None:
        raise Http404
    carrier, acts = planning.draft(request.organization, contact, at=timezone.now())
    if contact.is_call:
        said = composing.script(carrier, acts, on=contact.on)
        return HttpResponse("\n\n".join(map(str, said.turns)), content_type="text/plain")
    return sandboxed(composing.written(carrier, acts, on=contact.on).html)


def _found(request: OrganizationRequest, scenario_id: int) -> Scenario:
    present = request.organization.scenarios.prefetch_related("steps")
    found: Scenario = get_object_or_404(present, pk=scenario_id)
    return found


def _shown(
    request: OrganizationRequest, found: Scenario, cards: Any, name: ScenarioName
) -> HttpResponse:
    """Show the cards as they were sent, with one more."""
    return render(request, TEMPLATE, _sent(request, found, cards, name))


def _refused(
    request: OrganizationRequest, found: Scenario, cards: Any, name: ScenarioName
) -> HttpResponse:
    """Show the cards as they were sent, and what is wrong with them."""
    return refuse(request, TEMPLATE, _sent(request, found, cards, name))


def _sent(
    request: OrganizationRequest, found: Scenario, cards: Any, name: ScenarioName
) -> dict[str, Any]:
    context = _context(request, found, scenarios.drafts_of(found))
    return {**context, "cards": cards, "name_form": name}


def _compared(
    request: OrganizationRequest, found: Scenario, drafted: Sequence[StepDraft], name: ScenarioName
) -> HttpResponse:
    """Show what the draft would change, and its cards, ready to be saved."""
    organization = request.organization
    before = scenarios.choices(organization)
    difference = comparing.difference(
        organization,
        before,
        before.with_steps(found.pk, drafted, currency=organization.currency),
        on=planning.next_round(organization, on=timezone.localdate()),
    )
    cards = _cards(request, drafted)
    context = {
        **_context(request, found, drafted),
        "cards": cards,
        "name_form": name,
        "difference": difference,
        "next_version": found.version + 1,
        "shown": [
            (label, len(changes), changes[:MOST_CHANGES])
            for label, changes in (
                (_("Brought forward"), difference.forward),
                (_("Put back"), difference.back),
                (_("Added"), difference.added),
                (_("Taken away"), difference.taken),
            )
            if changes
        ],
    }
    return render(request, TEMPLATE, context)


def _context(
    request: OrganizationRequest, found: Scenario, steps: Sequence[StepDraft]
) -> dict[str, Any]:
    kept = list(found.versions.order_by("-number")[:MOST_VERSIONS])
    names = naming.actor_names({one.author for one in kept})
    return {
        **shell(request),
        "section": "scenarios",
        "scenario": found,
        "label": scenarios.label(found.name),
        "ruler": ruler.drawn(steps),
        "steps": sorted(steps, key=lambda step: (step.is_thank_you, step.order)),
        "doubts": contradictions.doubts(steps, gap_days=request.organization.gap_days),
        "versions": [
            (one, names.get(one.author, one.author), drafts.read(one.steps)) for one in kept
        ],
    }


def _cards(request: OrganizationRequest, steps: Sequence[StepDraft]) -> Any:
    currency = request.organization.currency
    return StepForms(
        initial=scenario_forms.initial(steps, currency=currency),
        form_kwargs={"currency": currency},
    )


def _name(found: Scenario, said: str) -> str:
    """Return the new name; the one that a ready-made scenario has on screen is no new one."""
    return found.name if said == scenarios.label(found.name) else said
