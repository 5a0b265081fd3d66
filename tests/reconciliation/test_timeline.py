"""Every event of these apps is said in words."""

from types import SimpleNamespace

import pytest
from django.template.loader import render_to_string

MONEY = {"minor": -120_000, "currency": "EUR"}
COUNTS = {"lines": 53, "new": 41, "known": 12, "created": 41, "updated": 12}


@pytest.mark.parametrize(
    ("kind", "data", "shown"),
    [
        ("payments.payment_recorded", MONEY, "200,00"),
        ("payments.payment_allocated", MONEY, "200,00"),
        ("payments.payment_undone", MONEY, "200,00"),
        ("reconciliation.transaction_matched", MONEY, "200,00"),
        ("reconciliation.transaction_unmatched", {}, "."),
        ("reconciliation.transaction_set_aside", {}, "."),
        ("reconciliation.statement_imported", COUNTS, "53"),
        ("reconciliation.history_imported", COUNTS, "41"),
    ],
)
def test_an_event_is_said_in_words(kind: str, data: dict[str, int | str], shown: str) -> None:
    template = f"timeline/{kind.replace('.', '/')}.html"

    said = render_to_string(template, {"event": SimpleNamespace(data=data, about={})})

    assert shown in said


def test_a_disagreement_that_was_accepted_is_said() -> None:
    template = "timeline/reconciliation/statement_imported.html"
    disputed = {**COUNTS, "second_reader": {"second_lines": 52}}

    plain, said = (
        render_to_string(template, {"event": SimpleNamespace(data=data, about={})})
        for data in (COUNTS, disputed)
    )

    assert len(said.split()) > len(plain.split())
