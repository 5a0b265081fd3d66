"""The demo: whatever the day on which it is acted out, each page has something true to show."""

from datetime import date, datetime, time, timedelta

import pytest
from django.core.management import call_command

from common.tenancy import tenant_transaction
from demo import cast, plot, story
from demo.management.commands import seed_demo
from dunning import cases, waiting
from dunning.models import Hold, LocalMail, Message, Outcome
from organizations import timeline
from organizations.models import Organization, TimelineEvent, User
from reconciliation.models import BankTransaction

pytestmark = pytest.mark.django_db(transaction=True)

WEEK = [date(2026, 11, 23) + timedelta(days=n) for n in range(7)]
# Easter, the bridges of May, and the turn of the year.
HOLIDAYS = [
    date(2026, 4, 7),
    date(2026, 5, 4),
    date(2026, 5, 15),
    date(2026, 12, 28),
    date(2027, 1, 4),
]


def acted_out(until: date, *, days: int) -> Organization:
    people = {role: User.objects.create_user(f"{role}@demo.example") for role in cast.PEOPLE}
    demo = seed_demo.open_demo(people, on=until - timedelta(days=days))
    story.act_out(demo, people, now=now(until, demo), days=days)
    return demo


def now(on: date, demo: Organization) -> datetime:
    return datetime.combine(on, time(14), tzinfo=demo.zone)


def left_to_do(demo: Organization) -> dict[str, int]:
    """Count what waits for the visitor; the caller has opened the organization."""
    on = demo.last_round_on or date.min
    calls = waiting.calls(on=on)
    lines = BankTransaction.objects.to_clear()
    return {
        "calls": calls.count(),
        "calls back": calls.filter(outcome=Outcome.CALL_BACK).count(),
        "broken promises": cases.broken_promises().count(),
        "standing promises": cases.standing_promises(on=on).count(),
        "disputes": cases.disputes(on=on).filter(review_on__lte=on).count(),
        "payments announced": cases.announced(on=on).count(),
        "contacts": cases.contacts_to_correct().count(),
        "paused": Hold.objects.standing(on=on).filter(kind=Hold.Kind.PAUSE).count(),
        "reminders": waiting.to_approve(on=on).count(),
        "letters": waiting.to_post(on=on).count(),
        "suggestions": lines.filter(state=BankTransaction.State.SUGGESTED).count(),
        "lines": lines.filter(state=BankTransaction.State.UNMATCHED).count(),
    }


@pytest.mark.parametrize(
    "until",
    [WEEK[2], *(pytest.param(day, marks=pytest.mark.full) for day in (*WEEK, *HOLIDAYS))],
    ids=str,
)
def test_whatever_the_day_something_of_everything_is_left_to_do(until: date) -> None:
    demo = acted_out(until, days=60)

    with tenant_transaction(demo.pk):
        left = left_to_do(demo)
        assert {name for name, count in left.items() if not count} == set()
        assert left["calls"] >= 4
        on = demo.last_round_on or date.min
        assert {reminder.written_on for reminder in waiting.to_approve(on=on)} == {on}
        assert Message.objects.filter(bounced_at__isnull=False).exists()
        assert TimelineEvent.objects.latest("position").at <= now(until, demo)
        assert not LocalMail.objects.filter(received_at__gt=now(until, demo)).exists()


def test_customers_are_early_in_time_late_and_never() -> None:
    day = WEEK[2]

    sold = plot.sales(first_on=day - timedelta(days=365), last_on=day)

    late = [(sale.pays_on - sale.due_on).days for sale in sold if sale.pays_on]
    assert (min(late) < 0, 0 in late, 10 in late, max(late) > 30) == (True,) * 4
    assert any(sale.pays_on is None for sale in sold)
    assert len({sale.number for sale in sold}) == len(sold)
    assert min(sale.issued_on for sale in sold) < day - timedelta(days=360)


@pytest.mark.full
def test_a_year_is_acted_out_once_and_its_history_holds() -> None:
    call_command("seed_demo")
    demo = Organization.objects.get(slug="demo")
    with tenant_transaction(demo.pk):
        events = TimelineEvent.objects.count()

    call_command("seed_demo", if_absent=True)

    with tenant_transaction(demo.pk):
        assert TimelineEvent.objects.count() == events
        assert timeline.verify().ok
        first = TimelineEvent.objects.earliest("position").at
        last = TimelineEvent.objects.latest("position").at
        results = set(Hold.objects.exclude(result="").values_list("result", flat=True))
    assert (last - first).days >= 360
    assert results == {"kept", "broken"}
    owner = User.objects.get(email="owner@demo.example")
    assert owner.check_password("encours-demo")
