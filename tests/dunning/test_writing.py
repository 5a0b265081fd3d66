"""What a debtor reads: exact where the law or a mail header is exact, complete everywhere else."""

import html
import re
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.utils import translation

from common.money import Money
from dunning import phrases, septets, wording
from dunning.phrases import Rate, window
from dunning.wording import BY_SMS, KINDS, FormalNoticeUnnamed, Kind, Language, NotBySms
from dunning.writing import (
    LISTED,
    Broken,
    Debtor,
    Line,
    Written,
    write_call_script,
    write_email,
    write_sms,
)
from tests.dunning.facts import CREDITOR, DEBTOR, facts

SUBJECTS = {
    ("fr", 1): [
        "Facture F-2026-0901 de 4 820,00 € : échéance le 25 novembre 2026",
        "Facture F-2026-0901 de 4 820,00 € : échéance aujourd’hui",
        "Facture F-2026-0901 de 4 820,00 € : échéance dépassée de 3 jours",
        "Facture F-2026-0901 : 4 820,00 € à régler depuis le 16 novembre 2026",
        "Facture F-2026-0901 de 4 820,00 € : 15 jours de retard, merci de nous répondre",
        "Dernière relance : facture F-2026-0901 de 4 820,00 €",
        "Mise en demeure : facture F-2026-0901 de 4 820,00 €",
        "Merci : règlement de 4 820,00 € bien reçu pour la facture F-2026-0901",
    ],
    ("fr", 2): [
        "2 factures pour 9 628,99 € : échéances à partir du 25 novembre 2026",
        "2 factures pour 9 628,99 € : échéance aujourd’hui",
        "2 factures pour 9 628,99 € : la plus ancienne a 3 jours de retard",
        "2 factures : 9 628,99 € à régler, la première depuis le 16 novembre 2026",
        "2 factures pour 9 628,99 € : jusqu’à 15 jours de retard, merci de répondre",
        "Dernière relance : 2 factures pour 9 628,99 €",
        "Mise en demeure : 2 factures pour 9 628,99 €",
        "Merci : règlement de 10 628,99 € bien reçu pour 2 factures",
    ],
    ("en", 1): [
        "Invoice F-2026-0901 for €4,820.00: due on 25 November 2026",
        "Invoice F-2026-0901 for €4,820.00: due today",
        "Invoice F-2026-0901 for €4,820.00: 3 days past its due date",
        "Invoice F-2026-0901: €4,820.00 due since 16 November 2026",
        "Invoice F-2026-0901 for €4,820.00: 15 days overdue, please reply",
        "Last reminder: invoice F-2026-0901 for €4,820.00",
        "Formal notice: invoice F-2026-0901 for €4,820.00",
        "Thank you: €4,820.00 received for invoice F-2026-0901",
    ],
    ("en", 2): [
        "2 invoices for €9,628.99: due from 25 November 2026",
        "2 invoices for €9,628.99: due today",
        "2 invoices for €9,628.99: the oldest is 3 days overdue",
        "2 invoices: €9,628.99 due, the oldest since 16 November 2026",
        "2 invoices for €9,628.99: up to 15 days overdue, please reply",
        "Last reminder: 2 invoices for €9,628.99",
        "Formal notice: 2 invoices for €9,628.99",
        "Thank you: €10,628.99 received for 2 invoices",
    ],
}
EVERY = [
    (kind, language, invoices)
    for language in ("fr", "en")
    for kind in KINDS
    for invoices in (1, 2, 60)
]


@pytest.mark.parametrize(("language", "invoices"), SUBJECTS)
def test_subjects_say_number_and_amount(language: Language, invoices: int) -> None:
    written = [write_email(facts(kind, language=language, invoices=invoices)) for kind in KINDS]

    subjects = [email.subject.replace("\u00a0", " ") for email in written]
    assert subjects == SUBJECTS[language, invoices]


@pytest.mark.parametrize(("kind", "language", "invoices"), EVERY)
def test_both_parts_of_an_email_say_the_same(kind: Kind, language: Language, invoices: int) -> None:
    email = write_email(facts(kind, language=language, invoices=invoices))

    shown, plain = (
        _figures(_visible(email.html)),
        _figures(f"{email.preheader}\n{email.text}"),
    )
    assert shown == plain
    assert len(shown) > min(invoices, LISTED)
    assert len(email.html.encode()) <= 30_000
    assert "{" not in email.text + email.html.split("</head>")[1]
    assert not re.search("[\u202f\u2007]", email.html + email.text + email.subject)


@pytest.mark.parametrize("kind", KINDS)
def test_french_signs_never_start_a_line(kind: Kind) -> None:
    email = write_email(facts(kind, invoices=2))

    assert not re.search(r" [:;!?»%€]|« |'", email.subject + email.preheader + email.text)


def test_a_name_of_markup_is_shown_as_it_is_written() -> None:
    debtor = replace(DEBTOR, contact_name="<b>A & B</b>")

    email = write_email(facts("friendly", debtor=debtor))

    assert "Bonjour &lt;b&gt;A &amp; B&lt;/b&gt;," in email.html
    assert "Bonjour <b>A & B</b>," in email.text


def test_a_name_can_not_add_a_header() -> None:
    line = replace(facts("due").lines[0], number="F-1\r\nBcc: all@example.org\u2028x\x00")

    email = write_email(facts("due", lines=(line,)))

    assert email.subject.startswith("Facture F-1 Bcc: all@example.org x  de 4")
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", email.subject + email.preheader)


def test_firm_email_recalls_earlier_messages_and_the_law() -> None:
    text = _plain(write_email(facts("firm")))

    assert "message du 1er novembre 2026, appel du 8 novembre 2026." in text
    assert "de plein droit (article L441-10 du Code de commerce)" in text
    assert "Au taux annuel de 12,15 %, elles s’élèvent à ce jour à 49,74 €." in text
    assert "soit ici 40,00 € (article D441-5 du Code de commerce)" in text
    assert "au plus tard le 2 décembre 2026" in text


@pytest.mark.parametrize("kind", ["firm", "last", "formal_notice"])
def test_a_consumer_is_not_told_of_penalties_that_are_not_due(kind: Kind) -> None:
    text = write_email(facts(kind, interest=None, indemnity=None, rates=())).text

    assert not re.search(
        "pénalité|indemnité|L441|40",
        text.replace("02\u00a040\u00a000\u00a000\u00a000", "").replace("FR76 3000 4000 0100", ""),
    )


@pytest.mark.parametrize("kind", ["preventive", "due", "friendly", "courteous", "thank_you"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_gentle_kinds_speak_of_no_penalty(kind: Kind, language: Language) -> None:
    text = write_email(facts(kind, language=language)).text

    assert not re.search("pénalit|indemnit|interest|recovery|demeure|formal notice", text)


def test_formal_notice_claims_principal_interest_and_indemnity() -> None:
    text = _plain(write_email(facts("formal_notice", invoices=2)))

    assert "nous vous mettons en demeure de nous régler la somme de 9 758,73 €" in text
    assert "dans un délai de 8 jours, soit au plus tard le 2 décembre 2026" in text
    assert "Total des factures : 9 628,99 €" in text
    assert "Pénalités de retard au 24 novembre 2026 (12,15 % l’an) : 49,74 €" in text
    assert "Indemnité forfaitaire de recouvrement : 80,00 €" in text
    assert "Total à régler : 9 758,73 €" in text


def test_a_claim_in_two_currencies_is_not_summed() -> None:
    line = replace(facts("formal_notice").lines[0], balance=Money(100_000, "USD"))

    email = write_email(
        facts("formal_notice", lines=(line,), total=Money(100_000, "USD"), interest=None)
    )

    assert "la somme de 1 000,00 $US + 40,00 € dans" in _plain(email)


def test_formal_notice_without_a_day_gives_eight_from_receipt() -> None:
    text = _plain(write_email(facts("formal_notice", deadline_on=None)))

    assert "dans un délai de huit jours à compter de la réception de la présente" in text


def test_penalties_over_two_half_years_name_both_rates() -> None:
    rates = (Rate(Decimal("0.1315"), date(2025, 6, 30)), Rate(Decimal("0.124")))

    text = _plain(write_email(facts("formal_notice", rates=rates)))

    assert "13,15 % jusqu’au 30 juin 2025, puis 12,4 %, elles s’élèvent à 49,74 €" in text
    assert "Pénalités de retard au 24 novembre 2026 : 49,74 €" in text


def test_penalties_at_a_rate_that_nobody_knows_are_not_claimed() -> None:
    text = _plain(write_email(facts("formal_notice", rates=(), interest=None)))

    assert "Pénalités" not in text
    assert "taux" not in text


def test_two_instalments_of_one_invoice_are_spoken_of_as_one_invoice() -> None:
    later = facts("friendly").lines[0]
    first = replace(later, due_on=date(2026, 11, 9), days_late=15)

    email = write_email(facts("friendly", lines=(later, first), total=Money(964_000, "EUR")))

    assert email.subject.replace("\u00a0", " ") == (
        "Facture F-2026-0901 de 9 640,00 € : échéance dépassée de 15 jours"
    )
    assert email.text.count("- Facture F-2026-0901") == 2
    assert "au titre de la facture F-2026-0901." in email.text


def test_a_debtor_reads_his_own_language_whatever_the_user_speaks() -> None:
    with translation.override("en"):
        in_english = write_email(facts("firm", invoices=2))
    with translation.override("fr"):
        in_french = write_email(facts("firm", invoices=2))

    assert in_english == in_french


def test_a_paragraph_on_earlier_messages_is_left_out_when_there_were_none() -> None:
    text = write_email(facts("firm", earlier=())).text

    assert "déjà signalé" not in text


def test_more_invoices_than_an_email_lists_are_summed_in_one_row() -> None:
    email = write_email(facts("friendly", invoices=60))

    assert email.text.count("- Facture F-2026-") == 30
    assert "- et 30 autres factures : 129 901,65 €" in _plain(email)


def test_thank_you_names_what_is_left_and_asks_for_nothing() -> None:
    paid = facts("thank_you")
    line = replace(paid.lines[0], balance=Money(82_000, "EUR"))

    text = _plain(write_email(replace(paid, lines=(line,), total=Money(400_000, "EUR"))))

    assert "votre règlement de 4 000,00 € et l’avons affecté à votre facture F-2026-0901" in text
    assert "Il reste 820,00 € à régler sur cette facture." in text
    assert "IBAN" not in text


def test_lateness_and_amounts_of_one_day_are_singular() -> None:
    line = Line(
        "F-1",
        date(2026, 10, 24),
        date(2026, 11, 23),
        1,
        Money(1, "EUR"),
        Money(1, "EUR"),
    )

    email = write_email(facts("friendly", lines=(line,), total=line.balance))

    assert email.subject.replace("\u00a0", " ") == (
        "Facture F-1 de 0,01 € : échéance dépassée de 1 jour"
    )
    assert "1 jour de retard" in email.text


def test_call_script_asks_for_a_person_a_reason_and_a_date() -> None:
    first = facts("courteous", earlier=())
    who, why, agree = map(str, write_call_script(first, caller="Léa Petit").turns)

    assert who.startswith("Bonjour, Léa Petit à l’appareil, pour Atelier Morvan.")
    assert "Monsieur Aubry" in who
    assert "4\u00a0820,00\u00a0€, échue depuis 8\u00a0jours" in why
    assert "DUP-0042" in agree
    assert "mail" not in agree  # nothing is sent


def test_call_script_of_a_nameless_caller_names_the_firm_alone() -> None:
    who = str(write_call_script(facts("firm")).turns[0])

    assert who.startswith("Bonjour, ici Atelier Morvan. Pourrais-je")
    assert "Camille Roy" not in who  # who signs letters is not who calls


def test_call_script_after_a_broken_promise_names_its_amount_and_its_day() -> None:
    broken = Broken(Money(120_000, "EUR"), date(2026, 11, 14))

    why = write_call_script(facts("firm"), broken=broken).turns[1]

    assert "1\u00a0200,00\u00a0€ pour le 14\u00a0novembre 2026" in str(why)
    figures = [piece.text for piece in why.pieces if piece.is_figure]
    assert figures == ["1\u00a0200,00\u00a0€", "14\u00a0novembre 2026", "4\u00a0820,00\u00a0€"]


@pytest.mark.parametrize(
    ("language", "begins"), [("fr", "Bonjour, ici Atelier"), ("en", "Hello, this")]
)
def test_a_message_to_leave_tells_a_machine_no_amount(language: Language, begins: str) -> None:
    left = str(write_call_script(facts("firm", language=language)).voicemail)

    assert left.startswith(begins)
    assert "820" not in left


def test_call_script_of_an_unknown_contact_asks_for_who_pays() -> None:
    debtor = Debtor("Dupont", language="en")
    script = write_call_script(facts("due", language="en", invoices=2, debtor=debtor))
    who, why, _ = map(str, script.turns)

    assert "the person who looks after supplier payments" in who
    assert "2 invoices, €9,628.99 in all; the oldest, F-2026-0901, is due today." in why


def test_window_has_capitals_without_punctuation_from_the_street_on() -> None:
    assert window(DEBTOR.name, DEBTOR.contact_name, DEBTOR.address_lines) == [
        "Établissements Dupont & Fils",
        "Monsieur Aubry",
        "BÂTIMENT C",
        "48 BIS RUE DE L ÉGLISE",
        "BP 40112",
        "33072 BORDEAUX CEDEX",
    ]


def test_window_keeps_six_lines_and_the_town_when_there_is_too_much() -> None:
    lines = window(
        "Société coopérative des producteurs réunis du bassin de la Loire",
        "Madame Le Goff",
        ["Entrée B", "Étage 2", "ZA des Trois Chênes", "12, rue X", "44000 Nantes"],
    )

    assert lines[0] == "Société coopérative des producteurs"
    assert lines[-1] == "44000 NANTES"
    assert len(lines) == 6
    assert max(map(len, lines)) <= 38


def test_a_tenant_text_replaces_the_words_and_keeps_the_layout() -> None:
    source = {
        "subject": "Petit rappel : {{ number }}",
        "preheader": "",
        "title": "L'essentiel",
        "opening": "Vous nous devez {{ total }} !",
        "closing": "",
    }
    text = wording.read(source, kind="friendly", language="fr")

    email = write_email(facts("friendly"), texts=wording.Texts(one=text, many=text))

    assert email.subject == "Petit rappel\u00a0: F-2026-0901"
    assert email.text.startswith("L’essentiel\n")
    assert "Vous nous devez 4\u00a0820,00\u00a0€\u00a0!" in email.text
    assert "FR76 3000 4000 0100 0001 2345 678" in email.text


def test_a_formal_notice_that_does_not_say_so_is_refused() -> None:
    source = dict.fromkeys(["subject", "preheader", "title", "opening", "closing"], "Payez.")

    with pytest.raises(FormalNoticeUnnamed, match="mise en demeure"):
        wording.read(source, kind="formal_notice", language="fr")


def test_a_creditor_without_bank_details_shows_no_empty_box() -> None:
    email = write_email(facts("due", creditor=replace(CREDITOR, iban="", bic="")))

    assert "IBAN" not in email.text + email.html


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("kind", BY_SMS)
@pytest.mark.parametrize("invoices", [1, 2])
def test_an_sms_fits_one_segment_and_names_who_how_much_and_where_to_answer(
    kind: Kind, language: Language, invoices: int
) -> None:
    about = facts(kind, language=language, invoices=invoices)

    text = write_sms(about).text

    weight = septets.length(text)
    assert (weight.segments, weight.is_unicode) == (1, False), (weight.units, text)
    assert text.startswith("Atelier Morvan")
    assert phrases.amount(about.total, language).replace("\u00a0", " ") in text
    assert kind == "thank_you" or "02 40 00 00 00" in text


def test_an_sms_leaves_out_the_sentence_whose_value_is_missing() -> None:
    text = write_sms(facts("firm", creditor=replace(CREDITOR, phone=""))).text

    assert text.endswith("est impayée depuis 15 jours.")


def test_a_name_can_not_break_an_sms_in_two() -> None:
    text = write_sms(facts("due", creditor=replace(CREDITOR, name="A\r\n\r\nB"))).text

    assert text.startswith("A B : votre facture")


def test_a_formal_notice_does_not_go_by_sms() -> None:
    with pytest.raises(NotBySms):
        write_sms(facts("formal_notice"))


def _plain(email: Written) -> str:
    return email.text.replace("\u00a0", " ")


def _figures(text: str) -> Counter[str]:
    """Count every invoice number, amount, date and count in a text."""
    found = re.findall(r"[\w€.,/\u00a0-]*\d[\w€.,/\u00a0-]*", text)
    return Counter(figure.strip(",.") for figure in found)


def _visible(source: str) -> str:
    body = re.sub(r"(?s)<head>.*?</head>|<[^>]+>", " ", source)
    return html.unescape(body)
