import pytest

from common.money import Money
from common.refusals import UploadRefused
from common.uploads import run_limited
from reconciliation import formats
from reconciliation.formats import second_reader
from reconciliation.formats.base import Disagreement, StatementFile, Tally
from tests import ofx
from tests.corpora import CORPORA, needs_corpora

LINES = [
    ofx.line("2026-02-10", "1200.00", "FA-2026-0001"),
    ofx.line("2026-02-11", "-35,4", "FRAIS", kind="DEBIT"),
]
DISPUTED = ofx.disputed("2026-02-12", "80.00", "HOTEL", other="100.00")
# ofxparse passes over tags with a prefix.
UNSEEN = ofx.line("2026-02-12", "80.00", "DUPONT").replace("STMTTRN>", "bank:STMTTRN>")


def tally(lines: int, *minors: int) -> Tally:
    return Tally(lines, tuple(Money(minor, "EUR") for minor in minors))


def disagreement(content: bytes) -> Disagreement | None:
    return formats.read(content).disagreement


def several(*contents: bytes) -> bytes:
    """Put the statements of several files into the first one."""
    start, end = b"<STMTTRNRS>", b"</BANKMSGSRSV1>"
    inner = [content[content.index(start) : content.index(end)] for content in contents]
    return contents[0].replace(inner[0], b"".join(inner))


def test_readers_agree_on_a_good_file() -> None:
    assert second_reader._second(ofx.statement(*LINES).decode()) == tally(2, 116_460)
    assert disagreement(ofx.statement(*LINES)) is None


def test_readers_agree_that_a_statement_has_no_lines() -> None:
    assert second_reader._second(ofx.statement().decode()) == tally(0, 0)
    assert disagreement(ofx.statement()) is None


def test_another_sum_is_a_disagreement() -> None:
    found = disagreement(ofx.statement(*LINES, DISPUTED))

    assert found == Disagreement(tally(3, 124_460), tally(3, 126_460))


def test_another_number_of_lines_is_a_disagreement() -> None:
    found = disagreement(ofx.statement(*LINES, UNSEEN))

    assert found == Disagreement(tally(3, 124_460), tally(2, 116_460))


def test_a_disagreement_leaves_the_limited_process() -> None:
    read = run_limited(formats.read, ofx.statement(*LINES, DISPUTED))

    assert read.disagreement == Disagreement(tally(3, 124_460), tally(3, 126_460))
    assert read.disagreement.facts == {
        "first_lines": 3,
        "first_sums": "1244.60 EUR",
        "second_lines": 3,
        "second_sums": "1264.60 EUR",
    }


def test_accounts_are_added_up_by_currency() -> None:
    content = several(
        ofx.statement(*LINES),
        ofx.statement(*LINES),
        ofx.statement(ofx.line("2026-02-11", "5000", "KYOTO"), UNSEEN, currency="JPY"),
    ).replace(b"<TRNAMT>80.00", b"<TRNAMT>80")

    found = disagreement(content)

    euros = Money(232_920, "EUR")
    assert found == Disagreement(
        Tally(6, (euros, Money(5_080, "JPY"))), Tally(5, (euros, Money(5_000, "JPY")))
    )


def test_a_statement_that_stands_twice_in_a_file_is_counted_twice_by_both() -> None:
    content = several(ofx.statement(*LINES), ofx.statement(*LINES))

    assert len(formats.read(content).statements) == 2
    assert disagreement(content) is None


def test_a_card_is_a_statement_and_securities_are_none() -> None:
    card = ofx.statement(*LINES).replace(b"STMTRS>", b"CCSTMTRS>")
    securities = (
        b"<INVSTMTMSGSRSV1><INVSTMTTRNRS><INVSTMTRS><CURDEF>EUR<INVTRANLIST><INVBANKTRAN>"
        + LINES[0].encode()
        + b"</INVBANKTRAN></INVTRANLIST></INVSTMTRS></INVSTMTTRNRS></INVSTMTMSGSRSV1></OFX>"
    )

    assert second_reader._second(card.decode()) == tally(2, 116_460)
    assert disagreement(card) is None
    assert disagreement(ofx.statement(*LINES).replace(b"</OFX>", securities)) is None
    found = disagreement(ofx.statement(*LINES, UNSEEN).replace(b"</OFX>", securities))
    assert found == Disagreement(tally(3, 124_460), tally(2, 116_460))


def test_a_line_in_a_currency_of_its_own_is_no_disagreement() -> None:
    abroad = LINES[0].replace("<NAME>", "<CURRENCY><CURSYM>JPY</CURRENCY><NAME>")

    assert disagreement(ofx.statement(abroad, *LINES)) is None


def test_days_are_not_compared() -> None:
    late = LINES[0].replace("20260210", "20260210233000[-5:EST]")

    assert disagreement(ofx.statement(late)) is None


@pytest.mark.parametrize(
    "dispute",
    [
        pytest.param(DISPUTED.replace("<FITID>", "<X>"), id="no id"),
        pytest.param(DISPUTED.replace("VIR SEPA RECU", ""), id="no name"),
        pytest.param(DISPUTED.replace("100.00", "?"), id="no amount"),
        pytest.param(DISPUTED.replace("100.00", "NaN"), id="not a number"),
        pytest.param(DISPUTED.replace("100.00", "1E+999999"), id="no end"),
    ],
)
def test_what_the_second_reader_cannot_read_is_passed_over_in_silence(dispute: str) -> None:
    content = ofx.statement(*LINES, dispute)

    assert second_reader._second(content.decode()) is None
    assert disagreement(content) is None


def test_the_second_reader_reads_nothing_without_a_statement_and_its_currency() -> None:
    assert second_reader._second("<OFX></OFX>") is None
    assert second_reader._second(ofx.statement(*LINES, currency="XXX").decode()) is None
    assert second_reader._second("") is None


def test_a_file_with_refused_lines_is_not_compared() -> None:
    read = formats.read(ofx.statement(DISPUTED, ofx.line("2026-02-12", "1.005", "DURAND")))

    assert [len(statement.refused) for statement in read.statements] == [1]
    assert read.disagreement is None


def test_a_longer_file_is_not_read_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_reader, "MOST_LINES", 2)

    assert disagreement(ofx.statement(LINES[0], DISPUTED)) is not None
    assert disagreement(ofx.statement(*LINES, DISPUTED)) is None


def test_two_thousand_lines_are_read_twice_within_the_limits() -> None:
    content = ofx.statement(*LINES[:1] * (second_reader.MOST_LINES - 1), DISPUTED)

    read = run_limited(formats.read, content, seconds=20, megabytes=512)

    assert second_reader.MOST_LINES == 2_000
    assert read.disagreement is not None


def read_briefly(data: bytes) -> StatementFile:
    second_reader.SECONDS = 0.5
    return formats.read(data)


def test_a_second_reading_that_takes_too_long_is_given_up() -> None:
    lines = "".join(LINES[:1] * 1_990).replace("</STMTTRN>", "", 1_989)  # it nests them

    read = run_limited(read_briefly, ofx.statement(lines, DISPUTED), seconds=6)

    assert [len(statement.lines) for statement in read.statements] == [1_991]
    assert read.disagreement is None


@needs_corpora
def test_no_sample_of_a_real_bank_is_held() -> None:
    held = []
    for path in sorted((CORPORA / "statements" / "ofx").iterdir()):
        try:
            if disagreement(path.read_bytes()):
                held.append(path.name)
        except UploadRefused:
            continue

    assert held == []
