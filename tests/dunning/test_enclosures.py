"""What is joined to a message: as the organization said, in the currency that is asked for."""

import io

import pypdfium2
import pytest

from dunning import composing, enclosures, stationery, waiting
from dunning.models import Act, Enclosing, Message
from invoices import documents
from organizations.models import Organization
from tests import make
from tests.dunning.test_posting import a_pdf

pytestmark = pytest.mark.django_db
IBAN = "FR7630006000011234567890189"


@pytest.fixture
def acme(inside_acme: Organization) -> Organization:
    inside_acme.iban = IBAN
    inside_acme.save()
    return inside_acme


def a_message(
    acme: Organization, *, tone: str = "courteous", invoices: int = 1, currency: str = "EUR"
) -> tuple[Message, list[Act]]:
    """Return a reminder of some invoices, each with its copy; neither is saved."""
    customer = make.a_customer(acme, "Dupont")
    message = Message(
        organization=acme,
        customer=customer,
        channel="email",
        kind="firm" if tone == "firm" else "courteous",
        tone=tone,
        language="fr",
        written_on=make.ON,
    )
    acts = []
    for place in range(invoices):
        invoice = make.invoice(
            acme, customer=customer, amounts={f"2026-01-{10 + place}": 120_000}, currency=currency
        )
        documents.attach(invoice, "copy.pdf", a_pdf(), at=make.AT)
        invoice.refresh_from_db()
        part = invoice.instalments.select_related("invoice").get()
        acts.append(Act(organization=acme, instalment=part, level=20))
    return message, acts


def names(message: Message, acts: list[Act]) -> list[str]:
    """Return what leaves, by kind; what is told beforehand is the same."""
    written_on = stationery.in_force()
    creditor = composing.creditor_of(message, acts, written_on=written_on)
    found = enclosures.of_email(message, acts, creditor, on=make.ON, written_on=written_on)
    drawn = [one.name for one in enclosures.drawn(found)]
    assert drawn == [one.name for one in enclosures.listed(message, acts, written_on=written_on)]
    return [name.split("-")[0] for name in drawn]


def test_a_gentle_reminder_brings_the_bank_details_and_a_firm_one_the_copies(
    acme: Organization,
) -> None:
    assert names(*a_message(acme)) == ["coordonnees"]
    assert names(*a_message(acme, tone="firm")) == ["coordonnees", "F"]


def test_several_invoices_bring_the_statement_of_account(acme: Organization) -> None:
    message, acts = a_message(acme, invoices=2)

    assert names(message, acts) == ["releve", "coordonnees"]
    written_on = stationery.in_force()
    creditor = composing.creditor_of(message, acts, written_on=written_on)
    found = enclosures.of_email(message, acts, creditor, on=make.ON, written_on=written_on)
    with pypdfium2.PdfDocument(io.BytesIO(enclosures.drawn(found)[0].content)) as pdf:
        text = pdf[0].get_textpage().get_text_range()
    assert all(act.instalment.invoice.number in text for act in acts)
    assert "2 400,00" in text.replace("\u00a0", " ")


def test_what_is_switched_off_is_not_joined(acme: Organization) -> None:
    Enclosing.objects.create(organization=acme, copies="never", statement=False, bank_details=False)

    assert names(*a_message(acme, tone="firm", invoices=2)) == []


def test_an_iban_is_not_shown_for_a_currency_that_its_account_does_not_take(
    acme: Organization,
) -> None:
    message, acts = a_message(acme, currency="USD")

    before = composing.written(message, acts)
    joined = names(message, acts)
    Enclosing.objects.create(organization=acme, currencies=["USD"])
    after = composing.written(message, acts)

    assert "IBAN" not in before.text + before.html
    assert "Pour un virement en USD, demandez-nous les coordonnées bancaires" in before.text
    assert joined == []
    assert "FR76 3000 6000" in after.text
    assert "demandez-nous les coordonnées" not in after.text
    assert names(message, acts) == ["coordonnees"]


def test_nothing_is_joined_to_an_sms(acme: Organization) -> None:
    message, acts = a_message(acme, tone="firm")
    message.channel = "sms"

    assert enclosures.listed(message, acts, written_on=stationery.in_force()) == []
    assert composing.written(message, acts).text.startswith("Acme : la facture")


def test_what_is_listed_of_a_letter_is_what_is_printed_with_it(acme: Organization) -> None:
    message, acts = a_message(acme, tone="firm")
    message.channel = waiting.BY_POST[0]

    letter = composing.written(message, acts).html

    assert "Pièce jointe" in letter
