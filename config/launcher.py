"""Run everything of Encours as children of one process, or one command beside it.

Servers, migrations, web, worker, beat, in this order. When one child ends, all end; when this
process is killed, the kernel ends them.
"""

import argparse
import fcntl
import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType

from config import standins
from config.embedded import CannotStart, die_with_parent
from config.servers import data_directory, served

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
SOON = 0.05
PATIENCE_AT_THE_END = 10
DEMO_PASSWORD = "encours-demo"  # noqa: S105  # the demo's is no secret


class Stop(Exception):  # not an error: a person asked
    """A signal asked us to end."""


def main(arguments: list[str]) -> int:
    """Carry out `run [--port N]` or `manage ...`; return the exit status."""
    verb, rest = arguments[0], arguments[1:]
    try:
        return _run(rest) if verb == "run" else _manage(rest)
    except CannotStart as error:
        print(error, file=sys.stderr)
        return 1


def _manage(rest: list[str]) -> int:
    with served() as environment:
        if rest[:1] not in (["migrate"], ["makemigrations"]):
            migrate(environment)
        command = subprocess.Popen([sys.executable, "manage.py", *rest], cwd=ROOT, env=environment)
        # Ctrl-C reaches the command as well; its end is ours.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return command.wait()


def _run(rest: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="dev.py run")
    parser.add_argument("--port", type=int, default=8000)
    port = parser.parse_args(rest).port
    _refuse_taken(port)
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, _stop)
    try:
        with served() as environment:
            environment |= {
                "BASE_URL": environment.get("BASE_URL") or f"http://{HOST}:{port}",
                "PYTHONUNBUFFERED": "1",
                # Root on a machine of one's own, or in a container, is no news to who started it.
                "PYTHONWARNINGS": "ignore:You're running the worker",
            }
            others = {}
            if not {"SMS_PROVIDER", "REGISTERED_LETTER_PROVIDER"} & set(environment):
                sms, letters = _free_port(), _free_port()
                environment.update(standins.variables(sms=sms, letters=letters))
                others["stand-ins"] = standins.command(port, sms=sms, letters=letters)
            migrate(environment)
            return _watch(environment, port, others)
    except Stop:
        return 0
    finally:
        _say("stopped")


def _stop(_sign: int, _frame: FrameType | None) -> None:
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.SIG_IGN)
    raise Stop


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CannotStart(
                f"Port {port} is in use: end what uses it, or choose another one by --port."
            ) from error


def migrate(environment: dict[str, str]) -> None:
    """Migrate as the owner, unless this checkout's own database has had the same files."""
    if not environment.get("OWNER_DATABASE_URL"):
        return  # a database of the installation: its owner migrates it
    wanted = _migrations() + environment["DATABASE_URL"]
    command = [sys.executable, "manage.py", "migrate", "--database", "owner", "-v0"]
    with (data_directory() / "migrated").open("a+") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)  # another command may be migrating at this moment
        mark.seek(0)
        if mark.read() == wanted:
            return
        done = subprocess.run(command, cwd=ROOT, env=environment, stdout=sys.stderr, check=False)
        if done.returncode != 0:
            raise CannotStart("The database could not be migrated; the reason stands above.")
        mark.truncate(0)
        mark.write(wanted)


def _migrations() -> str:
    paths = sorted(ROOT.glob("*/migrations/*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def commands(port: int) -> dict[str, list[str]]:
    """Return the programs of a whole installation, by name."""
    celery = [sys.executable, "-m", "celery", "--quiet", "-A", "config", "--skip-checks"]
    return {
        "web": [
            sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"{HOST}:{port}",
            "--workers", "2", "--threads", "4", "--no-control-socket", "--preload",
            "--log-level", "warning",
        ],
        "worker": [
            *celery, "worker", "-Q", "celery,long", "-c", "2", "-l", "WARNING",
            "--without-gossip", "--without-mingle",
        ],
        "beat": [
            *celery, "beat", "-l", "WARNING", "--pidfile=",
            "-s", str(data_directory() / "beat-schedule"),
        ],
    }  # fmt: skip


def _watch(environment: dict[str, str], port: int, others: dict[str, list[str]]) -> int:
    """Start the programs and `others`, and wait until one ends or a person asks; then end them all.

    The pages answer while the demo is acted out; worker and beat come after, since its clock is
    not theirs.
    """
    children: dict[str, subprocess.Popen[bytes]] = {}
    programs = commands(port) | others
    try:
        children["web"] = _started(programs.pop("web"), environment)
        _announce(children, port)
        _seed(environment, children)
        if _ended(children) is None:
            for name, command in programs.items():
                children[name] = _started(command, environment)
        while (ended := _ended(children)) is None:
            time.sleep(0.5)
        _say(f"{ended} ended with status {children[ended].returncode}; stopping the others")
        return 1
    finally:
        _end(children)


def _started(command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # our own commands
        command, cwd=ROOT, env=environment, preexec_fn=die_with_parent(signal.SIGTERM)
    )


def _announce(children: dict[str, subprocess.Popen[bytes]], port: int) -> None:
    address = f"http://{HOST}:{port}"
    while _ended(children) is None:
        try:
            urllib.request.urlopen(f"{address}/healthz", timeout=1).close()  # noqa: S310
        except (urllib.error.URLError, OSError):
            time.sleep(SOON)
        else:
            _say(f"Encours answers at {address}")
            return


def _seed(environment: dict[str, str], children: dict[str, subprocess.Popen[bytes]]) -> None:
    """Act out the demo once, while the pages answer already."""
    _say("Acting out the demo; it takes about a minute the first time.")
    seeding = _started([sys.executable, "manage.py", "seed_demo", "--if-absent"], environment)
    children["demo"] = seeding
    while seeding.poll() is None and _ended(children) is None:
        time.sleep(SOON)
    if seeding.poll() is None:
        return
    del children["demo"]
    if seeding.returncode == 0:
        _say("Sign in with one of these, password " + DEMO_PASSWORD)
        for role in ("owner", "collector", "accountant"):
            _say(f"  {role}@demo.example")
    else:
        _say("The demo could not be acted out; the reason stands above.")
    _say("Ctrl-C stops everything.")


def _ended(children: dict[str, subprocess.Popen[bytes]]) -> str | None:
    return next((name for name, child in children.items() if child.poll() is not None), None)


def _end(children: dict[str, subprocess.Popen[bytes]]) -> None:
    """Ask every program to end, then end those that do not."""
    for child in children.values():
        if child.poll() is None:
            child.terminate()
    until = time.monotonic() + PATIENCE_AT_THE_END
    for child in children.values():
        try:
            child.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
