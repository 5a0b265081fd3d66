"""Statements written for a test: `ofx.statement(ofx.line("2026-02-10", "1200.00", "FA-1"))`."""

import itertools

_fitid = itertools.count(1)

BANK, BRANCH, NUMBER = "30006", "00001", "12345678901"  # FR7630006000011234567890189


def line(day: str, amount: str, memo: str, *, fitid: str = "", kind: str = "CREDIT") -> str:
    """Write one movement; without an id of its own it gets one that was never used."""
    fitid = fitid or f"{day}-{next(_fitid)}"
    return (
        f"<STMTTRN><TRNTYPE>{kind}<DTPOSTED>{day.replace('-', '')}<TRNAMT>{amount}"
        f"<FITID>{fitid}<NAME>VIR SEPA RECU<MEMO>{memo}</STMTTRN>"
    )


def disputed(day: str, amount: str, memo: str, *, other: str) -> str:
    """Write a movement whose amount is read in two ways: the one it had abroad comes first."""
    abroad = f"<ORIGCURRENCY><TRNAMT>{other}<CURRATE>1.25<CURSYM>USD</ORIGCURRENCY>"
    return line(day, amount, memo).replace("<TRNAMT>", f"{abroad}<TRNAMT>", 1)


def statement(
    *lines: str,
    until: str = "2026-02-12",
    account: tuple[str, str, str] = (BANK, BRANCH, NUMBER),
    currency: str = "EUR",
) -> bytes:
    """Write the statement of one account, from the first of the month."""
    bank, branch, number = account
    start, end = f"{until[:7]}-01".replace("-", ""), until.replace("-", "")
    return (
        "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:UTF-8\nCHARSET:NONE\n\n"
        "<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS></SONRS>"
        f"</SIGNONMSGSRSV1><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>{currency}"
        f"<BANKACCTFROM><BANKID>{bank}<BRANCHID>{branch}<ACCTID>{number}<ACCTTYPE>CHECKING"
        f"</BANKACCTFROM><BANKTRANLIST><DTSTART>{start}<DTEND>{end}\n"
        + "\n".join(lines)
        + "\n</BANKTRANLIST><LEDGERBAL><BALAMT>28410.22<DTASOF>"
        f"{end}</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n"
    ).encode()
