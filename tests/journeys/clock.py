"""Run a program of ours on another day: `python -m tests.journeys.clock INSTANT MODULE ...`.

Its clock goes on from the instant; what the schedule does each minute, it does each second.
"""

import runpy
import sys
from datetime import datetime

import time_machine

from config.schedule import SCHEDULE


def main() -> None:
    instant, module = sys.argv[1:3]
    sys.argv = sys.argv[2:]
    for entry in SCHEDULE.values():
        entry["schedule"] = 1.0
    with time_machine.travel(datetime.fromisoformat(instant), tick=True):
        runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
