"""An SMS weighs what the standard says, and is written in the signs of a phone while it can be."""

import pytest

from dunning.septets import BASIC, EXTENDED, length, plain


@pytest.mark.parametrize(
    ("text", "units", "segments"),
    [
        ("", 0, 0),
        ("a" * 160, 160, 1),
        ("a" * 161, 161, 2),
        ("a" * 306, 306, 2),
        ("a" * 307, 307, 3),
        ("€" * 80, 160, 1),
        ("€" * 81, 162, 2),
        ("a" * 152 + "€" + "a" * 152, 306, 3),  # a sign of two septets is not cut in half
    ],
)
def test_the_default_alphabet_holds_160_septets_or_153_a_segment(
    text: str, units: int, segments: int
) -> None:
    weight = length(text)

    assert (weight.units, weight.segments, weight.is_unicode) == (units, segments, False)


@pytest.mark.parametrize(
    ("text", "units", "segments"),
    [
        ("ê" * 70, 70, 1),
        ("ê" * 71, 71, 2),
        ("ê" * 135, 135, 3),
        ("ê" + "😀" * 33, 67, 1),
        ("ê" * 66 + "😀" + "ê" * 66, 134, 3),
    ],
)
def test_one_sign_outside_makes_the_whole_text_unicode(
    text: str, units: int, segments: int
) -> None:
    weight = length(text)

    assert (weight.units, weight.segments, weight.is_unicode) == (units, segments, True)


def test_the_default_alphabet_has_127_signs_and_nine_that_cost_two() -> None:
    assert len(BASIC) == 127  # the escape to the extension is no sign
    assert len(EXTENDED - {"\f"}) == 9


def test_print_becomes_what_people_type() -> None:
    assert plain("L’été à 4\u00a0820,00\u00a0€ : « reçu » – forêt, cœur…") == (
        'L\'été à 4 820,00 € : " recu " - foret, coeur...'
    )


def test_a_name_that_a_phone_can_not_type_stays_as_it_is() -> None:
    assert plain("株式会社 Zoé") == "株式会社 Zoé"
