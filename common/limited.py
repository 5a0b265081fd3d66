"""The child's side of `uploads.run_limited`: read one file, answer, end.

It binds itself before it imports the reader or sees a byte of the file.
"""

import json
import os
import pickle
import resource
import sys
from typing import Any

from common.errors import DomainError
from common.plain import to_plain

LARGEST_ANSWER = 256 * 2**20


def bind(*, seconds: int, megabytes: int) -> None:
    """Limit this process for good: memory, processor, size of the answer, open files."""
    memory = megabytes * 2**20
    for what, limit in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, LARGEST_ANSWER),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (limit, limit))


def answer() -> dict[str, Any]:
    """Run what the parent asks for, and say what came of it."""
    try:
        function, arguments = pickle.load(sys.stdin.buffer)  # noqa: S301 written by our parent
        return {"result": to_plain(function(*arguments))}
    except DomainError as refusal:
        return {"refused": [refusal.code, str(refusal), dict(refusal.facts)]}
    except Exception as error:  # noqa: BLE001 the parent logs where; the values stay here
        return {"died": f"{type(error).__name__} at {_place(error)}"}


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"


def main() -> None:
    seconds, megabytes = int(sys.argv[1]), int(sys.argv[2])
    bind(seconds=seconds, megabytes=megabytes)
    sys.stdout.write(json.dumps(answer(), separators=(",", ":")))
    sys.stdout.flush()
    os._exit(0)  # nothing to tidy up: freeing a large result piece by piece takes time


if __name__ == "__main__":
    main()
