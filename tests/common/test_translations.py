"""Every text in both languages, and French as it is printed."""

import pytest
from babel.messages.catalog import Catalog

from common import translations


@pytest.fixture(scope="module")
def french() -> Catalog:
    return translations.translated(translations.gather())


def test_every_text_is_said_in_french(french: Catalog) -> None:
    assert translations.missing(french) == []


def test_french_names_what_english_names_and_is_set_as_french_is(french: Catalog) -> None:
    assert translations.problems(french) == []


def test_the_catalog_holds_what_the_product_says_and_nothing_else(french: Catalog) -> None:
    before = translations.LOCALE / "fr" / "LC_MESSAGES" / "django.po"

    assert translations.text(french) == before.read_text(encoding="utf-8"), "run update_messages"


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Vraiment ?", "Vraiment\u202f?"),
        ("Motif : aucun", "Motif\u00a0: aucun"),
        ("l'avoir", "l’avoir"),
        ("« oui »", "«\u00a0oui\u00a0»"),
    ],
)
def test_french_is_set_with_its_own_spaces(typed: str, printed: str) -> None:
    assert translations.typeset(typed) == printed


@pytest.mark.parametrize(
    ("english", "french", "fault"),
    [
        ("%(n)s days", "des jours", "does not name"),
        ("Really?", "Vraiment?", "narrow no-break space"),
        ("Name: it", "Nom: il", "before a colon"),
        ("Wait...", "Attendez...", "an ellipsis"),
    ],
)
def test_a_bad_translation_is_named(english: str, french: str, fault: str) -> None:
    catalog = Catalog(locale="fr")
    catalog.add(english, french)

    assert fault in translations.problems(catalog)[0]
