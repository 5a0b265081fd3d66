"""What a mail that came in is, and what is kept of it."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunning.channels import inbound, quoting
from dunning.channels.inbound import Report
from tests.dunning import mails

REPORT = b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n"


def mail(text: str = "Bonjour", **headers: str) -> EmailMessage:
    made = EmailMessage()
    made["From"] = headers.pop("From", "Léa <lea@dupont.example>")
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made


def parsed(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; type=x"},
        {"X_Autoreply": "yes"},
        {"Precedence": "bulk"},
        {"Return_Path": "<>"},
        {"List_Id": "<x.example>"},
        {"Subject": "Absence du bureau"},
        {"Subject": "Re: Out of Office: facture"},
        {"Subject": "Réponse automatique : facture"},
        {"From": "MAILER-DAEMON@mx.example"},
        {"From": "no-reply@dupont.example"},
    ],
)
def test_what_a_program_answers_is_automatic(headers: dict[str, str]) -> None:
    assert inbound.is_automatic(mail(**headers))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Auto_Submitted": "no"},
        {"Subject": "Re: votre facture, en l'absence de bon de commande"},
        {"Precedence": "first-class"},
        {"X_Auto_Response_Suppress": "All"},
    ],
)
def test_what_a_person_writes_is_not(headers: dict[str, str]) -> None:
    assert not inbound.is_automatic(mail(**headers))


def test_a_formatted_mail_is_read_as_its_text() -> None:
    made = EmailMessage()
    made["From"] = "lea@dupont.example"
    made.set_content(
        "<style>p{}</style><p>Bonjour,<br>déjà <b>payé</b>.</p><script>alert(1)</script>"
        "<img src='https://track.example/x.png'><blockquote><p>Votre facture</p></blockquote>",
        subtype="html",
    )

    read = inbound.read(made)

    assert read.text == "Bonjour,\ndéjà payé."
    assert read.quoted == "> Votre facture"


def test_files_are_kept_under_a_name_without_folders_and_within_limits() -> None:
    made = mail()
    made.add_attachment(b"%PDF-1", maintype="application", subtype="pdf", filename="../../a.pdf")
    made.add_attachment(
        b"x" * (inbound.MOST_FILE_BYTES + 1), maintype="a", subtype="b", filename="b"
    )
    for number in range(inbound.MOST_FILES):
        made.add_attachment(b"t", maintype="text", subtype="plain", filename=f"{number}.txt")

    read = inbound.read(made)

    assert read.files[0].name == "a.pdf"
    assert (len(read.files), read.lost_files) == (inbound.MOST_FILES, 2)


def test_names_and_subjects_are_one_line_without_what_can_not_be_seen() -> None:
    raw = (
        b"From: =?utf-8?q?Evil=0D=0ABcc=3A_x=40y=2Ez_=E2=80=AE?= <a@b.example>\r\n"
        b"Subject: =?utf-8?q?a=0Ab=00c?=\r\n\r\ntext\r\n"
    )

    read = inbound.read(parsed(raw))

    assert read.sender_name == "Evil Bcc: x@y.z"
    assert read.subject == "a bc"


@pytest.mark.parametrize("whole", [True, False])
def test_a_report_on_delivery_names_the_message_and_what_became_of_it(*, whole: bool) -> None:
    made = parsed(mails.report("<t@o1.encours.example>", whole=whole))

    assert list(inbound.reported_ids(made)) == ["<t@o1.encours.example>"]
    assert inbound.report(made) == Report(
        "bounced", "compta@dupont.example", "5.1.1 smtp; 550 5.1.1 No such user"
    )


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"status": "5.2.2", "said": "smtp; 552 5.2.2 Mailbox full"}, "refused"),
        ({"status": "5.7.1", "said": "smtp; 550 5.7.1 Spam"}, "refused"),
        ({"status": "5.1.1", "said": "x-unix; unknown user"}, "bounced"),
        ({"action": "delayed", "status": "4.4.1"}, "deferred"),
        ({"action": "delivered", "status": "2.0.0"}, "delivered"),
    ],
)
def test_a_report_tells_a_wrong_address_from_other_trouble(
    values: dict[str, Any], kind: str
) -> None:
    said = inbound.report(parsed(mails.report("<t@o1.encours.example>", **values)))

    assert said is not None
    assert said.kind == kind


def test_a_report_that_says_nothing_certain_is_none() -> None:
    assert inbound.report(parsed(mails.report("<x>", action="relayed"))) is None
    assert inbound.report(mail()) is None


@pytest.mark.parametrize(
    "quote",
    [
        "Le 13 févr. 2026 à 10:00, Acme <a@b.fr> a écrit :\n> Bonjour",
        "Le ven. 13 févr. 2026 à 10:00, Acme\n<a@b.fr> a écrit :\n\n> Bonjour",
        "On Fri, 13 Feb 2026 Acme wrote:\n> Hello",
        "-----Message d'origine-----\nDe : Acme",
        "________________________________\nDe : Acme",
        "De : Acme <a@b.fr>\nEnvoyé : vendredi\nÀ : Léa\nObjet : Facture\n\nBonjour",
        "> Bonjour,\n> votre facture",
    ],
)
def test_what_is_quoted_stands_apart(quote: str) -> None:
    written, quoted = quoting.apart(f"C'est réglé.\n\nLéa\n\n{quote}\n")

    assert written == "C'est réglé.\n\nLéa"
    assert quoted == quote.strip()


def test_answers_between_the_lines_stay_with_them() -> None:
    text = "> Quand payez-vous ?\nDemain.\n> Comment ?\nPar virement."

    assert quoting.apart(text) == (text, "")


def test_where_nothing_but_a_quote_is_left_all_is_written() -> None:
    assert quoting.apart("> Bonjour") == ("> Bonjour", "")


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n"]),
)
def test_whatever_comes_is_read_without_an_error(raw: bytes, head: bytes) -> None:
    for rules in (policy.default, policy.compat32):
        made = message_from_bytes(head + raw, policy=rules)

        inbound.read(made)
        inbound.report(made)
        list(inbound.reported_ids(made))
        inbound.recipients(made)
        inbound.answered_ids(made)
