"""How old what is known of the bank is, and whether that keeps firm steps waiting."""

from datetime import date, timedelta

from django.utils.translation import gettext as _

from common import sentences
from common.working_days import DAY
from dunning.debtor import Blocker
from organizations.models import Organization


def blocker(organization: Organization) -> Blocker | None:
    """Return what holds firm steps from the day on which the bank's data is too old; or None.

    Before a first statement nothing does: whoever never imports one is not held. It has no last
    day, since only a statement ends it, and its first may lie ahead: so the preview knows it too.
    """
    since = old_since(organization)
    if since is None:
        return None
    return Blocker("bank_data_old", since=since, reason=_reason(organization), for_everyone=True)


def old_since(organization: Organization) -> date | None:
    """Return the first day on which the bank's data is too old; None when it never is."""
    limit, until = organization.bank_limit_days, organization.bank_data_until
    if not limit or (until is None and organization.bank_gap_since is None):
        return None
    days = [organization.bank_gap_since]
    days += [until + timedelta(days=limit) + DAY] if until is not None else []
    return min(day for day in days if day is not None)


def is_old(organization: Organization, *, on: date) -> bool:
    """Return whether the bank's data is too old, or has a gap, on a day."""
    since = old_since(organization)
    return since is not None and since <= on


def _reason(organization: Organization) -> str:
    gap = organization.bank_gap_since
    if gap is not None:
        return _("The bank’s lines from %(day)s on are not all known.") % {
            "day": sentences.of_day(gap)
        }
    day = sentences.of_day(organization.bank_data_until or date.min)
    return _("The bank is known until %(day)s.") % {"day": day}
