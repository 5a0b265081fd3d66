"""Two beats, a month: each period of each job once."""

import threading
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from config.schedule import SCHEDULE
from organizations import fan_out
from organizations.models import ScheduleRun

START = datetime(2026, 3, 15, tzinfo=UTC)  # in two weeks summer time begins
MONTH = timedelta(days=31)
PERIODS = {name: entry["kwargs"]["every"] for name, entry in SCHEDULE.items() if "kwargs" in entry}


class Beats:
    """Clocks that tick together, each as wrong as it is; whoever is first does the job."""

    def __init__(self, *wrong: timedelta) -> None:
        self.wrong, self.done, self.tick = wrong, Counter[str](), threading.Barrier(len(wrong))

    def live(self, job: str, marks: Sequence[datetime], *, every: int) -> None:
        threads = [
            threading.Thread(target=self._beat, args=[job, marks, every, wrong])
            for wrong in self.wrong
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _beat(self, job: str, marks: Sequence[datetime], every: int, wrong: timedelta) -> None:
        try:
            for mark in marks:
                self.tick.wait(60)
                if fan_out.is_first(job, every=every, at=mark + wrong):
                    self.done[mark.isoformat()] += 1
        finally:
            connection.close()


def marks_of(every: int, span: timedelta) -> list[datetime]:
    return [
        START + timedelta(seconds=passed) for passed in range(0, int(span.total_seconds()), every)
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("name", "span"),
    [
        ("tidy", timedelta(days=10)),
        ("anchor", timedelta(days=1)),
        ("match-again", timedelta(days=1)),
        *[pytest.param(name, MONTH, marks=pytest.mark.full) for name in PERIODS],
    ],
)
def test_of_two_beats_one_takes_each_period(name: str, span: timedelta) -> None:
    beats, marks = Beats(timedelta(seconds=1), timedelta(seconds=4)), marks_of(PERIODS[name], span)

    beats.live(name, marks, every=PERIODS[name])

    assert beats.done == Counter(mark.isoformat() for mark in marks)
    assert ScheduleRun.objects.count() == len(marks)


def test_a_beat_that_stood_still_takes_up_with_the_present_period(db: None) -> None:
    assert fan_out.is_first("tidy", every=3600, at=START)
    assert fan_out.is_first("tidy", every=3600, at=START + timedelta(days=3))
    assert not fan_out.is_first("tidy", every=3600, at=START + timedelta(days=3, minutes=59))


def test_what_nobody_scheduled_is_done_whenever_it_is_asked_for(db: None) -> None:
    assert [fan_out.is_first("tidy", every=0, at=START) for _ in "ab"] == [True, True]
    assert ScheduleRun.objects.count() == 0


def test_every_job_that_takes_a_while_has_periods() -> None:
    assert set(PERIODS) == {"anchor", "match-again", "sending-domains", "tidy"}
