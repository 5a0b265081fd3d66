"""Outside an organization nothing is seen; inside one, nothing of another."""

import pytest
from django.db import IntegrityError, InternalError, connection, transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from common.tenancy import TenancyError, read_only, tenant_transaction
from invoices.models import Contact, Customer, Invoice
from organizations import timeline
from organizations.models import Organization
from tests import make
from tests.architecture import catalogue


def rows_of(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{table}"')
        return int(cursor.fetchone()[0])


def test_outside_an_organization_the_orm_raises_and_sql_sees_no_row(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        make.invoice(acme)

    with connection.cursor() as cursor:
        tables = catalogue.tenant_tables(cursor)
    seen = {table: rows_of(table) for table in tables}

    assert set(seen.values()) == {0}
    with pytest.raises(TenancyError, match="Open tenant_transaction first"):
        Invoice.objects.count()
    with pytest.raises(TenancyError):
        acme.invoices.count()


def test_inside_an_organization_nothing_of_another_is_seen(
    acme: Organization, other: Organization
) -> None:
    with tenant_transaction(other.pk):
        theirs = make.invoice(other)

    with tenant_transaction(acme.pk):
        ours = make.invoice(acme)

        assert list(Invoice.objects.all()) == [ours]
        assert rows_of("invoices_invoice") == 1
        assert not Invoice.objects.filter(pk=theirs.pk).exists()


def test_another_organizations_row_is_neither_changed_nor_removed(
    acme: Organization, other: Organization
) -> None:
    with tenant_transaction(other.pk):
        theirs = make.a_customer(other, "Durand")

    with tenant_transaction(acme.pk), connection.cursor() as cursor:
        cursor.execute("UPDATE invoices_customer SET name = 'taken' WHERE id = %s", [theirs.pk])
        changed = cursor.rowcount
        cursor.execute("DELETE FROM invoices_contact")
        removed = cursor.rowcount

    assert (changed, removed) == (0, 0)
    with tenant_transaction(other.pk):
        assert Customer.objects.get().name == "Durand"


def test_a_row_cannot_be_written_for_another_organization(
    acme: Organization, other: Organization
) -> None:
    with (
        pytest.raises(Exception, match="row-level security"),
        tenant_transaction(acme.pk),
    ):
        make.a_customer(other)


def test_a_row_cannot_point_at_another_organizations(
    acme: Organization, other: Organization
) -> None:
    with tenant_transaction(other.pk):
        theirs = make.a_customer(other)

    with (
        pytest.raises(IntegrityError, match="contact_customer_same_organization"),
        tenant_transaction(acme.pk),
    ):
        Contact.objects.create(organization=acme, customer_id=theirs.pk, email="a@b.example")


def test_one_transaction_cannot_open_a_second_organization(
    acme: Organization, other: Organization
) -> None:
    with tenant_transaction(acme.pk), pytest.raises(TenancyError, match="already open"):
        with tenant_transaction(other.pk):
            pass


@pytest.mark.django_db(transaction=True)
def test_the_setting_does_not_outlive_its_transaction() -> None:
    acme = make.organization()
    with tenant_transaction(acme.pk):
        make.a_customer(acme)

    with transaction.atomic():
        seen = rows_of("invoices_customer")

    assert seen == 0


@pytest.mark.django_db(transaction=True)
def test_an_invoice_needs_instalments_that_add_up() -> None:
    acme = make.organization()

    with (
        pytest.raises(IntegrityError, match="do not add up to its total"),
        tenant_transaction(acme.pk),
    ):
        invoice = make.invoice(acme, amounts={"2026-02-04": 100})
        invoice.total_minor = 200
        invoice.save(update_fields=["total_minor"])


def test_what_only_reads_is_refused_by_the_database_when_it_writes(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        customer = make.a_customer(acme)

        with pytest.raises(InternalError, match="read-only transaction"), read_only():
            Customer.objects.update(name="Written")

        with pytest.raises(InternalError, match="read-only transaction"), read_only():
            Customer.objects.locked().get(pk=customer.pk)
        assert Customer.objects.get().name == customer.name
        Customer.objects.update(name="After")
        assert Customer.objects.get().name == "After"


def test_what_only_reads_rings_for_no_task(
    acme: Organization, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as rung, tenant_transaction(acme.pk), read_only():
        transaction.on_commit(lambda: None)

    assert rung == []


def test_what_only_reads_leaves_nothing_to_be_written_at_the_end(acme: Organization) -> None:
    with (
        tenant_transaction(acme.pk),
        pytest.raises(TenancyError, match="Nothing is written"),
        read_only(),
    ):
        timeline.record("invoices.noted", about={}, at=make.AT)


def test_outside_an_organization_nothing_is_read_only() -> None:
    with pytest.raises(TenancyError), read_only():
        pass
