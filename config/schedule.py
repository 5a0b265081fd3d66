"""Everything that runs by the clock, on one page. Times are UTC; local hours are the tasks'."""

from typing import Any

SCHEDULE: dict[str, dict[str, Any]] = {}
