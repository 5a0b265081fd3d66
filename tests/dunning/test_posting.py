"""Letters: what they lack, what is printed, and the copy that leaves by email."""

from datetime import timedelta
from email import message_from_bytes, policy
from http import HTTPStatus
from io import BytesIO
from typing import Any

import pypdfium2
import pytest
from django.test import Client

from common.tenancy import tenant_transaction
from dunning import checklist, delivery, facts, planning, waiting
from dunning.models import LocalMail, Message, with_acts
from invoices import documents
from invoices.models import Customer, Invoice
from organizations.models import Organization
from tests import make
from tests.make import AT, ON

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture(autouse=True)
def mailbox(settings: Any) -> None:
    settings.EMAIL_BACKEND = "dunning.channels.mailbox.LocalMailbox"


@pytest.fixture
def acme(acme: Organization) -> Organization:
    """Acme with all that a letter needs of its sender."""
    acme.siren, acme.address, acme.postcode, acme.city = "900004994", "1 quai", "44000", "Nantes"
    acme.save()
    return acme


def a_pdf(pages: int = 1) -> bytes:
    made, out = pypdfium2.PdfDocument.new(), BytesIO()
    for _page in range(pages):
        made.new_page(200, 200)
    made.save(out)
    return out.getvalue()


def letters(acme: Organization, *names: str) -> list[Message]:
    """Return a formal notice to post for each of some customers."""
    with tenant_transaction(acme.pk):
        for name in names:
            customer = make.a_customer(acme, name)
            make.invoice(acme, customer=customer, amounts={"2025-12-15": 120_000})
        for back in range(60, -1, -1):
            planning.follow_up(acme, on=ON - timedelta(days=back), at=AT)
        found = waiting.to_post(on=ON).select_related("customer", "organization")
        return list(found.prefetch_related(with_acts()).order_by("customer__name"))


def codes(letter: Message) -> set[str]:
    return {gap.code for gap in checklist.gaps(letter)}


def mail(acme: Organization) -> Any:
    with tenant_transaction(acme.pk):
        return message_from_bytes(bytes(LocalMail.objects.get().content), policy=policy.default)


def test_what_a_letter_lacks_is_said_and_where_to_put_it_right(acme: Organization) -> None:
    (letter,) = letters(acme, "Hélios")
    before = codes(letter)
    with tenant_transaction(acme.pk):
        Customer.objects.update(siren="552100554", address="x" * 39)
        Invoice.objects.update(document=None)
        acme.iban, acme.signatory = "", ""
        acme.save()
        letter = Message.objects.select_related("customer", "organization").get(pk=letter.pk)
        after = codes(letter)

    assert before == {"debtor_siren", "copy"}
    assert after == {"debtor_window", "creditor_iban", "creditor_signatory", "copy"}


def test_the_letters_that_are_ticked_are_one_pdf_with_their_copies(
    acme: Organization, owner: Client
) -> None:
    helios, lutece = letters(acme, "Hélios", "Lutèce")
    with tenant_transaction(acme.pk):
        invoice = Invoice.objects.get(customer=helios.customer)
        documents.attach(invoice, "copy.pdf", a_pdf(3), at=AT)

    address = f"/o/{acme.slug}/letters/batch.pdf?letter={helios.pk}&letter={lutece.pk}"
    answer = owner.get(address)

    with pypdfium2.PdfDocument(answer.content) as pdf:
        texts = [page.get_textpage().get_text_range() for page in pdf]
    assert answer["Content-Type"] == "application/pdf"
    assert "Hélios" in texts[0]
    assert ("Mise en demeure" in texts[1], texts[2:-1].count("") >= 3) == (True, True)
    assert "LUTÈCE" in texts[-1].upper()


def test_a_posted_letter_is_followed_by_an_email_that_brings_it(
    acme: Organization, owner: Client
) -> None:
    (letter,) = letters(acme, "Hélios")
    with tenant_transaction(acme.pk):
        invoice = Invoice.objects.get()
        documents.attach(invoice, "copy.pdf", a_pdf(), at=AT)

    posted = {"letter": letter.pk, "posted_on": "auj", f"number-{letter.pk}": "1A 208 374"}
    owner.post(f"/o/{acme.slug}/letters/posted/", posted)
    with tenant_transaction(acme.pk):
        copy = Message.objects.get(copy_of=letter)
    delivery.deliver(copy.pk, organization_id=acme.pk, clock=lambda: AT)

    with tenant_transaction(acme.pk):
        letter.refresh_from_db()
        assert (letter.state, letter.receipt) == ("sent", "1A 208 374")
    sent = mail(acme)
    names = [part.get_filename() for part in sent.iter_attachments()]
    assert names == ["mise-en-demeure.pdf", "coordonnees-bancaires.pdf", f"{invoice.number}.pdf"]
    assert "mise en demeure" in sent["Subject"].lower()


def test_a_copy_does_not_count_as_another_contact(acme: Organization, owner: Client) -> None:
    (letter,) = letters(acme, "Hélios")
    owner.post(f"/o/{acme.slug}/letters/posted/", {"letter": letter.pk, "posted_on": "auj"})

    with tenant_transaction(acme.pk):
        (debtor,) = facts.debtors(acme, on=letter.written_on + timedelta(days=1))
        assert debtor.contacted_on.count(letter.written_on) == 1


@pytest.mark.parametrize("day", ["+1", "31/02", ""])
def test_a_letter_is_not_posted_on_a_day_to_come_or_none(
    acme: Organization, owner: Client, day: str
) -> None:
    (letter,) = letters(acme, "Hélios")

    owner.post(f"/o/{acme.slug}/letters/posted/", {"letter": letter.pk, "posted_on": day})

    with tenant_transaction(acme.pk):
        assert Message.objects.get(pk=letter.pk).state == "queued"


def test_a_reminder_brings_the_invoice_and_the_bank_details(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme, number="F-2026/0071")
        documents.attach(invoice, "copy.pdf", a_pdf(), at=AT)
        (message_id,) = planning.follow_up(acme, on=ON, at=AT).message_ids

    delivery.deliver(message_id, organization_id=acme.pk, clock=lambda: AT)

    details, copy = mail(acme).iter_attachments()
    assert (details.get_filename(), copy.get_filename()) == (
        "coordonnees-bancaires.pdf",
        "F-2026-0071.pdf",
    )
    with pypdfium2.PdfDocument(details.get_content()) as pdf:
        assert "FR76 3000 6000" in pdf[0].get_textpage().get_text_range()


def test_pdfs_find_their_invoices_by_name(acme: Organization, owner: Client) -> None:
    with tenant_transaction(acme.pk):
        for number in ("F-2026-007", "F-2026-0071"):
            make.invoice(acme, number=number)
        done = documents.attach_by_name(
            [("Facture F 2026-0071 Dupont.pdf", a_pdf()), ("scan.pdf", a_pdf())], at=AT
        )

        assert (done.numbers, done.unknown) == (["F-2026-0071"], ["scan.pdf"])


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7 broken", b"MZ\x90\x00", b"<html>"])
def test_what_is_no_pdf_is_not_kept(acme: Organization, api: Client, content: bytes) -> None:
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme)
    address = f"/api/v1/invoices/{invoice.pk}/document/"

    refused = api.post(address, {"file": BytesIO(content)})

    assert refused.status_code in {HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT}
    assert api.get(address).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    ("siren", "claimed"),
    [
        ("552100554", "1\u00a0251,98\u00a0€"),  # 30 days at 12.15 %, and 40 euros
        ("", "1\u00a0200,00\u00a0€"),  # perhaps a consumer
        ("214400434", "1\u00a0200,00\u00a0€"),  # a town: another code, not claimed by itself
    ],
)
def test_interest_and_indemnity_are_claimed_of_professionals(
    acme: Organization, siren: str, claimed: str
) -> None:
    (letter,) = letters(acme, "Hélios")
    with tenant_transaction(acme.pk):
        Customer.objects.update(siren=siren)
        delivery.mark_posted(letter, at=AT)
        letter.refresh_from_db()

    assert f"la somme de {claimed}" in letter.html
    assert ("Indemnité forfaitaire de recouvrement" in letter.html) == (siren == "552100554")
    assert ("12,15\u00a0%" in letter.html) == (siren == "552100554")
