"""Remove what only had to be known for a while. None of it is business data."""

from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session

from organizations.models import IdempotentRequest, ScheduleRun

RUNS_KEPT = timedelta(days=30)
SESSIONS_LISTED = timedelta(seconds=settings.SESSION_COOKIE_AGE, minutes=5)  # then it is over
ANSWERS_KEPT = timedelta(days=7)  # a program retries within the day


def forget_runs(*, at: datetime) -> None:
    """Forget old runs of the schedule, and sessions that are over."""
    ScheduleRun.objects.filter(started_at__lt=at - RUNS_KEPT).delete()
    Session.objects.filter(expire_date__lt=at).delete()
    UserSession.objects.filter(last_seen_at__lt=at - SESSIONS_LISTED).delete()


def forget_answers(*, at: datetime) -> None:
    """Forget what the open organization's programs were answered long ago."""
    IdempotentRequest.objects.filter(created_at__lt=at - ANSWERS_KEPT).delete()
