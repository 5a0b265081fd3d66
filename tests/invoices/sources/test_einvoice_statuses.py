"""Statuses of electronic invoices out of a table."""

from datetime import datetime, timedelta, timezone

import pytest

from common.refusals import UploadRefused
from invoices.sources.einvoice_statuses import read_statuses

HEAD = "number,code,at,reason_code,reason,amount,currency,event_id\n"


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2026-02-12", datetime(2026, 2, 12)),  # noqa: DTZ001  # the organization's zone
        ("20260212", datetime(2026, 2, 12)),  # noqa: DTZ001
        ("13/01/2026", datetime(2026, 1, 13)),  # noqa: DTZ001
        ("13/01/2026 9:05", datetime(2026, 1, 13, 9, 5)),  # noqa: DTZ001
        (
            "2026-02-12T09:30:01.25+02:00",
            datetime(2026, 2, 12, 9, 30, 1, 250_000, tzinfo=timezone(timedelta(hours=2))),
        ),
        (
            "2026-02-12T09:30:00-0500",
            datetime(2026, 2, 12, 9, 30, tzinfo=timezone(timedelta(hours=-5))),
        ),
        ("2026-02-12 09:30Z", datetime(2026, 2, 12, 9, 30, tzinfo=timezone(timedelta()))),
    ],
)
def test_a_moment_may_be_written_in_several_ways(written: str, at: datetime) -> None:
    sheet = read_statuses((HEAD + f"F-1,203,{written},,,,,\n").encode())

    (row,) = sheet.rows
    assert (row.at, row.at.utcoffset()) == (at, at.utcoffset())


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("F-1,299,2026-02-12,,,,,\n", "unknown_einvoice_code"),
        ("F-1,,2026-02-12,,,,,\n", "missing_einvoice_code"),
        ("F-1,٢١٠,2026-02-12,,,,,\n", "unknown_einvoice_code"),
        ("F-1,210 ou 207,2026-02-12,,,,,\n", "unknown_einvoice_code"),
        (",210,2026-02-12,,,,,\n", "missing_number"),
        ("F-1,210,,,,,,\n", "missing_date"),
        ("F-1,210,yesterday,,,,,\n", "bad_date"),
        ("F-1,210,2026-02-31,,,,,\n", "bad_date"),
        ("F-1,210,2026-02-12T25:00:00Z,,,,,\n", "bad_date"),
        ("F-1,210,2026-02-12T09:00:00+99:00,,,,,\n", "bad_date"),
        ("F-1,210,1026-02-12,,,,,\n", "date_out_of_range"),
        ("F-1,210,2026-02-12,taux faux,,,,\n", "bad_reason_code"),
        ("F-1,206,2026-02-12,,,90x,,\n", "bad_amount"),
        ("F-1,206,2026-02-12,,,900.00,XXX1,\n", "unknown_currency"),
        ("F-1,210,2026-02-12,,,,," + "e" * 81 + "\n", "too_long"),
        ("F-1,210,2026-02-12\n", "row_shape"),
    ],
)
def test_a_bad_row_is_refused_by_itself(row: str, code: str) -> None:
    sheet = read_statuses((HEAD + row + "F-2,205,2026-02-12,,,,,\n").encode())

    assert [(refused.row, refused.code) for refused in sheet.refused] == [(2, code)]
    assert [kept.number for kept in sheet.rows] == ["F-2"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"number,code\nF-1,210\n", "missing_column"),
        (b"number,code,at\nF-1,210,\x00\n", "nul_byte"),
        (b"number,code,at\nF-1,210,05/06/2026\n", "ambiguous_date"),
    ],
)
def test_what_is_no_table_of_statuses_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(UploadRefused) as refusal:
        read_statuses(content)

    assert refusal.value.code == code


def test_an_amount_without_a_currency_is_in_that_of_the_file() -> None:
    sheet = read_statuses((HEAD + "F-1,206,2026-02-12,PU_ERR,,900.00,,\n").encode())

    (row,) = sheet.rows
    assert (row.amount_minor, row.currency, row.reason_code) == (90_000, "EUR", "PU_ERR")
