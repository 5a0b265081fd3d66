"""Run the benchmarks: `python3 dev.py bench [NAME ...]`, on servers of their own."""

import importlib
import logging
import os
import resource
import sys
import tempfile
from pathlib import Path

import django

NAMES = ("calls", "day", "importing", "planning", "statements")


def main(names: list[str]) -> int:
    if unknown := set(names) - set(NAMES):
        print(f"There is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}.")
        return 2
    with tempfile.TemporaryDirectory(prefix="encours-bench-") as place:
        Path(place).chmod(0o755)
        os.environ["DATA_DIR"] = place
        from config import launcher, servers  # noqa: PLC0415  # they read where their data is

        with servers.served() as environment:
            launcher.migrate(environment)
            os.environ.update(environment, DJANGO_SETTINGS_MODULE="config.settings")
            django.setup()
            logging.disable(logging.INFO)
            slow = [figure for name in names or NAMES for figure in _run(name) if not figure.holds]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:.0f} MB")
    return 1 if slow else 0


def _run(name: str) -> list:  # type: ignore[type-arg]  # models exist only after the set-up
    found = []
    for figure in importlib.import_module(f"benchmarks.{name}").figures():
        print(figure, flush=True)
        found.append(figure)
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
