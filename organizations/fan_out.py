"""Which organizations a scheduled job is for, each period once however many clocks tick."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

from django.db import IntegrityError, transaction

from organizations.models import Organization, ScheduleRun, SendingStop


def rounds_due(*, at: datetime) -> Iterator[tuple[int, date]]:
    """Give the activated organizations whose sending hour has come and that had no round today.

    One that had its bell rung is given again ten minutes later if no round came of it: the round
    itself is done once, whoever rings. While all sending is stopped there is none.
    """
    if SendingStop.standing() is not None:
        return
    for organization in Organization.objects.filter(
        stopped_at__isnull=True, activated_at__isnull=False
    ).order_by("pk"):
        local = at.astimezone(organization.zone)
        today = local.date()
        waits = organization.last_round_on is None or organization.last_round_on < today
        if waits and local.hour >= organization.sending_hour:
            ten_minutes = f"{local:%Y-%m-%dT%H:}{local.minute // 10}0"
            if take(f"follow_up:{organization.pk}", ten_minutes):
                yield organization.pk, today


def take(job: str, period: str) -> bool:
    """Take a period of a job; False when someone else has it."""
    try:
        with transaction.atomic():
            ScheduleRun.objects.create(job=job, period=period)
    except IntegrityError:
        return False
    return True


def is_first(job: str, *, every: int, at: datetime) -> bool:
    """Take the period of a scheduled job that an instant lies in; False when a beat was faster.

    Args:
        every: the length of a period in seconds; with 0, nobody scheduled it and it is always done.
    """
    if not every:
        return True
    begun = int(at.timestamp()) // every * every
    return take(job, f"{datetime.fromtimestamp(begun, UTC):%Y-%m-%dT%H:%M:%S}")


def everyone() -> list[int]:
    """Return the ids of all organizations."""
    return list(Organization.objects.order_by("pk").values_list("pk", flat=True))


def changing_bank_details() -> list[int]:
    """Return the ids of the organizations that have to be looked at for their bank details."""
    changing = Organization.objects.filter(bank_change_at__isnull=False).order_by("pk")
    return list(changing.values_list("pk", flat=True))
