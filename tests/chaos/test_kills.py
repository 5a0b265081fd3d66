"""However often the programs that send are killed: nothing twice, nothing lost, nothing late."""

import os
import sys
import time
from pathlib import Path

import pytest

from tests.chaos.harness import Chaos, Result, book

pytestmark = pytest.mark.django_db(transaction=True)

KILLS = int(os.environ.get("CHAOS_KILLS", "10000"))
MINUTES = float(os.environ.get("CHAOS_MINUTES", "120"))


def lived(place: Path, *, kills: int, customers: int, seconds: float, pause: float = 1) -> Result:
    """Kill as many processes as asked for while books are lived through, one after the other."""
    began, number = time.monotonic(), 0
    chaos, organization = Chaos(place, pause=pause), book(customers=customers)
    with chaos.running(organization):
        while True:
            chaos.live(organization, kills=kills, until=began + seconds)
            chaos.settle(organization)
            if chaos.kills >= kills or time.monotonic() > began + seconds or chaos.result.wrong:
                break
            number += 1
            organization = book(customers=customers, number=number)
    chaos.result.kills, chaos.result.seconds = chaos.kills, time.monotonic() - began
    chaos.result.faults.update(chaos.server.faults)
    line = f"{chaos.result.line()} {dict(chaos.result.faults)} {dict(chaos.result.states)}\n"
    sys.stderr.write(line)
    return chaos.result


def test_after_a_hundred_kills_nothing_left_twice_was_lost_or_waits(tmp_path: Path) -> None:
    result = lived(tmp_path, kills=100, customers=40, seconds=300)

    assert result.wrong == {}
    assert result.kills >= 100
    assert result.accepted >= 10


@pytest.mark.full
def test_after_ten_thousand_kills_nothing_left_twice_was_lost_or_waits(tmp_path: Path) -> None:
    result = lived(tmp_path, kills=KILLS, customers=150, seconds=60 * MINUTES, pause=3)

    assert result.wrong == {}
    assert result.kills >= KILLS or result.seconds >= 60 * MINUTES
