"""What generated tests went through, said when they are done: over nothing, nothing is proved."""

from collections import Counter
from collections.abc import Callable

import pytest

Count = Callable[[str, int], None]


@pytest.fixture
def covered(record_property: Callable[[str, object], None]) -> Count:
    """Count what a test went through, under a name: `covered("cells of the matrix", 12)`."""

    def count(name: str, number: int) -> None:
        record_property(f"covered {name}", number)

    return count


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    totals: Counter[str] = Counter()
    for report in terminalreporter.getreports("passed"):
        for name, number in report.user_properties:
            if name.startswith("covered ") and report.when == "call":
                totals[name.removeprefix("covered ")] += number
    for name, number in sorted(totals.items()):
        terminalreporter.write_line(f"covered: {number} {name}")
