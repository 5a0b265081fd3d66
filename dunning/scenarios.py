"""The scenario that an organization follows."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.errors import DomainError
from common.tenancy import current
from dunning import standard
from dunning.debtor import Step as Rung
from dunning.models import Act, Scenario, Step
from organizations import timeline
from organizations.models import Organization


class HasBegun(DomainError):
    """Customers were asked by the steps of another scenario."""

    code = "has_begun"


class UnknownScenario(DomainError):
    """No ready-made scenario has this name."""

    code = "unknown_scenario"


# What the ready-made ones are called, and for whom they are.
LABELS = {
    "Gentle": (gettext_lazy("Gentle"), gettext_lazy("For regular customers you want to spare.")),
    "Standard": (gettext_lazy("Standard"), gettext_lazy("What most firms do. Recommended.")),
    "Firm": (gettext_lazy("Firm"), gettext_lazy("For those who wait until they are pressed.")),
}


def label(name: str) -> str:
    """Return what a scenario is called, in the reader's language if it is ready-made."""
    return str(LABELS[name][0]) if name in LABELS else name


def says(name: str) -> str:
    """Return for whom a ready-made scenario is."""
    return str(LABELS[name][1]) if name in LABELS else ""


def default(organization: Organization) -> Scenario:
    """Return the organization's scenario; its first time, the Standard one is made for it."""
    scenario: Scenario | None = Scenario.objects.filter(is_default=True).first()
    return scenario if scenario is not None else _made(organization, standard.NAME)


def steps(organization: Organization) -> tuple[Rung, ...]:
    """Return the rungs of the organization's ladder, lowest first."""
    rows = default(organization).steps.order_by("level")
    return tuple(Rung(*row) for row in rows.values_list("level", "offset_days", "channel", "kind"))


def tones(organization: Organization) -> dict[int, str]:
    """Return the tone of each level."""
    return dict(default(organization).steps.values_list("level", "tone"))


def choose(organization: Organization, name: str, *, at: datetime) -> Scenario:
    """Let an organization that has not begun yet follow one of the ready-made scenarios.

    Raises:
        HasBegun: somebody was asked already, by the steps of another.
        UnknownScenario: none has this name.
    """
    if name not in standard.READY_MADE:
        raise UnknownScenario(_("There is no such scenario."))
    if Act.objects.exists():
        raise HasBegun(_("Customers were asked already: the scenario is not exchanged any more."))
    Scenario.objects.filter(is_default=True).delete()
    made = _made(organization, name)
    timeline.record("dunning.scenario_chosen", about={"scenario": made.pk}, at=at)
    return made


def was_chosen() -> bool:
    """Return whether a person chose the scenario, rather than getting the Standard one."""
    return timeline.happened(("dunning.scenario_chosen",), since=0)


def _made(organization: Organization, name: str) -> Scenario:
    """Write a ready-made scenario; of two at once, the second finds the first one's."""
    scenario: Scenario
    scenario, created = Scenario.objects.get_or_create(
        organization_id=current().organization_id, is_default=True, defaults={"name": name}
    )
    if created:
        Step.objects.bulk_create(
            Step(
                organization=organization,
                scenario=scenario,
                level=step.level,
                offset_days=step.offset_days,
                channel=step.channel,
                tone=step.tone,
                kind=step.kind,
            )
            for step in standard.READY_MADE[name]
        )
    return scenario
