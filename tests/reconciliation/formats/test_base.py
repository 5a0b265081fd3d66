from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciliation.formats.base import Line, account, fingerprints, french_iban, full_label


def line(
    *, day: int = 2, minor: int = 12_000, label: str = "VIR ACME F-1", reference: str = ""
) -> Line:
    return Line(
        row=1,
        booked_on=date(2026, 3, day),
        value_on=None,
        amount_minor=minor,
        currency="EUR",
        name=label,
        memo="",
        label=label,
        reference=reference,
        operation="CREDIT",
        check_number="",
    )


@pytest.mark.parametrize(
    ("name", "memo", "label"),
    [
        ("VIR ACME FACT", "VIR ACME FACTURE F-1", "VIR ACME FACTURE F-1"),
        ("ACME", "F-1", "ACME F-1"),
        ("ACME F-1", "Acme", "ACME F-1"),
        ("ACME", "", "ACME"),
        ("", "F-1", "F-1"),
        ("SOCIETE ELEVE", "Société  Élève / F-1", "Société  Élève / F-1"),
        ("", "", ""),
    ],
)
def test_label_says_nothing_twice(name: str, memo: str, label: str) -> None:
    assert full_label(name, memo) == label


def test_twins_stay_two_and_a_file_that_comes_again_adds_nothing() -> None:
    first = fingerprints([line(), line()])
    again = fingerprints([line(), line(), line(minor=500)])

    assert len(set(first)) == 2
    assert set(first) < set(again)
    assert len(set(again)) == 3


def test_line_with_its_own_id_is_known_under_another_label() -> None:
    before = line(reference="A1", label="VIR ACME")
    after = line(reference="A1", label="VIR ACME PRECISE")

    assert fingerprints([before]) == fingerprints([line(reference="B2"), after])[1:]


def test_id_given_to_two_lines_does_not_make_them_one() -> None:
    by_amount = fingerprints([line(reference="A1"), line(reference="A1", minor=1)])
    by_label = fingerprints([line(reference="A1"), line(reference="A1", label="VIR BETA")])

    assert len({fingerprint for fingerprint, _ in by_amount}) == 2
    assert len({fingerprint for fingerprint, _ in by_label}) == 2


@pytest.mark.parametrize("reference", ["", "0", "000000", "NONREF", "notprovided"])
def test_reference_that_says_nothing_counts_for_nothing(reference: str) -> None:
    assert fingerprints([line(reference=reference)]) == fingerprints([line()])


days = st.lists(
    st.builds(
        line,
        day=st.integers(1, 4),
        minor=st.sampled_from([100, 200]),
        label=st.sampled_from(["ACME", "BETA"]),
    ),
    max_size=12,
).map(lambda lines: sorted(lines, key=lambda one: one.booked_on))


@settings(deadline=None)
@given(lines=days, cut=st.integers(1, 5), back=st.integers(0, 4))
def test_files_that_overlap_by_whole_days_add_up_to_all_lines(
    lines: list[Line], cut: int, back: int
) -> None:
    early = [one for one in lines if one.booked_on.day < cut]
    late = [one for one in lines if one.booked_on.day >= cut - back]

    known = set(fingerprints(early)) | set(fingerprints(late))

    assert known == set(fingerprints(lines))
    assert len(known) == len(lines)


def test_french_account_number_makes_its_iban() -> None:
    assert french_iban("20041010050500013M026") == "FR1420041010050500013M02606"
    assert french_iban("20041010050500013M02606") == "FR1420041010050500013M02606"
    assert french_iban("20041010050500013M02607") == ""
    assert french_iban("2004101005") == ""


@pytest.mark.parametrize(
    ("bank", "branch", "number", "key", "iban"),
    [
        ("20041", "01005", "0500013M026", "", "FR1420041010050500013M02606"),
        ("20041", "01005", "0500013M026", "06", "FR1420041010050500013M02606"),
        ("20041", "01005", "0500013M026", "07", ""),
        ("20041", "01005", "05 00013M02606", "", "FR1420041010050500013M02606"),
        ("", "", "20041010050500013M02606", "", "FR1420041010050500013M02606"),
        ("X", "", "fr1420041010050500013m02606", "", "FR1420041010050500013M02606"),
        ("30006", "", "1234", "", ""),
    ],
)
def test_account_is_known_by_its_iban(
    bank: str, branch: str, number: str, key: str, iban: str
) -> None:
    assert account(bank=bank, branch=branch, number=number, key=key, currency="EUR").iban == iban
