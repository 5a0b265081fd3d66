#!/usr/bin/env python3
"""Everything from a clean clone: `python3 dev.py run | test | lint | bench | manage ...`.

The standard library only. It makes `.venv`, installs the locked packages, and hands over.
"""

import argparse
import ctypes.util
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST = (3, 11)

# What WeasyPrint draws letters with, and the Debian packages that bring it.
LIBRARIES = ("pango-1.0", "pangoft2-1.0", "harfbuzz-subset", "fontconfig")
LIBRARY_PACKAGES = (
    "libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "fontconfig",
    "fonts-liberation", "fonts-dejavu-core",
)  # fmt: skip

LINTERS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("lint-imports",),
    ("djlint", "templates", "--check", "--quiet"),
    ("djlint", "templates", "--lint", "--quiet"),
    ("mypy", "."),
)


def main() -> int:
    if sys.version_info < OLDEST:
        return _stop(f"Encours needs Python {'.'.join(map(str, OLDEST))} or newer.")
    parser = argparse.ArgumentParser(prog="dev.py", description=__doc__.splitlines()[0])
    verbs = {
        "run": _run, "test": _test, "lint": _lint, "bench": _bench, "pictures": _pictures,
        "manage": _manage,
    }  # fmt: skip
    parser.add_argument("verb", choices=verbs)
    verb = parser.parse_args(sys.argv[1:2]).verb
    rest = sys.argv[2:]
    os.chdir(ROOT)
    return verbs[verb](rest)


def _run(rest: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="dev.py run")
    parser.add_argument("--port", type=int, default=8000)
    port = parser.parse_args(rest).port
    _prepare("requirements.lock")
    return _hand_over("config.launcher", "run", "--port", str(port))


def _manage(rest: list[str]) -> int:
    _prepare("requirements.lock")
    return _hand_over("config.launcher", "manage", *rest)


def _test(rest: list[str]) -> int:
    """Run the tests; all of them on up to four cores, a chosen few on one."""
    _prepare("requirements-dev.lock")
    _find_chromium()
    chosen = any(not one.startswith("-") for one in rest) or "-s" in rest
    workers = () if chosen else ("-n", str(min(os.cpu_count() or 1, 4)), "--dist", "worksteal")
    return _hand_over("pytest", *workers, *rest)


def _bench(rest: list[str]) -> int:
    _prepare("requirements-dev.lock")
    return _hand_over("benchmarks", *rest)


def _pictures(rest: list[str]) -> int:
    _prepare("requirements-dev.lock")
    _find_chromium()
    return _hand_over("demo.pictures", *rest)


def _lint(rest: list[str]) -> int:
    _prepare("requirements-dev.lock")
    failed = [" ".join(command) for command in LINTERS if _linter(command) != 0]
    checks = _call(PYTHON, "-m", "config.launcher", "manage", "makemigrations", "--check", "-v0")
    if checks != 0:
        failed.append("makemigrations --check")
    for command in failed:
        print(f"failed: {command}", file=sys.stderr)
    return 1 if failed else 0


def _linter(command: tuple[str, ...]) -> int:
    environment = {
        "SECRET_KEY": "lint",
        "DATABASE_URL": "postgresql://l@l/l",
        "REDIS_URL": "unix://",
    }
    return _call(VENV / "bin" / command[0], *command[1:], **environment)


def _prepare(lock: str) -> None:
    """Bring `.venv` to what a lock names; one at a time, and at once when nothing changed."""
    _find_libraries()
    with _alone():
        if not PYTHON.exists():
            _make_venv()
        if not _is_installed(lock):
            _install(lock)
    _call_or_stop(PYTHON, "-m", "config.catalogs")


def _find_libraries() -> None:
    missing = [name for name in LIBRARIES if ctypes.util.find_library(name) is None]
    if missing:
        _apt(LIBRARY_PACKAGES, why="The libraries that draw PDFs are missing")


def _find_chromium() -> None:
    """Browser tests need Debian's Chromium; without it they are skipped, and say so."""
    if shutil.which("chromium") is None and os.geteuid() == 0 and shutil.which("apt-get"):
        _apt(("chromium",), why="Chromium is missing")


def _make_venv() -> None:
    if importlib.util.find_spec("ensurepip") is None:
        _apt(("python3-venv",), why="Python cannot make virtual environments")
    _say(f"making .venv with Python {sys.version.split()[0]}")
    _call_or_stop(sys.executable, "-m", "venv", VENV)
    _call_or_stop(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv")


def _install(lock: str) -> None:
    _say(f"installing {lock}")
    _call_or_stop(
        VENV / "bin" / "uv", "pip", "install", "--quiet", "--require-hashes", "-r", lock,
        "--python", PYTHON, UV_PYTHON_DOWNLOADS="never",
    )  # fmt: skip
    _mark(lock).write_text(_digest(lock))


def _is_installed(lock: str) -> bool:
    """Return whether a lock was installed as it is; the larger one contains the smaller."""
    enough = {lock, "requirements-dev.lock"}
    return any(_mark(name).exists() and _mark(name).read_text() == _digest(name) for name in enough)


def _mark(lock: str) -> Path:
    return VENV / f"{lock}.installed"


def _digest(lock: str) -> str:
    return hashlib.sha256((ROOT / lock).read_bytes()).hexdigest()


def _apt(packages: tuple[str, ...], *, why: str) -> None:
    command = f"apt-get install -y --no-install-recommends {' '.join(packages)}"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        sys.exit(_stop(f"{why}: run `sudo {command}` (or your system's like), then try again."))
    _say(f"{why}: {command}")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    _call_or_stop("apt-get", "update", "-qq", **quiet)
    _call_or_stop(*command.split(), "-qq", **quiet)


@contextmanager
def _alone() -> Iterator[None]:
    """Wait for another dev.py that is installing."""
    with (ROOT / ".dev.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _call(*command: str | Path, **environment: str) -> int:
    # What a program says while it prepares is not the answer of `manage`.
    return subprocess.run(
        [str(part) for part in command],
        env=os.environ | environment,
        stdout=sys.stderr,
        check=False,
    ).returncode


def _call_or_stop(*command: str | Path, **environment: str) -> None:
    if (status := _call(*command, **environment)) != 0:
        sys.exit(_stop(f"`{' '.join(str(part) for part in command)}` failed ({status})."))


def _hand_over(module: str, *arguments: str) -> int:
    os.execv(PYTHON, [str(PYTHON), "-m", module, *arguments])  # noqa: S606


def _say(line: str) -> None:
    print(f"[dev] {line}", file=sys.stderr, flush=True)


def _stop(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
