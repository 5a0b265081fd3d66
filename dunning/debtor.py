"""What is known of a debtor, for the ladder to decide. Pure.

Nothing here is decided, and nothing is counted on the way: limits of the whole organization,
like the backlog's, come as facts that were fixed beforehand.
"""

from dataclasses import dataclass
from datetime import date

from common.money import Money
from common.working_days import WorkingDays

FORMAL_NOTICE, THANK_YOU, REMINDER = "formal_notice", "thank_you", "reminder"


@dataclass(frozen=True, slots=True)
class Step:
    """One rung. Its level belongs to it for ever."""

    level: int
    offset_days: int  # after the due date; negative before it
    channel: str
    kind: str
    tone: str = ""
    role: str = ""  # of the contact to ask, if there is one
    approval: str = "inherit"  # or "always", "never"
    instead_of: str = ""  # the scenario's channel, where that does not reach the debtor

    @property
    def rule(self) -> str:
        """Return what it is, in the trade's words: "D+7 courteous email"."""
        if self.kind == THANK_YOU:
            return "payment received"
        if self.kind == FORMAL_NOTICE:
            return f"D{self.offset_days:+d} formal notice"
        return f"D{self.offset_days:+d} {self.kind} {self.channel.replace('_', ' ')}"

    @property
    def is_preventive(self) -> bool:
        return self.offset_days < 0 and self.kind != THANK_YOU

    @property
    def group(self) -> str:
        """Return with what it may share a message."""
        return self.kind if self.kind in {FORMAL_NOTICE, THANK_YOU} else REMINDER

    def awaits_approval(self, *, asked: bool) -> bool:
        """Return whether a person looks first; `asked`: whether the organization wants it."""
        return self.approval == "always" or (asked and self.approval != "never")

    @property
    def is_exempt(self) -> bool:
        """Return whether gap and cap leave it alone."""
        return self.group != REMINDER


@dataclass(frozen=True, slots=True)
class Done:
    """The highest level asked in this cycle, thank-yous included, and when."""

    level: int
    offset_days: int
    on: date


# Every kind of blocker that there is.
BLOCKERS = (
    "paid", "promise", "dispute", "pause", "plan", "insolvency", "says_paid", "probable_payment",
    "bank_data_old", "einvoice_status", "gap", "cap", "calendar", "backlog", "approval", "quota",
    "no_contact", "habit", "kill_switch", "reply",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Blocker:
    """Why an act does not happen: a hold that someone placed, or a rule of the house."""

    kind: str
    until: date | None = None  # the last day it covers; None: it does not end by itself
    since: date | None = None
    by: str = ""
    reason: str = ""
    for_everyone: bool = False  # of the whole organization, so that a pause stops thanks too

    def covers(self, on: date) -> bool:
        has_begun = self.since is None or self.since <= on
        return has_begun and (self.until is None or on <= self.until)


@dataclass(frozen=True, slots=True)
class InstalmentFacts:
    id: int
    number: str  # of its invoice
    cycle: int
    due_on: date
    balance: Money
    steps: tuple[Step, ...]
    done: Done | None = None
    settled_on: date | None = None  # through Encours
    holds: tuple[Blocker, ...] = ()
    invoice_id: int = 0  # what a plan with a limit counts


@dataclass(frozen=True, slots=True)
class Limits:
    """How often a debtor is contacted, over all his invoices and channels."""

    gap_days: int = 2  # from one contact to the next, and never two on a day
    cap_count: int = 3
    cap_days: int = 7
    habit_cap_days: int = 10  # what a habit puts a step off by, at most


@dataclass(frozen=True, slots=True)
class Habit:
    """When a customer usually pays."""

    days: int  # after the due date, by which three of four of his payments had come
    payments: int  # how many of them that is known from

    @property
    def says(self) -> str:
        """Return it in the trade's words: "D+11, 8 payments"."""
        return f"D{self.days:+d}, {self.payments} payments"


@dataclass(frozen=True, slots=True)
class DebtorFacts:
    customer_id: int
    code: str
    instalments: tuple[InstalmentFacts, ...]
    reachable: frozenset[str]  # channels
    calendar: WorkingDays
    limits: Limits = Limits()
    contacted_on: tuple[date, ...] = ()  # a day for each contact; thank-yous do not count
    holds: tuple[Blocker, ...] = ()  # on the customer, or on the whole organization
    start_on: date | None = None  # of the backlog
    approval_until: date | None = None
    habit: Habit | None = None  # None: too few payments, or no two alike
