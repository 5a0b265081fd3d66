"""CSV files that a French spreadsheet opens without asking, and in which nothing runs."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

# What a spreadsheet would run instead of show; a negative amount is none.
_FORMULA = re.compile(r"[=@\t\r]|[+-](?![\d\s.,]*$)")


def as_csv(header: Sequence[str], rows: Iterable[Sequence[str | int]]) -> bytes:
    """Return a file with semicolons and a byte order mark, each text as `cell` has it."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow([cell(name) for name in header])
    for row in rows:
        writer.writerow([value if isinstance(value, int) else cell(value) for value in row])
    return out.getvalue().encode("utf-8-sig")


def cell(text: str) -> str:
    """Return a text that a spreadsheet shows and never runs."""
    return f"'{text}" if _FORMULA.match(text) else text
