"""A table out of a file's bytes: its header and its rows, as text. Pure."""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from common.refusals import Refused, UploadRefused
from common.uploads import decode

MOST_ROWS = 200_000
MOST_COLUMNS = 100
_DELIMITERS = ";\t,|"
_SAMPLE = 100  # rows, from which the delimiter is told
_HEADER_WITHIN = 30  # rows; above the header stand titles, dates, balances

Recognises = Callable[[str], bool]
Row = tuple[int, list[str]]

csv.field_size_limit(2**20)


@dataclass(frozen=True, slots=True)
class Grid:
    """What a table holds; rows are numbered from 1, as an editor does, the header's included."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]
    refused: tuple[Refused, ...]  # of another width than the header
    encoding: str
    delimiter: str


@lru_cache(maxsize=4096)
def fold(header: str) -> str:
    """Return a header without accents, case, punctuation and small words.

    The last word always stays: "restant dû" is not "restant du client".
    """
    marked = unicodedata.normalize("NFKD", header.replace("№", " n "))
    plain = "".join(sign for sign in marked if not unicodedata.combining(sign))
    words = re.findall(r"[a-z0-9]+", plain.lower())
    while len(words) > 1 and words[-1] in _MONEY:
        words.pop()
    return " ".join([word for word in words[:-1] if word not in _SMALL] + words[-1:])


_SMALL = frozenset(["de", "d", "du", "des", "la", "le", "les", "l", "of", "the", "en"])
_MONEY = frozenset(["eur", "euro", "euros"])


def read_csv(data: bytes, *, recognises: Recognises) -> Grid:
    """Read a table from delimited text.

    Args:
        recognises: whether a cell is a header that the caller knows.

    Raises:
        UploadRefused: what is wrong with the file as a whole.
    """
    if not data.strip():
        raise UploadRefused("empty_file")
    decoded = decode(data)
    text, delimiter = _announced(decoded.text)
    delimiter = delimiter or _delimiter(text, recognises)
    return arrange(
        _rows(text, delimiter),
        recognises=recognises,
        encoding=decoded.encoding,
        delimiter=delimiter,
    )


def _announced(text: str) -> tuple[str, str]:
    """Return the text with the first line of a spreadsheet's "sep=;" emptied, and its sign."""
    found = re.match(r"sep=(.)\r?(?=\n)", text)
    return (text[found.end() :], found[1]) if found else (text, "")


def _delimiter(text: str, recognises: Recognises) -> str:
    """Return the delimiter that shows the most known headers, else the widest stable block."""
    beginning = text[: 64 * 1024]
    return max(_DELIMITERS, key=lambda sign: _likelihood(beginning, sign, recognises))


def _likelihood(text: str, delimiter: str, recognises: Recognises) -> tuple[int, int]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            rows.append(row)
            if len(rows) == _SAMPLE:
                break
    except csv.Error:
        pass
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    known = max((sum(map(recognises, row)) for row in rows[:_HEADER_WITHIN]), default=0)
    return known, _largest_block([len(row) for row in rows])


def _largest_block(widths: list[int]) -> int:
    """Return the largest area, rows by delimiters, of neighbours of one width."""
    largest = run = 0
    for index, width in enumerate(widths):
        run = run + 1 if index and widths[index - 1] == width else 1
        largest = max(largest, run * (width - 1))
    return largest


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    """Yield the rows that hold something, each with the line on which it starts."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start = 1
    try:
        for cells in reader:
            if any(cells):
                yield start, cells
            start = reader.line_num + 1
    except csv.Error:
        raise UploadRefused("unclosed_quote", row=start) from None


def arrange(rows: Iterator[Row], *, recognises: Recognises, encoding: str, delimiter: str) -> Grid:
    """Find the header among rows and check the shape of those under it."""
    kept: list[Row] = []
    for row in rows:
        if len(kept) > MOST_ROWS:
            raise UploadRefused("too_many_rows", limit=MOST_ROWS)
        kept.append(row)
    position = _header_position(kept, recognises)
    header = _header(kept[position][1])
    fitting: list[Row] = []
    refused: list[Refused] = []
    width = len(header)
    for number, cells in kept[position + 1 :]:
        if len(cells) == width:
            fitting.append((number, cells))
        elif len(cells) > width and not any(cells[width:]):
            fitting.append((number, cells[:width]))
        else:
            shape: dict[str, str | int] = {"found": len(cells), "expected": width}
            refused.append(Refused(number, "row_shape", shape))
    return Grid(header, tuple(fitting), tuple(refused), encoding, delimiter)


def _header_position(rows: list[Row], recognises: Recognises) -> int:
    """Return the first row with the most known headers, else the first of names only."""
    candidates = rows[:_HEADER_WITHIN]
    known = [sum(map(recognises, cells)) for _, cells in candidates]
    if known and max(known) >= 1:
        return known.index(max(known))
    for position, (_, cells) in enumerate(candidates):
        if len(cells) > 1 and all(_NAME.fullmatch(cell.strip()) for cell in cells):
            return position
    raise UploadRefused("no_header")


_NAME = re.compile(r"(?!.*[0-9]{2}).*[^\W\d_].*")


def _header(cells: list[str]) -> tuple[str, ...]:
    header = [" ".join(cell.split()) for cell in cells]
    while header and not header[-1]:
        header.pop()
    if len(header) > MOST_COLUMNS:
        raise UploadRefused("too_many_columns", limit=MOST_COLUMNS)
    seen: set[str] = set()
    for name in header:
        folded = fold(name)
        if folded and folded in seen:
            raise UploadRefused("duplicate_header", header=name[:60])
        seen.add(folded)
    return tuple(header)
