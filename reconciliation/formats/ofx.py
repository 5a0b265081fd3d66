"""OFX, 1 (SGML) and 2 (XML), as banks write it rather than as it is specified. Pure.

One reader for both: tags and the text after them. Values need no closing tag; an aggregate ends
where one of its own height, or a higher one, begins.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from common.money import is_currency
from common.refusals import BadCell, Refused, UploadRefused
from common.uploads import decode
from common.written import parse_amount, parse_date
from reconciliation.formats.base import (
    Account,
    AccountStatement,
    Line,
    StatementFile,
    account,
    full_label,
)
from reconciliation.formats.second_reader import compare

LONGEST_LABEL, LONGEST_NAME, LONGEST_WORD = 2_000, 250, 40  # characters
FIRST_ERROR = 2000  # of the status codes; those below say that all is well
_CHARSETS = {
    "1252": "cp1252", "WINDOWS-1252": "cp1252", "CP1252": "cp1252", "ISO-8859-1": "cp1252",
    "8859-1": "cp1252", "LATIN1": "cp1252", "ISO-8859-15": "iso-8859-15", "8859-15": "iso-8859-15",
    "850": "cp850",
}  # fmt: skip

# How high each aggregate stands; the others are read as part of the one around them.
_HEIGHT = {
    "OFX": 0,
    **dict.fromkeys(("SIGNONMSGSRSV1", "BANKMSGSRSV1", "CREDITCARDMSGSRSV1", "INVSTMTMSGSRSV1"), 1),
    **dict.fromkeys(("SONRS", "STMTTRNRS", "CCSTMTTRNRS", "INVSTMTTRNRS"), 2),
    **dict.fromkeys(("STATUS", "STMTRS", "CCSTMTRS", "INVSTMTRS"), 3),
    **dict.fromkeys(
        ("BANKACCTFROM", "CCACCTFROM", "INVACCTFROM", "BANKTRANLIST", "INVTRANLIST"), 4
    ),
    **dict.fromkeys(("LEDGERBAL", "AVAILBAL", "BALLIST"), 4),
    **dict.fromkeys(("STMTTRN",), 5),
    **dict.fromkeys(("PAYEE", "BANKACCTTO", "CCACCTTO", "CURRENCY", "ORIGCURRENCY"), 6),
}
_STATEMENTS = ("STMTRS", "CCSTMTRS")


def read(data: bytes) -> StatementFile:
    """Read an OFX file.

    Raises:
        UploadRefused: the file as a whole can't be trusted; a line that can't be read is kept
            among the refused lines of its account.
    """
    text = decode(data, declared=_charset(data)).text
    start = re.search(r"<OFX\b", text, re.IGNORECASE)
    if start is None:
        raise UploadRefused("not_a_statement", found="text")
    if re.search(r"<!\s*(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise UploadRefused("xml_dtd_forbidden")
    if not re.search(r"</OFX\s*>", text, re.IGNORECASE):
        raise UploadRefused("truncated")
    text = text[start.start() :]
    root = _tree(text)
    _refuse_errors(root)
    statements = tuple(_statement(node) for node in root.all(*_STATEMENTS))
    if not statements:
        raise UploadRefused("no_statement")
    return StatementFile("ofx", statements, compare(text, statements))


def _charset(data: bytes) -> str:
    """Return the encoding that the header declares, by the name Python gives it."""
    head = data[:1024].decode("latin-1").upper()
    found = re.search(r"(?:CHARSET\s*:\s*|ENCODING\s*=\s*[\"'])([A-Z0-9_-]+)", head)
    named = found[1] if found else ""
    if named == "UTF-7":
        raise UploadRefused("encoding", row=1)
    return _CHARSETS.get(named, "")


# Tags


@dataclass(slots=True)
class _Node:
    """An aggregate: its values, the first of each name, and the aggregates in it."""

    tag: str
    row: int = 0  # of a movement: its place among those of the file
    values: dict[str, str] = field(default_factory=dict)
    children: list["_Node"] = field(default_factory=list)

    def all(self, *tags: str) -> Iterator["_Node"]:
        """Yield the aggregates of some names at any depth, in the order of the file."""
        for child in self.children:
            if child.tag in tags:
                yield child
            yield from child.all(*tags)

    def one(self, *tags: str) -> "_Node":
        """Return the first aggregate of some names, empty if there is none."""
        return next(self.all(*tags), _NOTHING)

    def text(self, *tags: str) -> str:
        """Return the first value that is there."""
        return next((self.values[tag] for tag in tags if self.values.get(tag)), "")


_NOTHING = _Node("")
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TAG = re.compile(r"<(/?)(?:[A-Za-z]\w*:)?([A-Za-z][\w.]*)(?:\s[^<>]*)?/?>", re.ASCII)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8});")


def _tree(text: str) -> _Node:
    text = _CDATA.sub(lambda found: html.escape(found[1]), _COMMENT.sub("", text))
    parts = _TAG.split(text)
    root = _Node("")
    open_nodes = [root]
    movements = 0
    for closing, name, value in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        tag = name.upper()
        height = _HEIGHT.get(tag)
        if height is None:
            if not closing:
                _keep(open_nodes[-1], tag, value)
            continue
        while len(open_nodes) > 1 and _HEIGHT[open_nodes[-1].tag] >= height:
            open_nodes.pop()
        if not closing:
            movements += tag == "STMTTRN"
            node = _Node(tag, row=movements)
            open_nodes[-1].children.append(node)
            open_nodes.append(node)
    return root


def _keep(node: _Node, tag: str, value: str) -> None:
    if "&" in value:
        value = _ENTITY.sub(lambda found: html.unescape(found[0]), value)
    value = " ".join(value.split())
    if value:
        node.values.setdefault(tag, value)


# What the tags say


def _refuse_errors(root: _Node) -> None:
    for status in root.all("STATUS"):
        code = status.text("CODE")
        failed = code.isdecimal() and int(code[:9]) >= FIRST_ERROR
        if failed or status.text("SEVERITY").upper() == "ERROR":
            raise UploadRefused("bank_error", value=code[:20] or "?")


def _statement(node: _Node) -> AccountStatement:
    currency = node.text("CURDEF").upper()
    if not is_currency(currency):
        raise UploadRefused("missing_currency")
    lines: list[Line] = []
    refused: list[Refused] = []
    for movement in node.all("STMTTRN"):
        try:
            lines.append(_line(movement, currency))
        except BadCell as bad:
            refused.append(bad.on(movement.row))
    period = node.one("BANKTRANLIST")
    ledger = node.one("LEDGERBAL")
    return AccountStatement(
        account=_account(node.one("BANKACCTFROM", "CCACCTFROM"), currency),
        opening_minor=None,  # the format has none
        closing_minor=_balance(ledger, currency),
        closing_on=_day_or_none(ledger.text("DTASOF")),
        from_on=_day_or_none(period.text("DTSTART")),
        to_on=_day_or_none(period.text("DTEND")),
        lines=tuple(lines),
        refused=tuple(refused),
    )


def _account(node: _Node, currency: str) -> Account:
    return account(
        bank=node.text("BANKID"),
        branch=node.text("BRANCHID"),
        number=node.text("ACCTID"),
        key=node.text("ACCTKEY"),
        currency=currency,
    )


def _line(node: _Node, currency: str) -> Line:
    currency = node.one("CURRENCY").text("CURSYM").upper() or currency
    if not is_currency(currency):
        raise BadCell("unknown_currency", value=currency)
    name = node.text("NAME") or node.one("PAYEE").text("NAME")
    memo = node.text("MEMO", "MEMO2")
    return Line(
        row=node.row,
        booked_on=_day(node.text("DTPOSTED")),
        value_on=_day_or_none(node.text("DTAVAIL")),
        amount_minor=_amount(node.text("TRNAMT"), currency),
        currency=currency,
        name=name[:LONGEST_NAME],
        memo=memo,
        label=_within(LONGEST_LABEL, full_label(name, memo)),
        reference=_within(LONGEST_NAME, node.text("FITID")),
        operation=node.text("TRNTYPE")[:LONGEST_WORD],
        check_number=node.text("CHECKNUM", "CHKNUM")[:LONGEST_WORD],
    )


def _within(limit: int, text: str) -> str:
    if len(text) > limit:
        raise BadCell("too_long", value=text[:40], limit=limit)
    return text


def _amount(text: str, currency: str) -> int:
    """Read an amount; the format knows no thousands, so that a single sign is the decimal one."""
    if not text:
        raise BadCell("missing_amount")
    sign = "," if text.rfind(",") > text.rfind(".") else "."
    return parse_amount(text, decimal_sign=sign, currency=currency)


def _balance(node: _Node, currency: str) -> int | None:
    try:
        return _amount(node.text("BALAMT"), currency)
    except BadCell:
        return None


def _day(text: str) -> date:
    """Read the day that the bank wrote: its own, whatever the hour and the zone beside it."""
    if not text:
        raise BadCell("missing_date")
    stamp = re.match(r"[0-9]{8}(?=[0-9.\[\s:T-]|$)", text, re.ASCII)
    return parse_date(stamp[0] if stamp else text, order=None)


def _day_or_none(text: str) -> date | None:
    try:
        return _day(text)
    except BadCell:
        return None
