"""The headers of an email that leaves."""

import re
from typing import Any
from uuid import uuid4

import pytest

from common.tenancy import tenant_transaction
from dunning.channels import mail, reply_address
from dunning.channels.base import Attachment, Envelope, Refused
from dunning.models import LocalMail
from organizations.models import Organization
from tests.dunning import mails

HOUSE = "relances@encours.example"


@pytest.fixture(autouse=True)
def mailbox(settings: Any) -> None:
    settings.EMAIL_BACKEND = "dunning.channels.mailbox.LocalMailbox"


def envelope(acme: Organization, **values: Any) -> Envelope:
    said = {
        "token": uuid4(),
        "organization_id": acme.pk,
        "sender_name": "Acme",
        "reply_to": "compta@acme.example",
        "to": "lea@dupont.example",
        "subject": "Facture",
        "text": "Bonjour",
        "html": "<p>Bonjour</p>",
    }
    return Envelope(**{**said, **values})


def sent(acme: Organization, **values: Any) -> str:
    """Return the head of an email as it left."""
    mail.send(envelope(acme, **values))
    with tenant_transaction(acme.pk):
        content = bytes(LocalMail.objects.latest("pk").content)
    head = content.decode().partition("\r\n\r\n")[0]
    return re.sub(r" ?\r\n ", " ", head)


def test_the_house_sends_with_the_name_of_the_organization(acme: Organization) -> None:
    head = sent(acme)

    assert f"From: Acme <{HOUSE}>" in head
    assert "Reply-To: compta@acme.example" in head


def test_an_address_of_its_own_stands_in_from(acme: Organization) -> None:
    assert "From: Acme <compta@acme.fr>" in sent(acme, from_address="compta@acme.fr")


def test_answers_come_to_us_and_to_the_creditor_where_the_provider_takes_both(
    acme: Organization, settings: Any
) -> None:
    settings.INBOUND_DOMAIN = mails.INBOUND
    token = uuid4()
    ours = reply_address.of(acme.pk, token)

    settings.MAIL_PROVIDER = "postmark"
    assert f"Reply-To: {ours}, compta@acme.example" in sent(acme, token=token)
    settings.MAIL_PROVIDER = "brevo"
    assert f"Reply-To: {ours}\r\n" in sent(acme, token=token)


@pytest.mark.parametrize(
    "evil", ["Acme\r\nBcc: x@y.example", "Acme\nBcc: x@y.example", "Ac\x00me\u202e"]
)
def test_no_name_or_subject_brings_a_header_of_its_own(acme: Organization, evil: str) -> None:
    attached = Attachment(f"{evil}.pdf", b"%PDF", "application/pdf")

    head = sent(acme, sender_name=evil, subject=evil, attachments=(attached,))

    assert "\r\nBcc:" not in head
    assert "\x00" not in head
    assert head.count("\r\nFrom:") + head.startswith("From:") == 1


@pytest.mark.parametrize("field", ["to", "reply_to"])
def test_an_address_that_brings_a_header_is_refused_for_certain(
    acme: Organization, field: str
) -> None:
    with pytest.raises(Refused):
        mail.send(envelope(acme, **{field: "a@b.example\r\nBcc: x@y.example"}))


def test_a_provider_that_can_is_told_whether_to_note_opening(
    acme: Organization, settings: Any
) -> None:
    settings.MAIL_PROVIDER = "postmark"
    made = mail._message(envelope(acme))
    assert (made.track_opens, made.track_clicks) == (False, False)  # type: ignore[attr-defined]

    made = mail._message(envelope(acme, has_tracking=True))
    assert (made.track_opens, made.track_clicks) == (True, True)  # type: ignore[attr-defined]

    settings.MAIL_PROVIDER = "resend"
    assert not hasattr(mail._message(envelope(acme)), "track_opens")
