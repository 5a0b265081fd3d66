"""Let things happen at the same moment, each on a connection of its own."""

import threading
from collections.abc import Callable

from django.db import connection

from common.errors import DomainError


def at_once(*acts: Callable[[], object]) -> list[str]:
    """Carry out acts in a thread each; return the codes of those that were refused."""
    refused: list[str] = []
    start = threading.Barrier(len(acts))

    def carry_out(act: Callable[[], object]) -> None:
        start.wait()
        try:
            act()
        except DomainError as refusal:
            refused.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=carry_out, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused
