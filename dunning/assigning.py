"""Say who follows which scenario: the ordered rules, and the choices by hand."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from common.errors import DomainError
from dunning.choosing import Rule, hundredths
from dunning.models import Scenario, ScenarioOverride, ScenarioRule
from invoices.models import Customer, Invoice
from organizations import timeline
from organizations.models import Organization

MOST_RULES = 50


class EmptyRule(DomainError):
    """A rule asks nothing, so all that comes after it would never be looked at."""

    code = "empty_rule"


class TooManyRules(DomainError):
    """There are more rules than anybody reads."""

    code = "too_many_rules"


class NotToBeChosen(DomainError):
    """An archived scenario is led to by nothing."""

    code = "scenario_is_archived"


class RulesChanged(DomainError):
    """Somebody else changed the rules since they were read."""

    code = "changed_meanwhile"


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """A rule as somebody writes it; amounts in minor units of the organization's currency."""

    scenario: Scenario
    segment: str = ""
    customer_kind: str = ""
    owed_minor: int | None = None
    invoiced_minor: int | None = None
    late_days: int | None = None

    @property
    def asks_nothing(self) -> bool:
        asked = (self.owed_minor, self.invoiced_minor, self.late_days)
        return not (self.segment or self.customer_kind) and asked == (None, None, None)

    def as_rule(self, *, currency: str) -> Rule:
        """Return it as `choosing` takes it."""
        owed, invoiced = self.owed_minor, self.invoiced_minor
        return Rule(
            scenario_id=self.scenario.pk,
            segment=self.segment,
            customer_kind=self.customer_kind,
            owed=None if owed is None else hundredths(owed, currency),
            invoiced=None if invoiced is None else hundredths(invoiced, currency),
            late_days=self.late_days,
        )


def rules() -> list[RuleDraft]:
    """Return the rules in force, the first to be asked first."""
    return [
        RuleDraft(
            scenario=row.scenario,
            segment=row.segment,
            customer_kind=row.customer_kind,
            owed_minor=row.owed_minor,
            invoiced_minor=row.invoiced_minor,
            late_days=row.late_days,
        )
        for row in ScenarioRule.objects.select_related("scenario").order_by("position")
    ]


def fingerprint(drafted: Sequence[RuleDraft]) -> str:
    """Return what tells whether rules are the same that were read."""
    told = [
        f"{one.scenario.pk}|{one.segment}|{one.customer_kind}|{one.owed_minor}|{one.invoiced_minor}"
        f"|{one.late_days}"
        for one in drafted
    ]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


def check(drafted: Sequence[RuleDraft]) -> None:
    """Refuse rules that can't be meant.

    Raises:
        TooManyRules: there are more than MOST_RULES.
        EmptyRule: one of them fits everybody.
        NotToBeChosen: one leads to an archived scenario.
    """
    if len(drafted) > MOST_RULES:
        raise TooManyRules(_("There are at most %(most)s rules.") % {"most": MOST_RULES})
    for place, rule in enumerate(drafted, start=1):
        if rule.asks_nothing:
            raise EmptyRule(
                _("Rule %(place)s asks nothing: for everybody, set the default.") % {"place": place}
            )
        _refuse_archived(rule.scenario)


def write_rules(
    organization: Organization,
    drafted: Sequence[RuleDraft],
    *,
    at: datetime,
    read: str = "",
) -> None:
    """Let these rules choose from now on, in this order; the same ones change nothing.

    Args:
        read: the fingerprint of the rules that were read; empty when nobody looked.

    Raises:
        RulesChanged: they are not what was read any more.
        TooManyRules, EmptyRule, NotToBeChosen: as `check`.
    """
    Organization.objects.select_for_update().get(pk=organization.pk)  # of two, one waits
    check(drafted)
    now = rules()
    if read and read != fingerprint(now):
        raise RulesChanged(_("Somebody changed the rules meanwhile: look at them again."))
    if list(drafted) == now:
        return
    ScenarioRule.objects.all().delete()
    ScenarioRule.objects.bulk_create(
        ScenarioRule(
            organization=organization,
            position=position,
            scenario=rule.scenario,
            segment=rule.segment,
            customer_kind=rule.customer_kind,
            owed_minor=rule.owed_minor,
            invoiced_minor=rule.invoiced_minor,
            late_days=rule.late_days,
        )
        for position, rule in enumerate(drafted, start=1)
    )
    timeline.record("dunning.scenario_rules_changed", about={}, data={"rules": len(drafted)}, at=at)


def choose_for_customer(customer: Customer, scenario: Scenario | None, *, at: datetime) -> None:
    """Let a customer follow a scenario whatever the rules say; None leaves it to them again.

    Raises:
        NotToBeChosen: the scenario is archived.
    """
    _choose(scenario, about={"customer": customer.pk}, at=at)


def choose_for_invoice(invoice: Invoice, scenario: Scenario | None, *, at: datetime) -> None:
    """Let an invoice follow a scenario of its own; refused as `choose_for_customer`."""
    about = {"customer": invoice.customer_id, "invoice": invoice.pk}
    _choose(scenario, about=about, at=at)


def _choose(scenario: Scenario | None, *, about: dict[str, int], at: datetime) -> None:
    """Write, change or take back the choice for the last of what it is about."""
    kind = "invoice" if "invoice" in about else "customer"
    if scenario is not None:
        _refuse_archived(scenario)
    found = ScenarioOverride.objects.filter(**{f"{kind}_id": about[kind]})
    was = found.values_list("scenario_id", flat=True).first()
    now = None if scenario is None else scenario.pk
    if was == now:
        return
    if scenario is None:
        found.delete()
    elif was is None:
        ScenarioOverride.objects.create(
            organization_id=scenario.organization_id,
            scenario=scenario,
            **{f"{kind}_id": about[kind]},
        )
    else:
        found.update(scenario=scenario)
    data = {"scenario": now, "of": kind}
    timeline.record("dunning.scenario_chosen_by_hand", about=about, data=data, at=at)


def _refuse_archived(scenario: Scenario) -> None:
    if scenario.archived_at is not None:
        raise NotToBeChosen(
            _("The scenario “%(name)s” is archived: bring it back first.") % {"name": scenario.name}
        )
