"""The launcher, as a person meets it: real processes, on loopback, bounded."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.net import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 60


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A place that the servant whom PostgreSQL runs as under root may reach."""
    common = Path(tempfile.gettempdir())
    for part in (tmp_path, *tmp_path.parents):
        if common in part.parents:
            part.chmod(0o755)
    return tmp_path / "var"


@pytest.fixture
def environment(data: Path) -> dict[str, str]:
    kept = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    return kept | {"DATA_DIR": str(data)}


@pytest.fixture
def port() -> int:
    return free_port()


def launch(environment: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "config.launcher", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.fixture
def started() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    processes: list[subprocess.Popen[str]] = []

    def start(*arguments: str, environment: dict[str, str]) -> subprocess.Popen[str]:
        processes.append(launch(environment, *arguments))
        return processes[-1]

    yield start
    for process in processes:
        if process.poll() is None:
            process.terminate()
            process.wait(PATIENCE)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def answer(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition of other processes."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not come true in time"
        os.sched_yield()


def test_a_taken_port_is_named_before_anything_starts(
    environment: dict[str, str],
    data: Path,
    started: Callable[..., subprocess.Popen[str]],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]

        status, _out, err = answer(started("run", "--port", str(number), environment=environment))

    assert status == 1
    assert f"Port {number} is in use: end what uses it, or choose another one by --port." in err
    assert not (data / "postgres").exists()


def test_data_of_another_postgres_is_left_alone(
    environment: dict[str, str], data: Path, started: Callable[..., subprocess.Popen[str]]
) -> None:
    (data / "postgres").mkdir(parents=True)
    (data / "postgres" / "PG_VERSION").write_text("9\n")

    status, _out, err = answer(started("manage", "check", environment=environment))

    assert status == 1
    assert err.strip().count("\n") == 0
    assert "was made by PostgreSQL 9" in err
    assert "move the directory away" in err


def test_two_commands_at_once_share_their_servers(
    environment: dict[str, str], started: Callable[..., subprocess.Popen[str]]
) -> None:
    names = ["First", "Second"]

    running = [
        started(
            "manage", "create_organization", name, "--owner", f"{name}@a.example", "--json",
            environment=environment,
        )
        for name in names
    ]  # fmt: skip
    answers = [answer(process) for process in running]

    assert [status for status, _out, _err in answers] == [0, 0]
    assert [json.loads(out)["slug"] for _status, out, _err in answers] == ["first", "second"]


@pytest.mark.full
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_when_the_launcher_ends(
    environment: dict[str, str],
    data: Path,
    port: int,
    started: Callable[..., subprocess.Popen[str]],
    sign: signal.Signals,
) -> None:
    process = started("run", "--port", str(port), environment=environment)
    until(lambda: _answers(port))
    children = _descendants(process.pid)
    address = json.loads((data / "servers.json").read_text())["DATABASE_URL"]

    process.send_signal(sign)
    process.wait(PATIENCE)

    until(lambda: not any(_lives(child) for child in children))
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(address)
    again = started("manage", "check", environment=environment)
    assert answer(again)[0] == 0


def _answers(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


def _descendants(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _parent(int(entry.name)) == pid:
            found += [int(entry.name), *_descendants(int(entry.name))]
    return found


def _parent(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError):
        return None


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
