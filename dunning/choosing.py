"""Which scenario an invoice follows, and which of its steps. Pure.

The invoice's own choice comes before its customer's, that before the rules in their order, those
before the default. A draft is the same thing with something exchanged: the ladder that is asked
with it answers what would happen, and nothing can leave.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from common.money import DECIMALS
from dunning.debtor import FORMAL_NOTICE, THANK_YOU, Step
from dunning.drafts import StepDraft, rank

PROFESSIONAL, PUBLIC, CONSUMER = "professional", "public", "consumer"


@dataclass(frozen=True, slots=True)
class Buyer:
    """What rules and conditions may ask of a customer; amounts in hundredths, as `hundredths`."""

    id: int
    segment: str = ""
    kind: str = CONSUMER
    owed: int = 0
    late_days: int | None = None  # the median; None: paid too seldom to tell


@dataclass(frozen=True, slots=True)
class Rule:
    """All that it asks must be so; what is None or empty is not asked."""

    scenario_id: int
    segment: str = ""
    customer_kind: str = ""
    owed: int | None = None
    invoiced: int | None = None
    late_days: int | None = None

    def fits(self, buyer: Buyer, *, invoiced: int) -> bool:
        return (
            (not self.segment or self.segment.casefold() == buyer.segment.casefold())
            and (not self.customer_kind or self.customer_kind == buyer.kind)
            and (self.owed is None or buyer.owed >= self.owed)
            and (self.invoiced is None or invoiced >= self.invoiced)
            and (
                self.late_days is None
                or (buyer.late_days is not None and buyer.late_days >= self.late_days)
            )
        )


@dataclass(frozen=True, slots=True)
class Rung:
    """A step, and when it is one at all."""

    step: Step
    least: int | None = None  # left to pay of the invoice, in hundredths
    customer_kind: str = ""

    def fits(self, buyer: Buyer, *, left: int) -> bool:
        is_kind = not self.customer_kind or self.customer_kind == buyer.kind
        return is_kind and (self.least is None or left >= self.least)


@dataclass(frozen=True, slots=True)
class Way:
    """The steps of one scenario, lowest level first."""

    rungs: tuple[Rung, ...] = ()
    steps: tuple[Step, ...] = ()  # the same, whatever their conditions
    has_conditions: bool = False

    def steps_for(self, buyer: Buyer, *, left: int) -> tuple[Step, ...]:
        if not self.has_conditions:
            return self.steps
        return tuple(rung.step for rung in self.rungs if rung.fits(buyer, left=left))


@dataclass(frozen=True, slots=True)
class Choices:
    """All that decides which steps an invoice gets, read once."""

    default_id: int
    ways: Mapping[int, Way]
    rules: tuple[Rule, ...] = ()
    of_customers: Mapping[int, int] = field(default_factory=dict)
    of_invoices: Mapping[int, int] = field(default_factory=dict)

    def scenario_of(self, invoice_id: int, buyer: Buyer, *, invoiced: int) -> int:
        """Return the id of the scenario that an invoice follows; `invoiced` is its whole total."""
        own = self.of_invoices.get(invoice_id, self.of_customers.get(buyer.id))
        if own is not None:
            return own
        return next(
            (rule.scenario_id for rule in self.rules if rule.fits(buyer, invoiced=invoiced)),
            self.default_id,
        )

    def steps_of(
        self, invoice_id: int, buyer: Buyer, *, invoiced: int, left: int
    ) -> tuple[Step, ...]:
        """Return the steps of an invoice, those whose conditions it meets."""
        found = self.scenario_of(invoice_id, buyer, invoiced=invoiced)
        return self.ways[found].steps_for(buyer, left=left)

    @property
    def earliest(self) -> int:
        """Return the day of the earliest step of all, counted from the due date."""
        return min((s.offset_days for way in self.ways.values() for s in way.steps), default=0)

    @property
    def asks_for_customers(self) -> bool:
        """Return whether something depends on who the customer is."""
        return bool(self.rules) or any(
            rung.customer_kind for way in self.ways.values() for rung in way.rungs
        )

    @property
    def asks_for_debts(self) -> bool:
        return any(rule.owed is not None for rule in self.rules)

    @property
    def asks_for_habits(self) -> bool:
        return any(rule.late_days is not None for rule in self.rules)

    def with_steps(
        self, scenario_id: int, steps: Iterable[StepDraft], *, currency: str
    ) -> "Choices":
        """Return the same with the steps of one scenario exchanged; each has its level."""
        return replace(self, ways={**self.ways, scenario_id: way(steps, currency=currency)})

    def with_rules(self, rules: Sequence[Rule]) -> "Choices":
        return replace(self, rules=tuple(rules))

    def with_default(self, scenario_id: int) -> "Choices":
        return replace(self, default_id=scenario_id)

    def with_override(
        self, scenario_id: int | None, *, customer_id: int = 0, invoice_id: int = 0
    ) -> "Choices":
        """Return the same with one choice by hand made or, by None, taken back."""
        customers, invoices = dict(self.of_customers), dict(self.of_invoices)
        for chosen, key in ((customers, customer_id), (invoices, invoice_id)):
            chosen.pop(key, None)
            if key and scenario_id is not None:
                chosen[key] = scenario_id
        return replace(self, of_customers=customers, of_invoices=invoices)


def way(steps: Iterable[StepDraft], *, currency: str) -> Way:
    """Return the way of asking that steps make; each has its level.

    Args:
        currency: the organization's, in which conditions are written.
    """
    rungs = sorted((rung(step, currency=currency) for step in steps), key=lambda r: r.step.level)
    has_conditions = any(r.least is not None or r.customer_kind for r in rungs)
    return Way(tuple(rungs), tuple(r.step for r in rungs), has_conditions)


def rung(step: StepDraft, *, currency: str) -> Rung:
    """Return a step as the ladder takes it."""
    return Rung(
        Step(
            level=step.level or 0,
            offset_days=step.offset_days,
            channel=step.channel,
            kind=step.kind,
            tone=step.tone,
            role=step.contact_role.strip(),
            approval=step.approval,
        ),
        least=None if step.least_minor is None else hundredths(step.least_minor, currency),
        customer_kind=step.customer_kind,
    )


def going_on(steps: tuple[Step, ...], *, after: str) -> tuple[Step, ...]:
    """Return the steps that may still follow when a kind was asked, by whatever scenario.

    Who was asked firmly is not asked softly again, and a formal notice is said once: a scenario
    that he changed to may have its levels elsewhere.
    """
    if rank(after) <= 0:
        return steps
    lowest = rank(after) + (after == FORMAL_NOTICE)
    return tuple(step for step in steps if step.kind == THANK_YOU or rank(step.kind) >= lowest)


def kind_of(*, siren: str, vat_number: str) -> str:
    """Return what kind of customer somebody is, by the legal numbers that are known of him.

    Source: Insee: the SIREN of the State and of local authorities begin with 1 or 2. Who has
    neither SIREN nor VAT number may be a consumer, and is treated as one.
    """
    if siren[:1] in {"1", "2"}:
        return PUBLIC
    return PROFESSIONAL if siren or vat_number else CONSUMER


def hundredths(minor: int, currency: str) -> int:
    """Return an amount as a number of hundredths, to compare it whatever its currency.

    Nothing is converted: 1 000 $ are as much as 1 000 €, which is what a threshold means.
    """
    hundred, one = 100, 10 ** DECIMALS.get(currency, 2)
    return int(minor * hundred // one)
