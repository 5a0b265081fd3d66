"""The embedded servers of this checkout, shared by the programs that need them at one time.

Who holds the lock runs them; others use them meanwhile, and are waited for before they stop. The
kernel drops the locks of a process that dies, so nothing stale is ever left to clear up.
"""

import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import psycopg

from config.embedded import CannotStart, Postgres, Valkey
from config.provision import APP, DATABASE, OWNER, provision

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60.0


def data_directory() -> Path:
    """Return where servers and secrets of this checkout are kept."""
    place = Path(os.environ.get("DATA_DIR", ROOT / "var"))
    place.mkdir(parents=True, exist_ok=True)
    return place


@contextmanager
def served() -> Iterator[dict[str, str]]:
    """Yield the environment in which Encours runs, with servers that answer.

    Servers named by DATABASE_URL and REDIS_URL are used as they are.

    Raises:
        CannotStart: a server cannot be started; the sentence says what to do.
    """
    environment = os.environ | {"SECRET_KEY": _secret_key()}
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        yield environment
        return
    place = data_directory()
    with ExitStack() as stack:
        users = stack.enter_context((place / "servers.users").open("w"))
        while True:
            fcntl.flock(users, fcntl.LOCK_SH)
            owner = stack.enter_context((place / "servers.lock").open("w"))
            if _took(owner):
                break
            if addresses := _addresses_of_the_other(place):
                yield environment | addresses
                return
            # Its servers are on their way down: let it end, then run them here.
            fcntl.flock(users, fcntl.LOCK_UN)
            owner.close()
        with _running(place) as addresses:
            try:
                yield environment | addresses
            finally:
                (place / "servers.json").unlink(missing_ok=True)
                fcntl.flock(users, fcntl.LOCK_UN)
                fcntl.flock(users, fcntl.LOCK_EX)


def _took(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _addresses_of_the_other(place: Path) -> dict[str, str]:
    """Wait until the servers of another process answer; empty when it ended meanwhile."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            addresses: dict[str, str] = json.loads((place / "servers.json").read_text())
            psycopg.connect(addresses["DATABASE_URL"]).close()
        except (OSError, ValueError, psycopg.OperationalError):
            with (place / "servers.lock").open("w") as lock:
                if _took(lock):
                    return {}
            time.sleep(0.05)
        else:
            return addresses
    raise CannotStart(f"Another process holds {place}/servers.lock, but its servers do not answer.")


@contextmanager
def _running(place: Path) -> Iterator[dict[str, str]]:
    postgres, valkey = Postgres(place / "postgres"), Valkey(place / "valkey")
    try:
        postgres.start()
        valkey.start()
        provision(postgres.url(role="postgres", database="postgres"))
        addresses = {
            "DATABASE_URL": postgres.url(role=APP, database=DATABASE),
            "OWNER_DATABASE_URL": postgres.url(role=OWNER, database=DATABASE),
            "REDIS_URL": valkey.url(),
        }
        (place / "servers.json").write_text(json.dumps(addresses))
        yield addresses
    finally:
        valkey.stop()
        postgres.stop()


def _secret_key() -> str:
    """Return SECRET_KEY, or one made for this checkout and kept in it."""
    if named := os.environ.get("SECRET_KEY"):
        return named
    path = data_directory() / "secret-key"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as made:
            made.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return path.read_text()
