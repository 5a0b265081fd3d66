"""A table whose columns are understood, and the cells of its rows by name. Pure."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

from common.refusals import BadCell, Refused, UploadRefused
from common.tables import Grid, fold, read_csv
from common.uploads import recognise as type_of
from common.workbooks import read_xlsx
from common.written import (
    Written,
    date_order,
    decimal_sign,
    parse_amount,
    parse_currency,
    parse_date,
)
from invoices.sources import columns, identifiers
from invoices.sources.columns import Choices, Table, Vocabulary


@dataclass(slots=True)
class Sheet:
    """A table whose columns are understood, and what was found wrong in it so far."""

    grid: Grid
    table: Table
    positions: dict[str, int]
    currency: str
    refused: list[Refused]
    warnings: list[Refused] = field(default_factory=list)
    days: dict[str, date] = field(default_factory=dict)  # each is written many times

    def require(self, *names: str) -> None:
        for name in names:
            if name not in self.positions:
                raise UploadRefused("missing_column", column=name)

    def require_one_of(self, *names: str) -> None:
        if not any(name in self.positions for name in names):
            raise UploadRefused("missing_column", column=names[0])

    def refusals(self) -> tuple[Refused, ...]:
        return tuple(sorted(self.refused, key=lambda refused: refused.row))

    def day(self, text: str) -> date:
        if text not in self.days:
            self.days[text] = parse_date(text, order=self.table.date_order)
        return self.days[text]

    def amount(self, text: str, currency: str) -> int:
        return parse_amount(text, decimal_sign=self.table.decimal_sign, currency=currency)


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row, by canonical name."""

    sheet: Sheet
    number: int
    cells: list[str]

    def text(self, name: str, *, limit: int = 200) -> str:
        position = self.sheet.positions.get(name)
        if position is None:
            return ""
        text = " ".join(self.cells[position].split())
        if len(text) > limit:
            raise BadCell("too_long", value=text[:40], limit=limit)
        return text

    def required(self, name: str, *, code: str, limit: int = 200) -> str:
        text = self.text(name, limit=limit)
        if not text:
            raise BadCell(code)
        return text

    def optional(self, name: str, read: Callable[[str], str]) -> str:
        """Return a value that the row can do without; a bad one is left out and said so."""
        text = self.text(name, limit=2000)
        if not text:
            return ""
        try:
            return read(text)
        except BadCell as bad:
            self.warn(bad)
            return ""

    def warn(self, bad: BadCell) -> None:
        self.sheet.warnings.append(bad.on(self.number))

    def currency(self) -> str:
        text = self.text("currency")
        return parse_currency(text) if text else self.sheet.currency

    def amount_or_none(self, name: str, currency: str) -> int | None:
        text = self.text(name)
        return self.sheet.amount(text, currency) if text else None

    def emails(self) -> str:
        """Return the first of the addresses in the cell."""
        text = self.text("email", limit=2000)
        if identifiers.is_email(text):
            return text
        listed = text.replace(";", " ").replace(",", " ").split()
        good = [address for address in listed if identifiers.is_email(address)]
        if text and len(good) < len(listed):
            self.warn(BadCell("bad_email", value=text))
        elif len(good) > 1:
            self.warn(BadCell("more_emails", value=text))
        return good[0] if good else ""

    def ibans(self, name: str = "iban") -> tuple[str, ...]:
        text = self.text(name, limit=2000)
        if not text:
            return ()
        if identifiers.is_iban(text):
            return (identifiers.compact(text),)
        found: list[str] = []
        for part in _iban_parts(text):
            if not identifiers.is_iban(part):
                self.warn(BadCell("bad_iban", value=part))
            elif identifiers.compact(part) not in found:
                found.append(identifiers.compact(part))
        return tuple(found)


def _iban_parts(text: str) -> list[str]:
    """Split several IBANs, each of which may be written in groups of four."""
    return [part for part in re.split(r"[|;,/]|\s(?=[A-Za-z]{2}[0-9]{2})", text) if part.strip()]


def open_sheet(
    data: bytes,
    *,
    known: Vocabulary,
    chosen: Choices,
    dates: tuple[str, ...],
    amounts: tuple[str, ...],
) -> Sheet:
    """Read the table, understand its columns, settle how its dates and amounts are written."""
    grid = _grid(data, known=known, chosen=chosen)
    positions = columns.recognise(grid, known=known, chosen=chosen)
    currency = _only_currency(grid, positions) or chosen.currency
    table = Table(
        columns=grid.header,
        mapping={grid.header[position]: name for name, position in positions.items()},
        unmapped=tuple(
            header for index, header in enumerate(grid.header) if index not in positions.values()
        ),
        decimal_sign=chosen.decimal_sign
        or decimal_sign(_written(grid, positions, amounts), currency=currency),
        date_order=chosen.date_order
        or date_order(_written(grid, positions, dates), french=columns.is_french(grid)),
        encoding=grid.encoding,
        delimiter=grid.delimiter,
    )
    return Sheet(grid, table, positions, chosen.currency, list(grid.refused))


def _grid(data: bytes, *, known: Vocabulary, chosen: Choices) -> Grid:
    mapped = {fold(header) for header in chosen.columns}

    def recognises(cell: str) -> bool:
        return known.recognises(cell) or fold(cell) in mapped

    found = type_of(data)
    if found == "xlsx":
        return read_xlsx(data, recognises=recognises)
    if found not in ("text", "binary"):  # what is wrong with a binary one, decoding says
        raise UploadRefused("wrong_type", found=found)
    return read_csv(data, recognises=recognises)


def _only_currency(grid: Grid, positions: dict[str, int]) -> str:
    position = positions.get("currency")
    if position is None:
        return ""
    found = {cells[position].strip() for _, cells in grid.rows}
    return found.pop() if len(found) == 1 else ""


def _written(grid: Grid, positions: dict[str, int], names: tuple[str, ...]) -> Iterator[Written]:
    """Yield what is written in the columns of one sort, row by row."""
    wanted = [positions[name] for name in names if name in positions]
    for number, cells in grid.rows:
        for position in wanted:
            text = cells[position].strip()
            if text:
                yield number, text
