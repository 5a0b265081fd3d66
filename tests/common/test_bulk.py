from datetime import date

import pytest
from django.db import DataError, transaction

from common import bulk
from common.tenancy import tenant_transaction
from invoices.models import Instalment
from organizations.models import Organization
from reconciliation import importing
from reconciliation.importing import Upload
from reconciliation.models import BankTransaction
from tests import make, ofx
from tests.make import AT


def test_numbers_and_days_are_written_and_nothing_else(inside_acme: Organization) -> None:
    invoice = make.invoice(inside_acme, amounts={"2026-02-04": 100, "2026-03-04": 50})
    first, second = invoice.instalments.order_by("due_on")
    first.settled_minor, first.settled_on, first.cycle = 100, date(2026, 2, 13), 7
    second.settled_on = None

    bulk.update([first, second], "settled_minor", "settled_on")

    written = Instalment.objects.order_by("due_on")
    assert [(part.settled_minor, part.settled_on, part.cycle) for part in written] == [
        (100, date(2026, 2, 13), 1),
        (0, None, 1),
    ]


def test_texts_and_json_are_written_as_they_are(inside_acme: Organization) -> None:
    content = ofx.statement(ofx.line("2026-02-10", "1.00", "X"))
    importing.import_statement(inside_acme, Upload("x.ofx", content), at=AT)
    line = BankTransaction.objects.get()
    line.method, line.reasons = 'it’s \\ "%s" {,}', [{"code": "a", "value": "é ' \" NULL"}]

    bulk.update([line], "method", "reasons")

    written = BankTransaction.objects.get()
    assert (written.method, written.reasons) == (line.method, line.reasons)


def test_a_text_that_is_too_long_is_refused_not_cut(inside_acme: Organization) -> None:
    content = ofx.statement(ofx.line("2026-02-10", "1.00", "X"))
    importing.import_statement(inside_acme, Upload("x.ofx", content), at=AT)
    line = BankTransaction.objects.get()
    line.method = "x" * 21

    with pytest.raises(DataError), transaction.atomic():
        bulk.update([line], "method")

    assert BankTransaction.objects.get().method == ""


def test_another_organizations_rows_are_not_touched(
    acme: Organization, other: Organization
) -> None:
    with tenant_transaction(other.pk):
        theirs = make.invoice(other)
    theirs.settled_minor = 5

    with tenant_transaction(acme.pk):
        bulk.update([theirs], "settled_minor")

    with tenant_transaction(other.pk):
        theirs.refresh_from_db()
        assert theirs.settled_minor == 0


def test_nothing_to_write_is_nothing(inside_acme: Organization) -> None:
    bulk.update([], "settled_minor")
