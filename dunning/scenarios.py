"""The scenario that an organization follows."""

from common.tenancy import current
from dunning import standard
from dunning.debtor import Step as Rung
from dunning.models import Scenario, Step
from organizations.models import Organization


def default(organization: Organization) -> Scenario:
    """Return the organization's scenario; its first time, the Standard one is made for it."""
    scenario: Scenario | None = Scenario.objects.filter(is_default=True).first()
    return scenario if scenario is not None else _standard(organization)


def steps(organization: Organization) -> tuple[Rung, ...]:
    """Return the rungs of the organization's ladder, lowest first."""
    rows = default(organization).steps.order_by("level")
    return tuple(Rung(*row) for row in rows.values_list("level", "offset_days", "channel", "kind"))


def tones(organization: Organization) -> dict[int, str]:
    """Return the tone of each level."""
    return dict(default(organization).steps.values_list("level", "tone"))


def _standard(organization: Organization) -> Scenario:
    """Write the Standard scenario; of two at once, the second finds the first one's."""
    scenario: Scenario
    scenario, created = Scenario.objects.get_or_create(
        organization_id=current().organization_id,
        is_default=True,
        defaults={"name": standard.NAME},
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
            for step in standard.STEPS
        )
    return scenario
