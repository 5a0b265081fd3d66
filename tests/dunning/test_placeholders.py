"""The closed language refuses whatever it does not know, and says where."""

import pytest

from dunning.placeholders import LONGEST_TEXT, BadTemplate, paragraphs, parse

ALLOWED = {"total", "number", "customer.name"}


def test_names_are_replaced_by_their_values() -> None:
    template = parse("Invoice {{ number }}: {{total}}.", allowed=ALLOWED)

    assert template.names == {"number", "total"}
    assert template.render({"number": "F-1", "total": "€12.00"}) == "Invoice F-1: €12.00."


def test_a_value_is_never_read_again_as_a_template() -> None:
    template = parse("{{ customer.name }}", allowed=ALLOWED)

    assert template.render({"customer.name": "{{ total }}"}) == "{{ total }}"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "Hello,\nyou owe {{ totl }}.",
            "Line 2, column 9: There is no placeholder {{ totl }}; did you mean {{ total }}?",
        ),
        ("{{ password }}", "Line 1, column 1: There is no placeholder {{ password }}."),
        (
            "{{ customer.password }}",
            "Line 1, column 1: There is no placeholder {{ customer.password }}; "
            "did you mean {{ customer.name }}?",
        ),
        (
            "a {{ total|upper }}",
            "Line 1, column 3: There is no placeholder {{ total|upper }}; "
            "did you mean {{ total }}?",
        ),
        (
            "{% if total %}",
            "Line 1, column 1: This brace is not part of a placeholder.",
        ),
        ("{{ total", "Line 1, column 1: This brace is not part of a placeholder."),
        ("total }}", "Line 1, column 7: This brace is not part of a placeholder."),
        ("{{ total }}}", "Line 1, column 12: This brace is not part of a placeholder."),
        (
            "{{ total.__class__ }}",
            "Line 1, column 1: There is no placeholder {{ total.__class__ }}; "
            "did you mean {{ total }}?",
        ),
        ("{{ }}", "Line 1, column 1: There is no placeholder {{  }}."),
    ],
)
def test_what_is_not_a_placeholder_is_refused_with_its_position(text: str, sentence: str) -> None:
    with pytest.raises(BadTemplate) as refusal:
        parse(text, allowed=ALLOWED)

    assert str(refusal.value) == sentence


def test_position_is_that_in_the_whole_text_of_paragraphs() -> None:
    with pytest.raises(BadTemplate) as refusal:
        paragraphs("One.\n\nTwo.\n\n  {{ x }}", allowed=ALLOWED)

    facts = refusal.value.facts
    assert (facts["line"], facts["column"], facts["name"]) == (5, 3, "x")


def test_paragraphs_stand_apart_by_empty_lines() -> None:
    found = paragraphs("\nOne\nline.\n \n\nTwo.\n", allowed=ALLOWED)

    assert [template.render({}) for template in found] == ["One\nline.", "Two."]


def test_a_text_that_is_far_too_long_is_refused() -> None:
    with pytest.raises(BadTemplate, match="may have 50000 characters, this one has 50001"):
        parse("x" * (LONGEST_TEXT + 1), allowed=ALLOWED)
