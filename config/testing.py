"""An early plugin of pytest: servers of its own, before the settings are read.

Only when DATABASE_URL and REDIS_URL name none; workers of pytest-xdist inherit the addresses, and
each has databases of its own in both.
"""

import os
import secrets
import shutil
import tempfile
from pathlib import Path

import pytest

from config.embedded import Postgres, Valkey
from config.provision import APP, DATABASE, OWNER, provision

# What is lost when the machine loses power was a test's.
HURRY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")

_running: list[Postgres | Valkey] = []
_places: list[Path] = []


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Start what is missing."""
    os.environ.setdefault("SECRET_KEY", secrets.token_hex(32))
    if not os.environ.get("DATABASE_URL"):
        postgres = Postgres(_place("pg"), settings=HURRY)
        postgres.start()
        _running.append(postgres)
        provision(postgres.url(role="postgres", database="postgres"))
        os.environ["DATABASE_URL"] = postgres.url(role=APP, database=DATABASE)
        os.environ["OWNER_DATABASE_URL"] = postgres.url(role=OWNER, database=DATABASE)
    if not os.environ.get("REDIS_URL"):
        valkey = Valkey(_place("valkey"))
        valkey.start()
        _running.append(valkey)
        os.environ["REDIS_URL"] = valkey.url()
    worker = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    if worker:  # the broker's database, and the cache's beside it
        os.environ["REDIS_URL"] = os.environ["REDIS_URL"].replace(
            "db=0", f"db={2 + 2 * int(worker)}"
        )


def pytest_unconfigure() -> None:
    """Stop what was started here."""
    while _running:
        _running.pop().stop()
    while _places:
        shutil.rmtree(_places.pop(), ignore_errors=True)


def _place(name: str) -> Path:
    place = Path(tempfile.mkdtemp(prefix="encours-test-"))
    place.chmod(0o755)
    _places.append(place)
    return place / name
