"""How many invoices a plan follows a month. Pure: a table, and what a configuration says of it."""

from collections.abc import Iterable, Mapping

# None: as many as there are.
LIMITS: Mapping[str, int | None] = {"free": 6, "unlimited": None}


def table(configured: Iterable[str] = ()) -> dict[str, int | None]:
    """Return each plan's limit, as a configuration changes or adds to it.

    Args:
        configured: "free=10", or "team=" for a plan without a limit.

    Raises:
        ValueError: an entry is not a name, "=", and nothing or a whole number of 0 or more.
    """
    limits = dict(LIMITS)
    for entry in configured:
        name, equals, number = (part.strip() for part in entry.partition("="))
        if not name or not equals or not (number == "" or _is_count(number)):
            raise ValueError(f"“{entry}” is not like free=6.")
        limits[name] = int(number) if number else None
    return limits


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal()
