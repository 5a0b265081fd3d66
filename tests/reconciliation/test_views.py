import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from common.tenancy import tenant_transaction
from invoices.models import Invoice
from organizations.models import Organization
from reconciliation.models import BankAccount, BankTransaction
from tests import make, ofx


def send(browser: Client, organization: Organization, *lines: str, **fields: Any) -> Any:
    files = [SimpleUploadedFile("february.ofx", ofx.statement(*lines))]
    address = f"/o/{organization.slug}/bank/upload/"
    return browser.post(address, {"file": files, **fields}, follow=True)


def checkbox(response: Any, name: str) -> str:
    """Return a checkbox of the page, nothing if it is not there."""
    found = re.search(rf'<input type="checkbox"\s+name="{name}"[^>]*>', response.content.decode())
    return found[0] if found else ""


def line_of(organization: Organization) -> BankTransaction:
    with tenant_transaction(organization.pk):
        return BankTransaction.objects.order_by("-pk")[0]


@pytest.fixture
def invoice(acme: Organization) -> Invoice:
    with tenant_transaction(acme.pk):
        return make.invoice(acme, number="FA-2026-0871", customer=make.a_customer(acme, "Hélios"))


def test_an_upload_says_what_came_of_it(
    acme: Organization, owner: Client, invoice: Invoice
) -> None:
    lines = [
        ofx.line("2026-02-10", "1200.00", "FA-2026-0871"),
        ofx.line("2026-02-10", "7.00", "DURAND"),
    ]

    first = send(owner, acme, *lines).content.decode()
    again = send(owner, acme, *lines).content.decode()

    assert re.search(r"february\.ofx\W+2 \w+, 2 \w+, 0", first)
    assert re.search(r"february\.ofx\W+2 \w+, 0 \w+, 2", again)
    assert "DURAND" in first
    matched = owner.get(f"/o/{acme.slug}/bank/?tab=matched").content.decode()
    assert "FA-2026-0871" in matched


def test_a_line_that_cannot_be_read_is_named_and_the_rest_waits_for_a_yes(
    acme: Organization, owner: Client
) -> None:
    lines = [
        ofx.line("2026-02-10", "12,x", "DUPONT"),
        ofx.line("2026-02-10", "7.00", "DURAND"),
    ]

    held = send(owner, acme, *lines)
    with tenant_transaction(acme.pk):
        kept = BankTransaction.objects.count()
    taken = send(owner, acme, *lines, accept_partial="on")

    assert (held.status_code, kept) == (422, 0)
    assert "12,x" in held.content.decode()
    assert checkbox(held, "accept_partial") != ""
    assert checkbox(held, "accept_disagreement") == ""
    assert taken.status_code == 200
    assert "12,x" in taken.content.decode()  # it stays in sight


def test_a_file_that_two_readers_read_differently_waits_for_a_yes(
    acme: Organization, owner: Client
) -> None:
    lines = [
        ofx.line("2026-02-10", "7.00", "DURAND"),
        ofx.disputed("2026-02-11", "80.00", "HOTEL", other="100.00"),
    ]

    before = owner.get(f"/o/{acme.slug}/bank/")
    held = send(owner, acme, *lines)
    with tenant_transaction(acme.pk):
        kept = BankTransaction.objects.count()
    taken = send(owner, acme, *lines, accept_disagreement="on")

    assert (held.status_code, kept) == (422, 0)
    assert "87,00" in held.content.decode()
    assert "107,00" in held.content.decode()
    assert [checkbox(page, "accept_disagreement") != "" for page in (before, held, taken)] == [
        False,
        True,
        False,
    ]
    assert "checked" not in checkbox(held, "accept_disagreement")  # a person says it
    assert checkbox(held, "accept_partial") == ""
    assert taken.status_code == 200
    with tenant_transaction(acme.pk):
        assert BankTransaction.objects.count() == 2


def test_what_was_accepted_stays_accepted_when_another_file_is_held(
    acme: Organization, owner: Client
) -> None:
    disputed = ofx.disputed("2026-02-11", "80.00", "HOTEL", other="100.00")
    unreadable = ofx.line("2026-02-10", "12,x", "DUPONT")

    first = send(owner, acme, disputed, accept_partial="on")
    second = send(owner, acme, unreadable, accept_disagreement="on")

    assert (first.status_code, second.status_code) == (422, 422)
    assert "checked" in checkbox(first, "accept_partial")
    assert "checked" in checkbox(second, "accept_disagreement")


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"name;amount\n"])
def test_what_is_no_statement_is_refused_in_one_sentence(
    acme: Organization, owner: Client, content: bytes
) -> None:
    file = SimpleUploadedFile("x.ofx", content)

    response = owner.post(f"/o/{acme.slug}/bank/upload/", {"file": file})

    assert response.status_code == 422
    assert 'class="summary"' in response.content.decode()


def test_a_line_is_matched_by_its_number_and_taken_back(
    acme: Organization, owner: Client, invoice: Invoice
) -> None:
    send(owner, acme, ofx.line("2026-02-10", "1000.00", "ACOMPTE HELIOS"))
    line = line_of(acme)
    bank = f"/o/{acme.slug}/bank/"

    found = owner.get(f"{bank}?line={line.pk}&picked=1&q=0871&search=1").content.decode()
    matched = owner.post(f"{bank}lines/{line.pk}/match/", {"invoice": [invoice.pk]})
    again = owner.post(f"{bank}lines/{line.pk}/match/", {"invoice": [invoice.pk]})
    undone = owner.post(f"{bank}lines/{line.pk}/undo/")

    box = re.search(rf'<input type="checkbox"[^>]*value="{invoice.pk}"[^>]*>', found)
    assert box is not None
    assert "checked" in box[0]
    assert "200,00" in found  # what the line leaves to pay
    assert (matched.status_code, again.status_code, undone.status_code) == (302, 409, 302)
    with tenant_transaction(acme.pk):
        assert Invoice.objects.get().balance.minor == 120_000
        assert BankTransaction.objects.get().state == "unmatched"


def test_an_invoice_that_was_paid_meanwhile_refuses_the_choice(
    acme: Organization, owner: Client, invoice: Invoice
) -> None:
    send(owner, acme, ofx.line("2026-02-10", "1200.00", "FA-2026-0871"))
    send(owner, acme, ofx.line("2026-02-11", "1200.00", "HELIOS"))
    line = line_of(acme)

    response = owner.post(f"/o/{acme.slug}/bank/lines/{line.pk}/match/", {"invoice": invoice.pk})

    assert response.status_code == 409
    assert line_of(acme).state == "unmatched"


def test_a_line_becomes_a_customers_credit(
    acme: Organization, owner: Client, invoice: Invoice
) -> None:
    send(owner, acme, ofx.line("2026-02-10", "300.00", "ACOMPTE"))
    line = line_of(acme)
    bank = f"/o/{acme.slug}/bank/"

    page = owner.get(f"{bank}?line={line.pk}&picked=1&q=hélios").content.decode()
    owner.post(f"{bank}lines/{line.pk}/match/", {"customer": invoice.customer_id})

    assert f'name="customer" value="{invoice.customer_id}"' in re.sub(r"\s+", " ", page)
    with tenant_transaction(acme.pk):
        payment = acme.payments.get()
        assert (payment.customer_id, payment.unallocated.minor) == (invoice.customer_id, 30_000)


def test_a_suggestion_is_ticked_already(
    acme: Organization, owner: Client, invoice: Invoice
) -> None:
    send(owner, acme)
    with tenant_transaction(acme.pk):
        account = BankAccount.objects.get()
    owner.post(f"/o/{acme.slug}/bank/accounts/{account.pk}/", {"applies_by_itself": "no"})
    send(owner, acme, ofx.line("2026-02-10", "1200.00", "FA-2026-0871"))

    page = owner.get(f"/o/{acme.slug}/bank/").content.decode()

    box = re.search(rf'<input type="checkbox"[^>]*value="{invoice.pk}"[^>]*>', page)
    assert box is not None
    assert "checked" in box[0]


def test_a_line_set_aside_is_listed_and_may_come_back(acme: Organization, owner: Client) -> None:
    send(owner, acme, ofx.line("2026-02-10", "300.00", "SUBVENTION"))
    line = line_of(acme)
    bank = f"/o/{acme.slug}/bank/"

    owner.post(f"{bank}lines/{line.pk}/set-aside/")
    listed = owner.get(f"{bank}?tab=aside").content.decode()
    owner.post(f"{bank}lines/{line.pk}/undo/")

    assert "SUBVENTION" in listed
    assert line_of(acme).state == "unmatched"


def test_another_organizations_line_is_as_absent_as_none(
    acme: Organization, owner: Client, other: Organization
) -> None:
    stranger = Client()
    stranger.force_login(other.memberships.get().user)
    send(stranger, other, ofx.line("2026-02-10", "300.00", "X"))
    line = line_of(other)

    for verb in ("match", "undo", "set-aside"):
        response = owner.post(f"/o/{acme.slug}/bank/lines/{line.pk}/{verb}/")
        assert response.status_code == 404
    assert line_of(other).state == "unmatched"


@pytest.mark.parametrize("query", ["line=x", "line=99999999999999999999", "page=x", "tab=x"])
def test_an_odd_address_shows_the_page(acme: Organization, owner: Client, query: str) -> None:
    assert owner.get(f"/o/{acme.slug}/bank/?{query}").status_code == 200


def test_the_page_asks_the_same_number_of_queries_whatever_its_length(
    acme: Organization, owner: Client, django_assert_max_num_queries: Any
) -> None:
    send(owner, acme, *(ofx.line("2026-02-10", "7.00", f"DURAND {n}") for n in range(30)))

    with django_assert_max_num_queries(30):
        page = owner.get(f"/o/{acme.slug}/bank/").content.decode()

    assert page.count("?line=") >= 30
