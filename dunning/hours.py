"""When a phone may ring for an SMS: on working days, from the hour of the rounds to the evening."""

from datetime import date, datetime, time, timedelta

from dunning import facts
from organizations.models import Organization

EVENING = time(20)


def opens_at(organization: Organization, *, at: datetime) -> datetime:
    """Return the first moment from `at` on at which an SMS may leave, where the creditor is.

    An organization whose rounds are in the evening sends for an hour.
    """
    local = at.astimezone(organization.zone)
    calendar, day = facts.calendar_of(organization), local.date()
    begin = _begins(organization, day)
    end = max(datetime.combine(day, EVENING, organization.zone), begin + timedelta(hours=1))
    if calendar.is_working(day) and local < end:
        return max(at, begin)
    following = calendar.next_working(day + timedelta(days=1))
    return _begins(organization, following)


def _begins(organization: Organization, day: date) -> datetime:
    return datetime.combine(day, time(organization.sending_hour), organization.zone)
