"""The list of scenarios: who follows which, and what becomes of a whole one."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from common import fields
from common.errors import DomainError
from common.htmx import refuse
from dunning import editing, following, ruler, scenarios
from dunning.choosing import Choices
from dunning.following import Coverage
from dunning.models import Scenario
from dunning.ruler import Ruler
from dunning.scenario_forms import NewScenario
from organizations.access import OrganizationRequest, organization_page, shell
from organizations.models import Right


@dataclass(frozen=True, slots=True)
class Listed:
    """A scenario on the list."""

    scenario: Scenario
    label: str
    says: str
    ruler: Ruler
    coverage: Coverage
    is_named: bool  # a rule or a choice leads to it


@require_GET
@organization_page()
def scenario_list(request: OrganizationRequest) -> HttpResponse:
    """Show the scenarios, each with its steps on a ruler and who follows it."""
    return render(request, "dunning/scenarios.html", _context(request))


@require_POST
@organization_page(Right.SETTINGS)
def new_scenario(request: OrganizationRequest) -> HttpResponse:
    """Write a scenario, a copy of a ready-made one or of one that is there."""
    form = NewScenario(request.POST, present=_living(request))
    if form.is_valid():
        try:
            made = editing.create(
                request.organization, form.cleaned_data["name"], form.steps(), at=timezone.now()
            )
        except DomainError as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, _("The scenario is there: change its steps as you like."))
            return redirect("scenario", slug=request.organization.slug, scenario_id=made.pk)
    return refuse(request, "dunning/scenarios.html", {**_context(request), "new_form": form})


@require_POST
@organization_page(Right.SETTINGS)
def make_default(request: OrganizationRequest, scenario_id: int) -> HttpResponse:
    """Let everybody follow a scenario for whom nothing else is said."""
    scenario: Scenario = get_object_or_404(request.organization.scenarios, pk=scenario_id)
    before = scenarios.choices(request.organization)
    changed = following.changing(
        request.organization,
        before,
        before.with_default(scenario.pk),
        on=timezone.localdate(),
    )
    editing.set_default(scenario, at=timezone.now())
    messages.success(
        request,
        _("%(name)s is the default now: %(n)s customers changed.")
        % {"name": scenarios.label(scenario.name), "n": len(changed)},
    )
    return redirect("scenarios", slug=request.organization.slug)


@require_POST
@organization_page(Right.SETTINGS)
def archive(request: OrganizationRequest, scenario_id: int) -> HttpResponse:
    """Put a scenario away; whoever was led to it goes where it is said."""
    scenario: Scenario = get_object_or_404(request.organization.scenarios, pk=scenario_id)
    said = request.POST.get("heir", "")
    living = request.organization.scenarios.living()
    heir = get_object_or_404(living, pk=fields.key(said)) if said else None
    editing.archive(scenario, heir=heir, at=timezone.now())
    messages.success(request, _("The scenario is archived."))
    return redirect("scenarios", slug=request.organization.slug)


@require_POST
@organization_page(Right.SETTINGS)
def bring_back(request: OrganizationRequest, scenario_id: int) -> HttpResponse:
    """Take an archived scenario out again."""
    scenario: Scenario = get_object_or_404(request.organization.scenarios, pk=scenario_id)
    editing.bring_back(scenario, at=timezone.now())
    messages.success(request, _("The scenario is back."))
    return redirect("scenarios", slug=request.organization.slug)


def _context(request: OrganizationRequest) -> dict[str, Any]:
    organization = request.organization
    scenarios.default(organization)
    choices = scenarios.choices(organization)
    covered = following.coverage(organization, choices, on=timezone.localdate())
    found = organization.scenarios.prefetch_related("steps").order_by("-is_default", "name")
    led_to = _led_to(choices)
    listed = [
        Listed(
            scenario=one,
            label=scenarios.label(one.name),
            says=scenarios.says(one.name),
            ruler=ruler.drawn(scenarios.drafts_of(one)),
            coverage=covered.get(one.pk, Coverage()),
            is_named=one.pk in led_to,
        )
        for one in found
    ]
    living = [one for one in listed if one.scenario.archived_at is None]
    return {
        **shell(request),
        "section": "scenarios",
        "living": living,
        "archived": [one for one in listed if one.scenario.archived_at is not None],
        "new_form": NewScenario(present=[one.scenario for one in living]),
        "rules": len(choices.rules),
        "chosen": len(choices.of_customers) + len(choices.of_invoices),
    }


def _led_to(choices: Choices) -> set[int]:
    by_hand = {*choices.of_customers.values(), *choices.of_invoices.values()}
    return by_hand | {rule.scenario_id for rule in choices.rules}


def _living(request: OrganizationRequest) -> list[Scenario]:
    living = request.organization.scenarios.living().prefetch_related("steps")
    return list(living.order_by("name"))
