"""Mails that come in, as programs write them."""

from email.message import EmailMessage

from dunning.channels import reply_address
from dunning.models import Message

INBOUND = "reponses.encours.example"
QUOTE = "\n\nLe 13 févr. 2026 à 10:00, Acme <relances@encours.example> a écrit :\n> Bonjour,\n"


def answer(
    message: Message,
    text: str = "Le virement part demain.",
    *,
    sender: str = "Léa Dupont <compta@dupont.example>",
    subject: str = "Re: Facture",
    mail_id: str = "<1@dupont.example>",
    **headers: str,
) -> EmailMessage:
    """Return an answer to a message, sent to the address that names it."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = address_of(message)
    mail["Subject"] = subject
    if mail_id:
        mail["Message-ID"] = mail_id
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text + QUOTE)
    return mail


def address_of(message: Message) -> str:
    assert message.token is not None
    return reply_address.of(message.organization_id, message.token)


def message_id_of(message: Message) -> str:
    assert message.token is not None
    return reply_address.message_id(
        message.organization_id, message.token, domain="encours.example"
    )


def report(
    message_id: str,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    said: str = "smtp; 550 5.1.1 No such user",
    whole: bool = False,
) -> bytes:
    """Return a report on delivery as mail servers write it (RFC 3464)."""
    enclosed = "message/rfc822" if whole else "text/rfc822-headers"
    lines = [
        "From: MAILER-DAEMON@mx.example",
        f"To: relances@{INBOUND}",
        "Subject: Undelivered Mail Returned to Sender",
        "Message-ID: <dsn1@mx.example>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        "",
        "--b",
        "Content-Type: text/plain",
        "",
        "Your mail came back.",
        "--b",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.example",
        "",
        "Final-Recipient: rfc822; compta@dupont.example",
        f"Action: {action}",
        f"Status: {status}",
        f"Diagnostic-Code: {said}",
        "",
        "--b",
        f"Content-Type: {enclosed}",
        "",
        f"Message-ID: {message_id}",
        "Subject: Facture",
        "",
        "--b--",
        "",
    ]
    return "\r\n".join(lines).encode()
