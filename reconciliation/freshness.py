"""How fresh what is known of the bank is: written on each account, and on the organization.

Where several accounts are followed, the one that is known least far counts: a payment may have come
on it. An account that was closed is taken off by a person, or it would hold firm steps for ever.
"""

from collections.abc import Iterable
from datetime import date, datetime

from django.utils.translation import gettext as _

from common.errors import DomainError
from dunning import facts
from organizations import timeline
from organizations.models import Organization
from reconciliation import coverage
from reconciliation.models import BankAccount, Statement


class NoGap(DomainError):
    """Nothing is missing at the statement."""

    code = "no_gap"


def renew(organization: Organization, accounts: Iterable[BankAccount], *, on: date) -> None:
    """Work out anew until when accounts are known, and with them the bank. A few queries each."""
    for account in accounts:
        found = covered(account, organization)
        account.known_until = min(found.until, on) if found.until is not None else None
        account.gap_since = found.gap_since
        account.save(update_fields=["known_until", "gap_since"])
    note(organization)


def note(organization: Organization) -> None:
    """Write how fresh the bank is on the organization, as its accounts have it."""
    followed = list(BankAccount.objects.filter(is_followed=True, known_until__isnull=False))
    gaps = [account.gap_since for account in followed if account.gap_since is not None]
    until = min((account.known_until for account in followed if account.known_until), default=None)
    organization.bank_data_until, organization.bank_gap_since = until, min(gaps, default=None)
    organization.save(update_fields=["bank_data_until", "bank_gap_since"])


def covered(account: BankAccount, organization: Organization) -> coverage.Coverage:
    """Return until when an account's statements leave nothing out."""
    said = Statement.objects.filter(
        account=account, from_on__isnull=False, to_on__isnull=False
    ).order_by("pk")
    stretches = [
        coverage.Stretch(
            id=one.pk,
            from_on=one.from_on,
            to_on=one.to_on,
            opening=one.opening_minor,
            closing=one.closing_minor,
            moved=one.moved_minor,
            accepted=one.gap_accepted_at is not None,
        )
        for one in said
        if one.from_on is not None and one.to_on is not None
    ]
    return coverage.of(stretches, calendar=facts.calendar_of(organization))


def accept_gap(account: BankAccount, *, at: datetime) -> None:
    """Let the first gap of an account hold nothing up: a person says that no payment is missing.

    Raises:
        NoGap: nothing is missing.
    """
    locked = BankAccount.objects.filter(pk=account.pk).locked().get()
    organization = account.organization
    found = covered(locked, organization)
    if found.at is None or found.gap_since is None:
        raise NoGap(_("Nothing is missing on this account."))
    Statement.objects.filter(pk=found.at).update(gap_accepted_at=at)
    timeline.record(
        "reconciliation.gap_accepted",
        about={"account": locked.pk, "statement": found.at},
        data={"since": found.gap_since.isoformat()},
        at=at,
    )
    renew(organization, [locked], on=at.astimezone(organization.zone).date())


def follow(account: BankAccount, *, is_followed: bool, at: datetime) -> None:
    """Let an account count for how fresh the bank is, or not."""
    locked = BankAccount.objects.filter(pk=account.pk).locked().get()
    if locked.is_followed == is_followed:
        return
    locked.is_followed = account.is_followed = is_followed
    locked.save(update_fields=["is_followed"])
    kind = "account_followed" if is_followed else "account_left_out"
    timeline.record(f"reconciliation.{kind}", about={"account": locked.pk}, at=at)
    note(account.organization)
