from datetime import date

import pytest
from django.utils import translation

from common.refusals import UploadRefused
from common.tenancy import tenant_transaction
from organizations import timeline
from organizations.models import Organization, StoredFile, TimelineEvent
from reconciliation.importing import (
    LinesRefused,
    Options,
    ReadersDisagree,
    Report,
    Upload,
    WrongAccount,
    import_statement,
)
from reconciliation.models import BankAccount, BankTransaction, QuarantinedLine, Statement
from tests import ofx
from tests.make import AT

OWN_IBAN = "FR7630006000011234567890189"

LINES = [
    ofx.line("2026-02-10", "1200.00", "FA-2026-0001"),
    ofx.line("2026-02-11", "-35.40", "FRAIS", kind="DEBIT"),
    ofx.line("2026-02-11", "80.00", "DUPONT"),
]
DISPUTED = ofx.disputed("2026-02-12", "500.00", "HOTEL", other="550.00")


def take_in(organization: Organization, content: bytes, options: Options = Options()) -> Report:  # noqa: B008
    return import_statement(organization, Upload("february.ofx", content), options=options, at=AT)


def counts(report: Report) -> tuple[int, int, int]:
    return report.lines, report.new, report.known


def test_each_line_is_taken_in_once(inside_acme: Organization) -> None:
    report = take_in(inside_acme, ofx.statement(*LINES))

    assert counts(report) == (3, 3, 0)
    line = BankTransaction.objects.get(amount_minor=120_000)
    assert (line.booked_on, line.label) == (date(2026, 2, 10), "VIR SEPA RECU FA-2026-0001")
    assert line.reference.startswith("2026-02-10-")
    assert line.state == "unmatched"


def test_the_same_file_twice_adds_nothing(inside_acme: Organization) -> None:
    content = ofx.statement(*LINES)
    take_in(inside_acme, content)

    report = take_in(inside_acme, content)

    assert counts(report) == (3, 0, 3)
    assert BankTransaction.objects.count() == 3
    assert StoredFile.objects.count() == 1


def test_a_file_that_overlaps_another_adds_what_is_new(inside_acme: Organization) -> None:
    take_in(inside_acme, ofx.statement(*LINES))

    report = take_in(
        inside_acme,
        ofx.statement(*LINES[1:], ofx.line("2026-02-12", "15.00", "DURAND"), until="2026-02-13"),
    )

    assert counts(report) == (3, 1, 2)
    assert BankTransaction.objects.count() == 4


def test_twins_stay_two(inside_acme: Organization) -> None:
    twins = [ofx.line("2026-02-10", "60.00", "CARTE", fitid=" ") for _ in range(2)]

    first = take_in(inside_acme, ofx.statement(*twins))
    again = take_in(inside_acme, ofx.statement(*twins, *twins[:1]))

    assert counts(first) == (2, 2, 0)
    assert counts(again) == (3, 1, 2)
    occurrences = BankTransaction.objects.order_by("occurrence").values_list("occurrence")
    assert [number for (number,) in occurrences] == [0, 1, 2]


def test_the_same_line_of_two_accounts_is_two(inside_acme: Organization) -> None:
    take_in(inside_acme, ofx.statement(*LINES))

    report = take_in(inside_acme, ofx.statement(*LINES, account=("30003", "00002", "00000000123")))

    assert counts(report) == (3, 3, 0)
    assert BankAccount.objects.count() == 2


def test_an_account_not_seen_before_is_made_unconfirmed_and_reported(
    inside_acme: Organization,
) -> None:
    inside_acme.iban = ""

    report = take_in(inside_acme, ofx.statement(*LINES))

    account = BankAccount.objects.get()
    assert (account.iban, account.currency, account.confirmed) == (OWN_IBAN, "EUR", False)
    assert [(said.iban, said.is_new) for said in report.accounts] == [(OWN_IBAN, True)]
    assert inside_acme.iban == ""
    assert not take_in(inside_acme, ofx.statement(*LINES)).accounts[0].is_new


def test_the_account_of_the_settings_needs_no_confirmation(inside_acme: Organization) -> None:
    take_in(inside_acme, ofx.statement(*LINES))

    assert BankAccount.objects.get().confirmed is (inside_acme.iban == OWN_IBAN)


def test_a_file_without_an_iban_goes_to_the_account_that_is_named(
    inside_acme: Organization,
) -> None:
    foreign = ofx.statement(*LINES, account=("021000021", "", "99"))

    take_in(inside_acme, foreign, Options(account="FR76 3000 6000 0112 3456 7890 189"))

    assert BankAccount.objects.get().iban == OWN_IBAN


@pytest.mark.parametrize("said", ["FR1420041010050500013M02606", "not an iban"])
def test_another_account_than_the_files_is_refused(acme: Organization, said: str) -> None:
    with pytest.raises(WrongAccount), tenant_transaction(acme.pk):
        take_in(acme, ofx.statement(*LINES), Options(account=said))

    with tenant_transaction(acme.pk):
        assert not BankTransaction.objects.exists()
        assert not StoredFile.objects.exists()


def test_a_line_that_cannot_be_read_holds_the_whole_file(acme: Organization) -> None:
    content = ofx.statement(*LINES, ofx.line("2026-02-12", "12,x", "DURAND"))

    with pytest.raises(LinesRefused) as refusal, tenant_transaction(acme.pk):
        take_in(acme, content)

    assert [(line.row, line.code) for line in refusal.value.lines] == [(4, "bad_amount")]
    with tenant_transaction(acme.pk):
        assert not BankTransaction.objects.exists()
        assert not Statement.objects.exists()
        acme.refresh_from_db()
        assert acme.bank_data_until is None


def test_a_person_may_take_in_the_rest_and_the_line_stays_in_sight(
    inside_acme: Organization,
) -> None:
    content = ofx.statement(*LINES, ofx.line("2026-02-12", "12,x", "DURAND"))

    report = take_in(inside_acme, content, Options(accept_partial=True))

    assert counts(report) == (3, 3, 0)
    kept = QuarantinedLine.objects.get()
    assert (kept.row, kept.code) == (4, "bad_amount")
    assert "12,x" in kept.message


def test_a_file_that_two_readers_read_differently_is_held(acme: Organization) -> None:
    content = ofx.statement(*LINES, DISPUTED)

    with pytest.raises(ReadersDisagree) as refusal, tenant_transaction(acme.pk):
        with translation.override("en"):
            take_in(acme, content)

    assert str(refusal.value) == (
        "Two readers of “february.ofx” disagree: the first saw 4 lines (€1,744.60), the second"
        " 4 lines (€1,794.60); nothing was imported. Look at the file, then confirm."
    )
    assert refusal.value.facts["second_sums"] == "1794.60 EUR"
    with tenant_transaction(acme.pk):
        assert not BankTransaction.objects.exists()
        assert not BankAccount.objects.exists()
        assert not StoredFile.objects.exists()
        acme.refresh_from_db()
        assert acme.bank_data_until is None


def test_a_person_may_accept_what_the_first_reader_saw_and_it_is_remembered(
    acme: Organization,
) -> None:
    with tenant_transaction(acme.pk):
        report = take_in(acme, ofx.statement(*LINES, DISPUTED), Options(accept_disagreement=True))

    assert counts(report) == (4, 4, 0)
    with tenant_transaction(acme.pk):
        assert BankTransaction.objects.filter(amount_minor=50_000).count() == 1
        event = TimelineEvent.objects.get(kind="reconciliation.statement_imported")
        assert event.data["second_reader"] == {
            "first_lines": 4,
            "first_sums": "1744.60 EUR",
            "second_lines": 4,
            "second_sums": "1794.60 EUR",
        }
        assert timeline.verify().ok


def test_what_the_second_reader_cannot_read_is_taken_in_without_a_word(
    inside_acme: Organization,
) -> None:
    unnamed = DISPUTED.replace("<FITID>", "<SRVRTID>")

    report = take_in(inside_acme, ofx.statement(*LINES, unnamed))

    assert counts(report) == (4, 4, 0)


def test_a_file_of_more_than_two_thousand_lines_is_read_once(inside_acme: Organization) -> None:
    many = [ofx.line("2026-02-10", "1.00", "DUPONT") for _ in range(1_999)]

    with pytest.raises(ReadersDisagree):
        take_in(inside_acme, ofx.statement(*many, DISPUTED))
    report = take_in(inside_acme, ofx.statement(*many, DISPUTED, *LINES[:1]))

    assert counts(report) == (2_001, 2_001, 0)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"  \n", "empty_file"),
        (b"%PDF-1.7 statement", "not_a_statement"),
        (b"date;amount\n2026-01-01;12\n", "not_a_statement"),
        (ofx.statement().replace(b"<CODE>0", b"<CODE>15500"), "bank_error"),
        (ofx.statement()[:-40], "truncated"),
        (b"x" * (20 * 2**20 + 1), "too_large"),
    ],
)
def test_what_is_no_statement_is_refused_in_one_sentence(
    acme: Organization, content: bytes, code: str
) -> None:
    with pytest.raises(UploadRefused) as refusal, tenant_transaction(acme.pk):
        take_in(acme, content)

    assert refusal.value.code == code
    with tenant_transaction(acme.pk):
        assert not StoredFile.objects.exists()
        assert not BankAccount.objects.exists()


def test_a_format_that_is_not_read_is_refused(inside_acme: Organization) -> None:
    with pytest.raises(UploadRefused) as refusal:
        take_in(inside_acme, ofx.statement(*LINES), Options(format="camt"))

    assert refusal.value.code == "unknown_format"


def test_how_fresh_the_bank_is_known_only_moves_forward(inside_acme: Organization) -> None:
    take_in(inside_acme, ofx.statement(*LINES, until="2026-02-12"))
    take_in(inside_acme, ofx.statement(*LINES, until="2026-02-11"))

    inside_acme.refresh_from_db()
    assert inside_acme.bank_data_until == date(2026, 2, 12)


def test_a_statement_that_ends_in_the_future_is_fresh_until_today(
    inside_acme: Organization,
) -> None:
    take_in(inside_acme, ofx.statement(*LINES, until="2026-02-28"))

    inside_acme.refresh_from_db()
    assert inside_acme.bank_data_until == date(2026, 2, 13)


def test_a_statement_without_lines_says_that_nothing_came(inside_acme: Organization) -> None:
    report = take_in(inside_acme, ofx.statement())

    assert counts(report) == (0, 0, 0)
    inside_acme.refresh_from_db()
    assert inside_acme.bank_data_until == date(2026, 2, 12)


def test_the_import_is_remembered(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        take_in(acme, ofx.statement(*LINES))

    with tenant_transaction(acme.pk):
        event = TimelineEvent.objects.get(kind="reconciliation.statement_imported")
        assert event.data == {"lines": 3, "new": 3, "known": 0}
        assert event.about["statement"] == Statement.objects.get().pk
