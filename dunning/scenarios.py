"""The scenarios of an organization: what they are called, and what decides who follows which."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.errors import DomainError
from common.tenancy import SYSTEM, current
from dunning import choosing, standard
from dunning.choosing import Choices, Rule, hundredths
from dunning.drafts import StepDraft
from dunning.models import (
    Act,
    Scenario,
    ScenarioOverride,
    ScenarioRule,
    ScenarioVersion,
    Step,
)
from organizations import timeline
from organizations.models import Organization

FIELDS = (
    "level", "offset_days", "channel", "tone", "kind", "contact_role", "least_minor",
    "customer_kind", "approval",
)  # fmt: skip


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
    "Key account": (
        gettext_lazy("Key account"),
        gettext_lazy("For large buyers: early, by phone, and nothing firm without your approval."),
    ),
    "Public buyer": (
        gettext_lazy("Public buyer"),
        gettext_lazy(
            "For the State, local authorities and hospitals: 30 days, patient, in writing."
        ),
    ),
    "Consumer": (
        gettext_lazy("Consumer"),
        gettext_lazy("For private persons: softer, without the interest and indemnity of firms."),
    ),
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


def choices(organization: Organization) -> Choices:
    """Return all that decides which steps each invoice gets, in four queries.

    The steps are read last and by one query: whoever saves meanwhile is seen whole or not at all.
    """
    currency = organization.currency
    overrides = ScenarioOverride.objects.values_list("customer_id", "invoice_id", "scenario_id")
    of_customers, of_invoices = {}, {}
    for customer_id, invoice_id, scenario_id in overrides:
        if customer_id is not None:
            of_customers[customer_id] = scenario_id
        else:
            of_invoices[invoice_id] = scenario_id
    rules = tuple(as_rule(row, currency=currency) for row in ScenarioRule.objects.all())
    default_id, steps = _steps()
    if default_id is None:
        default(organization)
        default_id, steps = _steps()
    return Choices(
        default_id=default_id or 0,
        ways={key: choosing.way(found, currency=currency) for key, found in steps.items()},
        rules=rules,
        of_customers=of_customers,
        of_invoices=of_invoices,
    )


def as_rule(row: ScenarioRule, *, currency: str) -> Rule:
    """Return a rule as `choosing` takes it."""
    return Rule(
        scenario_id=row.scenario_id,
        segment=row.segment,
        customer_kind=row.customer_kind,
        owed=None if row.owed_minor is None else hundredths(row.owed_minor, currency),
        invoiced=None if row.invoiced_minor is None else hundredths(row.invoiced_minor, currency),
        late_days=row.late_days,
    )


def drafts_of(scenario: Scenario) -> tuple[StepDraft, ...]:
    """Return the steps that are in force, lowest level first; no query after a prefetch."""
    living = [step for step in scenario.steps.all() if step.retired_at is None]
    return tuple(
        StepDraft(**{name: getattr(step, name) for name in FIELDS})
        for step in sorted(living, key=lambda step: step.level)
    )


def choose(organization: Organization, name: str, *, at: datetime) -> Scenario:
    """Let an organization that has not begun yet follow one of the ready-made scenarios.

    What it followed until then goes, unless somebody named it in a rule or for a customer.

    Raises:
        HasBegun: somebody was asked already, by the steps of another.
        UnknownScenario: none has this name.
    """
    if name not in standard.READY_MADE:
        raise UnknownScenario(_("There is no such scenario."))
    if Act.objects.exists():
        raise HasBegun(_("Customers were asked already: the scenario is not exchanged any more."))
    for before in Scenario.objects.filter(is_default=True).locked():
        before.is_default = False
        before.save(update_fields=["is_default"])
        if before.version == 1 and not is_named(before):
            before.delete()
    made = Scenario.objects.locked().filter(name=name).first()
    if made is None:
        made = written(organization, name, standard.READY_MADE[name], is_default=True)
        keep_version(made, standard.READY_MADE[name], at=at)
    else:
        made.is_default, made.archived_at = True, None
        made.save(update_fields=["is_default", "archived_at"])
    timeline.record("dunning.scenario_chosen", about={"scenario": made.pk}, at=at)
    return made


def was_chosen() -> bool:
    """Return whether a person chose the scenario, rather than getting the Standard one."""
    return timeline.happened(("dunning.scenario_chosen",), since=0)


def is_named(scenario: Scenario) -> bool:
    """Return whether a rule leads to a scenario, or somebody chose it for a customer or invoice."""
    named: bool = scenario.scenario_rules.exists() or scenario.scenario_overrides.exists()
    return named


def written(
    organization: Organization,
    name: str,
    steps: Sequence[StepDraft],
    *,
    is_default: bool = False,
) -> Scenario:
    """Write a scenario whose steps have their levels."""
    scenario: Scenario = Scenario.objects.create(
        organization=organization, name=name, is_default=is_default
    )
    write_steps(scenario, steps)
    return scenario


def write_steps(scenario: Scenario, steps: Iterable[StepDraft]) -> None:
    """Write steps that a scenario has not had yet."""
    Step.objects.bulk_create(
        Step(
            organization_id=scenario.organization_id,
            scenario=scenario,
            **{name: getattr(step, name) for name in FIELDS},
        )
        for step in steps
    )


def keep_version(scenario: Scenario, steps: Iterable[StepDraft], *, at: datetime | None) -> None:
    """Keep what a scenario's version in force says; without a time it was so from the beginning."""
    ScenarioVersion.objects.create(
        organization_id=scenario.organization_id,
        scenario=scenario,
        number=scenario.version,
        name=scenario.name,
        steps=[step.document() for step in steps],
        author=timeline.actor() if at is not None else SYSTEM,
        saved_at=at,
    )


def _made(organization: Organization, name: str) -> Scenario:
    """Write the first scenario; of two at once, the second finds the first one's."""
    scenario: Scenario
    scenario, created = Scenario.objects.get_or_create(
        organization_id=current().organization_id, is_default=True, defaults={"name": name}
    )
    if created:
        write_steps(scenario, standard.READY_MADE[name])
    return scenario


def _steps() -> tuple[int | None, dict[int, list[StepDraft]]]:
    """Return the default scenario's id, and the steps in force of every one, archived ones too."""
    default_id: int | None = None
    steps: dict[int, list[StepDraft]] = defaultdict(list)
    names = ("pk", "is_default", "steps__retired_at", *(f"steps__{name}" for name in FIELDS))
    for key, is_default, retired_at, *values in Scenario.objects.values_list(*names):
        if is_default:
            default_id = key
        found = steps[key]
        if values[0] is not None and retired_at is None:
            found.append(StepDraft(*values))
    return default_id, steps
