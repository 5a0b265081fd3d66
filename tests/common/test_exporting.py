"""A file for a spreadsheet shows what is in it and runs none of it."""

import pytest

from common import exporting


@pytest.mark.parametrize(
    "text",
    ["=1+1", "@SUM(A1)", "+33 1 cmd", "-1+cmd|' /C calc'!A0", "\t=1", "\r=1", "=HYPERLINK(1)"],
)
def test_a_formula_is_shown_and_not_run(text: str) -> None:
    assert exporting.cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Dupont", "-12,50", "+ 1 200.00", "a=b", "12-02-2026"])
def test_anything_else_stays_as_it_is(text: str) -> None:
    assert exporting.cell(text) == text


def test_a_french_spreadsheet_opens_it_without_asking() -> None:
    content = exporting.as_csv(["N°", "=cmd"], [(1, "é;x"), (-2, "=1")])

    assert content.decode("utf-8-sig") == "N°;'=cmd\r\n1;\"é;x\"\r\n-2;'=1\r\n"
    assert content.startswith(b"\xef\xbb\xbf")
