"""Time work against its limit, in turn, so that a noisy moment falls on both."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

PAIRS = 5


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured: medians in seconds, and the median ratio against its bar."""

    name: str
    seconds: float
    limit_seconds: float
    ratio: float
    bar: float

    @property
    def holds(self) -> bool:
        return self.ratio <= self.bar

    def __str__(self) -> str:
        verdict = "ok" if self.holds else "TOO SLOW"
        return (
            f"{self.name:<44} {self.seconds:8.3f} s  limit {self.limit_seconds:7.3f} s  "
            f"{self.ratio:5.2f} x  (bar {self.bar:.1f} x)  {verdict}"
        )


def seconds(work: Callable[[], object]) -> float:
    """Return how long one call takes, on the wall."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def paired(
    name: str,
    work: Callable[[int], object],
    limit: Callable[[int], object],
    *,
    bar: float,
    pairs: int = PAIRS,
) -> Figure:
    """Measure work and limit in turn, after one pair that does not count.

    Args:
        work: is given the number of the pair, from 0.
        limit: likewise; it runs after the work of its pair, whose rows it may use.
        bar: the ratio that is promised.
        pairs: how many count; more for what is short.
    """
    found = [
        (seconds(lambda: work(pair)), seconds(lambda: limit(pair)))  # noqa: B023  # called here
        for pair in range(pairs + 1)
    ][1:]
    return Figure(
        name,
        median(mine for mine, _least in found),
        median(least for _mine, least in found),
        median(mine / least for mine, least in found),
        bar,
    )
