"""Email, through Django's email layer: a provider, SMTP, or the local mailbox."""

import smtplib
from email.utils import formataddr, parseaddr

from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from dunning.channels import quoting, replies, reply_address
from dunning.channels.base import AddressRefused, Envelope, NoAnswer, Refused, RefusedForNow

PERMANENT = range(500, 600)  # SMTP replies that another try would not change (RFC 5321, 4.2.1)
BUSY = {421, 429, 450, 451, 452}
# Of Anymail's providers: who takes several addresses to answer to, and who is told per message
# whether to note that it is opened.
SEVERAL_REPLY_TO = {"", "mailgun", "mailtrap", "postmark", "resend", "sendgrid", "sparkpost"}
TOLD_OF_TRACKING = {"mailersend", "mailgun", "mailjet", "postmark", "sendgrid", "sparkpost"}


class _Mail(EmailMultiAlternatives):
    metadata: dict[str, str]  # Anymail gives it back with each event
    organization_id: int  # for the local mailbox alone; never a header, so it does not leave
    track_opens: bool
    track_clicks: bool


def send(envelope: Envelope) -> str:
    """Hand an email over and return the reference under which it is known.

    Raises:
        AddressRefused: nobody is reached at this address.
        Refused: it will never be taken.
        RefusedForNow: it was not taken; nothing left.
        NoAnswer: the connection broke after the text was on its way.
    """
    message = _message(envelope)
    connection = get_connection()
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        raise RefusedForNow(f"no connection: {error}") from error
    message.connection = connection
    try:
        message.send()
    except smtplib.SMTPSenderRefused as error:  # about us, not about the debtor
        raise RefusedForNow(f"SMTP {error.smtp_code}") from error
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException) as error:
        raise _refusal(error) from error
    except AnymailAPIError as error:
        raise _provider_refusal(error) from error
    except AnymailRecipientsRefused as error:
        raise AddressRefused("refused by the provider") from error
    except (AnymailError, ValueError) as error:  # before anything left: no mail has such a header
        raise Refused(type(error).__name__) from error
    except OSError as error:
        raise NoAnswer(str(error)) from error
    finally:
        connection.close()
    status = getattr(message, "anymail_status", None)
    receipt = getattr(status, "message_id", None)
    return str(receipt or message.extra_headers["Message-ID"])


def _message(envelope: Envelope) -> EmailMultiAlternatives:
    house = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    message = _Mail(
        subject=quoting.one_line(envelope.subject),
        body=envelope.text,
        from_email=formataddr(
            (quoting.one_line(envelope.sender_name), envelope.from_address or house)
        ),
        to=[envelope.to],
        reply_to=_reply_to(envelope),
        # The same message has the same id, whoever hands it over: bounces and copies name it.
        headers={
            "Message-ID": reply_address.message_id(
                envelope.organization_id, envelope.token, domain=house.partition("@")[2]
            )
        },
    )
    message.attach_alternative(envelope.html, "text/html")
    for one in envelope.attachments:
        message.attach(quoting.one_line(one.name), one.content, one.kind)
    message.metadata = {
        "message": str(envelope.token),
        "organization": str(envelope.organization_id),
    }
    message.organization_id = envelope.organization_id
    if settings.MAIL_PROVIDER in TOLD_OF_TRACKING:
        message.track_opens = message.track_clicks = envelope.has_tracking
    return message


def _reply_to(envelope: Envelope) -> list[str] | None:
    """Return where a debtor answers to: us, where answers are taken in, and the creditor."""
    ours = reply_address.of(envelope.organization_id, envelope.token)
    if ours and settings.MAIL_PROVIDER not in SEVERAL_REPLY_TO:
        return [ours]
    return [address for address in (ours, envelope.reply_to) if address] or None


def _refusal(
    error: smtplib.SMTPRecipientsRefused | smtplib.SMTPResponseException,
) -> Exception:
    to_recipient = isinstance(error, smtplib.SMTPRecipientsRefused)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        said = [(code, _text(text)) for code, text in error.recipients.values()]
    else:
        said = [(error.smtp_code, _text(error.smtp_error))]
    if not all(code in PERMANENT for code, _reply in said):
        kind: type[Exception] = RefusedForNow
    elif to_recipient and all(replies.says_nobody(f"{code} {reply}") for code, reply in said):
        kind = AddressRefused
    else:
        kind = Refused
    return kind(f"SMTP {', '.join(str(code) for code, _reply in sorted(said))}")


def _text(reply: bytes | str) -> str:
    return reply.decode("ascii", "replace") if isinstance(reply, bytes) else reply


def _provider_refusal(error: AnymailAPIError) -> Exception:
    status = error.status_code
    if status is None or status >= 500:  # noqa: PLR2004
        return NoAnswer(f"HTTP {status}")
    return RefusedForNow(f"HTTP {status}") if status in BUSY else Refused(f"HTTP {status}")
