"""Letters: what they lack, what is printed, and the copy that leaves by email."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from http import HTTPStatus
from io import BytesIO
from typing import Any

import pypdfium2
import pytest
from django.test import Client

from common.money import Money
from common.tenancy import tenant_transaction
from dunning import checklist, delivery, facts, holds, planning, posting, waiting
from dunning.models import Enclosing, Joining, LocalMail, Message, with_acts
from invoices import documents, settlement
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
    acme.signatory_title = "Gérante"
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
        for back in range(60, -1, -5):
            planning.follow_up(acme, on=ON - timedelta(days=back), at=AT)
        found = waiting.to_post(on=ON).select_related("customer", "organization")
        return list(found.prefetch_related(with_acts()).order_by("customer__name"))


def codes(letter: Message) -> set[str]:
    return {gap.code for gap in checklist.gaps(letter, on=ON)}


def prints(acme: Organization, letter: Message, *, at: datetime = AT, number: str = "") -> Message:
    with tenant_transaction(acme.pk):
        return posting.mark_printed(letter, at=at, number=number)


def posts(acme: Organization, letter: Message, *, at: datetime = AT, **said: Any) -> Message:
    with tenant_transaction(acme.pk):
        posting.mark_posted(letter, at=at, **said)
        return Message.objects.get(pk=letter.pk)


def note(acme: Organization, owner: Client, letter: Message, **said: Any) -> Any:
    """Note a letter as posted on the page."""
    typed = {"letter": letter.pk, "posted_on": "auj", **said}
    return owner.post(f"/o/{acme.slug}/letters/posted/", typed)


def state_of(acme: Organization, letter: Message) -> str:
    with tenant_transaction(acme.pk):
        return Message.objects.get(pk=letter.pk).state


def texts(content: bytes) -> list[str]:
    with pypdfium2.PdfDocument(content) as pdf:
        found = [page.get_textpage().get_text_range() for page in pdf]
    return [" ".join(text.split()) for text in found]


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

    ticked = {"letter": [helios.pk, lutece.pk]}
    answer = owner.post(f"/o/{acme.slug}/letters/print/", ticked)

    assert answer["Content-Type"] == "application/pdf"
    cover, back, notice, *copies, other, end = texts(answer.content)
    assert "Hélios" in cover
    assert "Mise en demeure" in notice
    assert (back, copies, end) == ("", ["", "", ""], "")
    assert "Lutèce" in other


def test_no_two_letters_share_a_sheet_when_both_sides_are_printed(
    acme: Organization, owner: Client
) -> None:
    found = letters(acme, "Hélios", "Lutèce", "Mercure")

    answer = owner.post(f"/o/{acme.slug}/letters/print/", {"letter": [one.pk for one in found]})

    pages = texts(answer.content)
    assert len(pages) % 2 == 0
    for name in ("Hélios", "Lutèce", "Mercure"):
        first = next(i for i, text in enumerate(pages) if i and name in text)
        assert first % 2 == 0  # counted from 0: the front of a sheet


def test_a_posted_letter_is_followed_by_an_email_that_brings_it(
    acme: Organization, owner: Client
) -> None:
    (letter,) = letters(acme, "Hélios")
    with tenant_transaction(acme.pk):
        invoice = Invoice.objects.get()
        documents.attach(invoice, "copy.pdf", a_pdf(), at=AT)

    prints(acme, letter)
    note(acme, owner, letter, **{f"number-{letter.pk}": "1A 208 374"})
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
    text = " ".join(sent.get_body(("plain",)).get_content().split())
    assert (
        "Madame, Monsieur, Ce message est la copie de la lettre recommandée avec avis de réception"
        " n° 1A 208 374 que nous vous avons adressée le 13 février 2026."
    ) in text


def test_a_copy_does_not_count_as_another_contact(acme: Organization, owner: Client) -> None:
    (letter,) = letters(acme, "Hélios")
    prints(acme, letter)
    note(acme, owner, letter)

    with tenant_transaction(acme.pk):
        (debtor,) = facts.debtors(acme, on=letter.written_on + timedelta(days=1))
        assert debtor.contacted_on.count(letter.written_on) == 1


@pytest.mark.parametrize("day", ["+1", "14/02", "12/02", "01/01/2020", "31/02", "x", ""])
def test_a_letter_is_not_posted_on_a_day_to_come_before_its_print_or_none(
    acme: Organization, owner: Client, day: str
) -> None:
    (letter,) = letters(acme, "Hélios")
    prints(acme, letter)

    answer = note(acme, owner, letter, posted_on=day, **{f"number-{letter.pk}": "1A 208"})

    page = answer.content.decode()
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "posted_on" in answer.context["form"].errors
    assert 'value="1A 208"' in page
    assert f'value="{day}"' in page or not day
    assert state_of(acme, letter) == "queued"


@pytest.mark.parametrize("alone", [True, False])
def test_a_letter_without_an_address_is_neither_printed_nor_posted(
    acme: Organization, owner: Client, api: Client, *, alone: bool
) -> None:
    (letter,) = letters(acme, "Hélios")
    with tenant_transaction(acme.pk):
        Customer.objects.update(address="")
    ticked = {"alone" if alone else "letter": letter.pk}

    page = owner.get(f"/o/{acme.slug}/letters/")
    printed = owner.post(f"/o/{acme.slug}/letters/print/", ticked)
    posted = note(acme, owner, letter)
    by_api = [
        api.post(f"/api/v1/letters/{letter.pk}/{verb}/", {}, content_type="application/json")
        for verb in ("print", "posted")
    ]

    (row,) = page.context["rows"]
    assert (row.is_blocked, row.is_ticked) == (True, False)
    refused = HTTPStatus.UNPROCESSABLE_ENTITY
    assert (printed.status_code, posted.status_code) == (refused, refused)
    assert {answer.json()["code"] for answer in by_api} == {"letter_incomplete"}
    with tenant_transaction(acme.pk):
        letter.refresh_from_db()
    assert (letter.state, letter.printed_at, letter.html) == ("queued", None, "")


def test_an_address_is_mended_on_the_page(acme: Organization, owner: Client) -> None:
    (letter,) = letters(acme, "Hélios")
    with tenant_transaction(acme.pk):
        Customer.objects.update(address="", postcode="")
    address, prefix = f"/o/{acme.slug}/letters/{letter.pk}/address/", f"address-{letter.pk}"

    refused = [
        owner.post(address, {f"{prefix}-{name}": value for name, value in typed.items()})
        for typed in (
            {"address": "", "postcode": "44000", "city": "Nantes"},
            {"address": "1 rue", "postcode": "", "city": "Nantes"},
            {"address": "x" * 39, "postcode": "44000", "city": "Nantes"},
        )
    ]
    good = {f"{prefix}-address": "1 rue", f"{prefix}-postcode": "44000", f"{prefix}-city": "Rezé"}
    owner.post(address, good)

    assert {one.status_code for one in refused} == {HTTPStatus.UNPROCESSABLE_ENTITY}
    with tenant_transaction(acme.pk):
        assert Customer.objects.get().city == "Rezé"
        letter = Message.objects.select_related("customer", "organization").get(pk=letter.pk)
        assert "debtor_address" not in codes(letter)


# What is printed is what is posted


def test_a_letter_printed_twice_has_the_same_content(acme: Organization, owner: Client) -> None:
    (letter,) = letters(acme, "Hélios")
    address = f"/o/{acme.slug}/letters/{letter.pk}.pdf"
    draft = owner.get(address)

    first = prints(acme, letter)
    once, again = owner.get(address), owner.get(address)
    second = prints(acme, letter, at=AT + timedelta(days=2))

    assert (first.html, first.printed_at) == (second.html, second.printed_at)
    assert once.content == again.content
    assert "Projet, à ne pas poster" in texts(draft.content)[0]
    assert "Projet, à ne pas poster" not in texts(once.content)[0]
    assert first.printed_by == "system"


def test_what_was_posted_is_archived_as_it_was_printed(acme: Organization, owner: Client) -> None:
    (letter,) = letters(acme, "Hélios")
    html = prints(acme, letter).html

    posted = posts(acme, letter, at=AT + timedelta(days=3), posted_on=ON + timedelta(days=1))

    assert (posted.state, posted.html) == ("sent", html)
    assert posted.sent_at == datetime(2026, 2, 14, 11, tzinfo=UTC)  # noon in Paris


def test_a_letter_is_posted_only_once_it_was_printed(acme: Organization, owner: Client) -> None:
    (letter,) = letters(acme, "Hélios")

    answer = note(acme, owner, letter)

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert state_of(acme, letter) == "queued"


def pays(acme: Organization, minor: int) -> None:
    with tenant_transaction(acme.pk):
        settlement.settle(Invoice.objects.locked()[0], Money(minor, "EUR"), on=ON)


def moves(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        Customer.objects.update(address="2 rue du Bac")


@pytest.mark.parametrize(
    "change",
    [lambda acme: pays(acme, 120_000), lambda acme: pays(acme, 100), moves],
    ids=["one of two paid", "a part paid", "another address"],
)
def test_a_letter_that_does_not_hold_any_more_is_printed_anew_before_it_is_posted(
    acme: Organization, owner: Client, change: Callable[[Organization], None]
) -> None:
    with tenant_transaction(acme.pk):
        customer = make.a_customer(acme, "Hélios")
        make.invoice(acme, customer=customer, amounts={"2025-12-15": 120_000})
        make.invoice(acme, customer=customer, amounts={"2025-12-15": 70_000})
    (letter,) = letters(acme)
    old = prints(acme, letter)
    change(acme)

    refused = note(acme, owner, letter)
    (row,) = refused.context["rows"]
    new = prints(acme, letter, at=AT + timedelta(hours=1))
    noted = note(acme, owner, letter)

    assert (refused.status_code, row.state) == (HTTPStatus.UNPROCESSABLE_ENTITY, "changed")
    assert new.html != old.html
    assert (noted.status_code, state_of(acme, letter)) == (HTTPStatus.FOUND, "sent")


def test_a_letter_paid_after_its_print_drops_out_and_the_page_says_so(
    acme: Organization, owner: Client
) -> None:
    (letter,) = letters(acme, "Hélios")
    prints(acme, letter)
    pays(acme, 120_000)

    page = owner.get(f"/o/{acme.slug}/letters/")
    with tenant_transaction(acme.pk):
        waiting.let_go(on=ON, at=AT)
    later = owner.get(f"/o/{acme.slug}/letters/")

    assert [list(one.context["stopped"]) for one in (page, later)] == [[letter], [letter]]
    assert (page.context["rows"], later.context["rows"]) == ([], [])


def test_a_letter_left_lying_is_dated_anew(acme: Organization) -> None:
    (letter,) = letters(acme, "Hélios")
    old = prints(acme, letter)

    with pytest.raises(posting.NotAsPrinted):
        posts(acme, letter, at=AT + timedelta(days=4))
    new = prints(acme, letter, at=AT + timedelta(days=4))

    assert "13\u00a0février 2026" in old.html
    assert "17\u00a0février 2026" in new.html


@pytest.mark.parametrize(("contested", "days"), [(False, 8), (True, 15)])
def test_date_delay_and_interest_count_from_the_day_of_printing(
    acme: Organization, *, contested: bool, days: int
) -> None:
    (letter,) = letters(acme, "Hélios")
    with tenant_transaction(acme.pk):
        Customer.objects.update(siren="552100554")
        if contested:
            hold = holds.dispute(Invoice.objects.get(), category="price", reason="", at=AT)
            holds.end(hold, at=AT)
    printed = prints(acme, letter, at=AT + timedelta(days=7))

    until = ON + timedelta(days=7 + days)
    html = printed.html.replace("\u00a0", " ")
    assert f"dans un délai de {days} jours, soit au plus tard le {until.day} " in html
    assert "le 20 février 2026" in html
    assert "Pénalités de retard au 20 février 2026" in html


def test_a_letter_bears_its_own_reference_beside_the_account(acme: Organization) -> None:
    (letter,) = letters(acme, "Hélios")

    html = prints(acme, letter, number="1A 2").html.replace("\u00a0", " ")

    assert f"N/Réf. : L-{letter.pk}<br>" in html
    assert f"Votre compte : {letter.customer.code}" in html
    assert "n° 1A 2" in html


def test_a_letter_that_bears_a_number_is_not_posted_under_another(acme: Organization) -> None:
    (letter,) = letters(acme, "Hélios")
    prints(acme, letter, number="1A 2")

    with pytest.raises(posting.NotAsPrinted):
        posts(acme, letter, number="1A 3")

    assert posts(acme, letter).receipt == "1A 2"


def test_what_a_message_brings_is_listed_with_links(acme: Organization, owner: Client) -> None:
    (letter,) = letters(acme, "Hélios")
    with tenant_transaction(acme.pk):
        invoice = Invoice.objects.get()
        documents.attach(invoice, "copy.pdf", a_pdf(), at=AT)
    prints(acme, letter)
    note(acme, owner, letter)
    with tenant_transaction(acme.pk):
        copy = Message.objects.get(copy_of=letter)
    delivery.deliver(copy.pk, organization_id=acme.pk, clock=lambda: AT)
    with tenant_transaction(acme.pk):
        sent = LocalMail.objects.get()

    house = f"/o/{acme.slug}"
    listed = owner.get(f"{house}/reminders/{copy.pk}/").content.decode()
    stayed = owner.get(f"{house}/mailbox/{sent.pk}/").content.decode()
    links = re.findall(
        rf'href="({house}/(?:letters|bank-details|invoices)[^"]*)">[^<]*\.pdf', listed
    )
    files = re.findall(rf'href="({house}/mailbox/[^"]*files[^"]*)"', stayed)
    contents = [b"".join(owner.get(one)) for one in (*links, *files)]

    assert (len(links), len(files)) == (3, 3)
    assert all(content.startswith(b"%PDF") for content in contents)
    beyond = f"{house}/mailbox/{sent.pk}/files/3/"
    assert owner.get(beyond).status_code == HTTPStatus.NOT_FOUND


def test_a_reminder_brings_the_invoice_and_the_bank_details(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme, number="F-2026/0071")
        documents.attach(invoice, "copy.pdf", a_pdf(), at=AT)
        Enclosing.objects.create(organization=acme, copies=Joining.ALWAYS)
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
        ("552100554", "1\u00a0263,97\u00a0€"),  # 60 days at 12.15 %, and 40 euros
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
        letter = posting.mark_printed(letter, at=AT)

    assert f"la somme de {claimed}" in letter.html
    assert ("Indemnité forfaitaire de recouvrement" in letter.html) == (siren == "552100554")
    assert ("12,15\u00a0%" in letter.html) == (siren == "552100554")
