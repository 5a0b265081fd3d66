"""The letter fits its envelope: measured on the page, in millimetres from its top left corner."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pypdfium2
import pypdfium2.raw
import pytest
from weasyprint.urls import FatalURLFetchingError

from common.money import Money
from dunning.letters import render_pdf
from dunning.phrases import Rate
from dunning.wording import KINDS, Kind, Language
from dunning.writing import Told, Written, write_letter
from tests.dunning.facts import CREDITOR, facts

MM = 72 / 25.4
Box = tuple[float, float, float, float]  # left, top, right, bottom
WINDOW: Box = (110, 55, 195, 88)


def test_recipient_stands_in_the_window_and_nothing_else_near_it() -> None:
    with pypdfium2.PdfDocument(render_pdf(write_letter(facts("formal_notice")).html)) as pdf:
        lines = _lines(pdf[0])

    around = (WINDOW[0] - 5, WINDOW[1] - 5, WINDOW[2] + 5, WINDOW[3] + 5)
    assert [text for text, box in lines if _touches(box, around)] == [
        "Établissements Dupont & Fils",
        "Monsieur Aubry",
        "BÂTIMENT C",
        "48 BIS RUE DE L ÉGLISE",
        "BP 40112",
        "33072 BORDEAUX CEDEX",
    ]
    assert all(_within(box, WINDOW) for _, box in lines if _touches(box, around))


def test_fold_marks_lie_at_99_and_198_mm() -> None:
    with pypdfium2.PdfDocument(render_pdf(write_letter(facts("formal_notice")).html)) as pdf:
        marks = [box for box in _drawings(pdf[0]) if box[2] < 15]

    assert [round(box[1]) for box in marks] == [99, 198]
    assert all(box[0] > 3.5 for box in marks)  # laser printers leave the edge blank


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_makes_a_tagged_letter_within_its_margins(
    kind: Kind, language: Language
) -> None:
    letter = write_letter(facts(kind, language=language, invoices=3))

    with pypdfium2.PdfDocument(render_pdf(letter.html)) as pdf:
        pages = [_lines(page) for page in pdf]
        title = pdf.get_metadata_value("Title")
        tagged = pypdfium2.raw.FPDFCatalog_IsTagged(pdf)

    assert title == letter.subject
    assert tagged
    assert f'<html lang="{language}">' in letter.html
    assert all(_within(box, (19.5, 15, 190.5, 290)) for page in pages for _, box in page)


def test_formal_notice_holds_all_that_makes_it_one() -> None:
    letter = write_letter(facts("formal_notice", invoices=2))

    with pypdfium2.PdfDocument(render_pdf(letter.html)) as pdf:
        page_count = len(pdf)
        text = _flat(" ".join(page.get_textpage().get_text_range() for page in pdf))

    for part in (
        "Lettre recommandée avec avis de réception",
        "À Nantes, le 24 novembre 2026",
        "Objet : Mise en demeure de payer 2 factures",
        "nous vous mettons en demeure",
        "Atelier Morvan 12 rue des Forges 44000 Nantes",
        "SIREN 123 456 782",
        "Votre SIREN : 552 100 554",
        "F-2026-0902 26 septembre 2026 26 octobre 2026 5 808,99 € 1 000,00 € 4 808,99 €",
        "Pénalités de retard au 24 novembre 2026 (12,15 % l’an) 49,74 €",
        "Indemnité forfaitaire de recouvrement 80,00 €",
        "Total à régler 9 758,73 €",
        "L441-10",
        "D441-5",
        "dans un délai de 8 jours, soit au plus tard le 2 décembre 2026",
        "IBAN FR76 3000 4000 0100 0001 2345 678",
        "Référence à rappeler : DUP-0042",
        "injonction de payer",
        "Pièces jointes : copies des factures F-2026-0901, F-2026-0902",
        "Camille Roy Gérante Atelier Morvan",
        "Tél. 02 40 00 00 00",
        "N/Réf. : L-1042 Votre compte : C-0042",
        f"Page 1/{page_count}",
    ):
        assert part in text


@pytest.mark.parametrize("number", ["", "1A 208 374 4517 8"])
def test_a_registered_letter_bears_its_number_or_a_line_to_write_it_on(number: str) -> None:
    letter = write_letter(facts("formal_notice", registered=number))

    text = _flat(" ".join(_texts(letter)))
    head = "Lettre recommandée avec avis de réception n°"
    assert f"{head} {number}".strip() in text
    assert ('class="fill"' in letter.html) == (not number)
    assert head not in write_letter(facts("formal_notice", registered=None)).html


def test_an_instalment_stands_beside_the_total_of_its_invoice() -> None:
    known = facts("formal_notice")
    line = replace(known.lines[0], part=Money(300_000, "EUR"), balance=Money(200_000, "EUR"))

    text = _flat(" ".join(_texts(write_letter(replace(known, lines=(line,))))))

    assert "24 octobre 2026 échéance de 3 000,00 € 4 820,00 € 1 000,00 € 2 000,00 €" in text


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_notice_of_one_invoice_with_all_its_paragraphs_is_one_page(language: Language) -> None:
    known = facts("formal_notice", language=language)
    told = tuple(Told(date(2026, 5, day), "registered_letter") for day in range(1, 6))
    rates = (Rate(Decimal("0.1315"), date(2026, 6, 30)), Rate(Decimal("0.1215")))
    lines = ("Bâtiment B", "Zone artisanale", "12 rue des Forges", "44000 Nantes")
    fullest = replace(
        known, earlier=told, rates=rates, creditor=replace(CREDITOR, address_lines=lines)
    )

    assert len(_texts(write_letter(fullest))) == 1


@pytest.mark.parametrize("invoices", [2, 9, 14, 25])
def test_the_signature_is_never_alone_on_a_page(invoices: int) -> None:
    pages = _texts(write_letter(facts("formal_notice", invoices=invoices)))

    assert "Camille Roy" in pages[-1]
    assert "écrivez-nous les motifs" in _flat(pages[-1])


def test_a_long_list_repeats_its_heading_and_numbers_its_pages() -> None:
    letter = write_letter(facts("formal_notice", invoices=60))

    with pypdfium2.PdfDocument(render_pdf(letter.html)) as pdf:
        second = _flat(pdf[1].get_textpage().get_text_range())
        page_count = len(pdf)

    assert "Facture Émise le Échéance Montant TTC Réglé Reste dû" in second
    assert f"Page 2/{page_count}" in second


@pytest.mark.parametrize("address", ["http://127.0.0.1/x.png", "file:///etc/hostname", "data:,x"])
def test_nothing_outside_the_letter_is_fetched(address: str) -> None:
    with pytest.raises(FatalURLFetchingError):
        render_pdf(f'<html lang="fr"><title>x</title><img src="{address}" alt="">')


def _texts(letter: Written) -> list[str]:
    with pypdfium2.PdfDocument(render_pdf(letter.html)) as pdf:
        return [page.get_textpage().get_text_range() for page in pdf]


def _lines(page: pypdfium2.PdfPage) -> list[tuple[str, Box]]:
    """Return the pieces of text of a page with their boxes."""
    text = page.get_textpage()
    boxes = [text.get_rect(number) for number in range(text.count_rects())]
    return [(text.get_text_bounded(*box).strip(), _in_mm(page, box)) for box in boxes]


def _drawings(page: pypdfium2.PdfPage) -> list[Box]:
    paths = page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_PATH])
    return [_in_mm(page, path.get_bounds()) for path in paths]


def _in_mm(page: pypdfium2.PdfPage, box: Box) -> Box:
    left, bottom, right, top = box
    height = page.get_height()
    return left / MM, (height - top) / MM, right / MM, (height - bottom) / MM


def _touches(box: Box, area: Box) -> bool:
    return box[0] < area[2] and box[2] > area[0] and box[1] < area[3] and box[3] > area[1]


def _within(box: Box, area: Box) -> bool:
    return box[0] >= area[0] and box[1] >= area[1] and box[2] <= area[2] and box[3] <= area[3]


def _flat(text: str) -> str:
    return " ".join(text.split())
