"""The commands as a program uses them: JSON on standard output, the exit status, nothing kept."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from common.tenancy import tenant_transaction
from organizations.models import Organization
from reconciliation.models import BankTransaction, QuarantinedLine
from tests import make, ofx


def run(*words: str) -> tuple[list[Any], str, int]:
    """Return the JSON lines, what people read, and the exit status."""
    out, err = StringIO(), StringIO()
    status = 0
    try:
        call_command(*words, stdout=out, stderr=err)
    except SystemExit as left:
        status = int(str(left.code))
    return [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue(), status


@pytest.fixture
def good(tmp_path: Path) -> str:
    path = tmp_path / "good.ofx"
    path.write_bytes(
        ofx.statement(
            ofx.line("2026-02-10", "1200.00", "FA-2026-0071", fitid="A1"),
            ofx.line("2026-02-11", "80.00", "DUPONT", fitid="A2"),
        )
    )
    return str(path)


def test_a_statement_is_taken_in_and_matched(acme: Organization, good: str) -> None:
    with tenant_transaction(acme.pk):
        make.invoice(acme, number="FA-2026-0071")

    (report,), _said, status = run("import_statement", acme.slug, good, "--json")

    assert status == 0
    assert report == {
        "files": [
            {
                "file": "good.ofx",
                "format": "ofx",
                "accounts": [
                    {
                        "iban": "FR7630006000011234567890189",
                        "account": "FR7630006000011234567890189",
                        "currency": "EUR",
                        "opening": None,
                        "closing": "28410.22",
                        "from": "2026-02-01",
                        "to": "2026-02-12",
                        "new": True,
                        "gap": None,
                    }
                ],
                "lines": 2,
                "new": 2,
                "known": 0,
                "quarantined": [],
            }
        ],
        "applied": 1,
        "suggested": 0,
        "unmatched": 1,
    }
    lines, _said, status = run("export_matches", acme.slug)
    assert status == 0
    assert [(line["reference"], line["state"]) for line in lines] == [
        ("A1", "applied"),
        ("A2", "unmatched"),
    ]


def test_matching_may_wait(acme: Organization, good: str) -> None:
    with tenant_transaction(acme.pk):
        make.invoice(acme, number="FA-2026-0071")

    (report,), _said, _status = run("import_statement", acme.slug, good, "--json", "--no-match")

    assert (report["applied"], report["unmatched"]) == (0, 0)
    with tenant_transaction(acme.pk):
        assert not BankTransaction.objects.filter(state="applied").exists()


def test_one_bad_file_refuses_all_of_them(acme: Organization, good: str, tmp_path: Path) -> None:
    bad = tmp_path / "bad.ofx"
    bad.write_bytes(ofx.statement(ofx.line("2026-02-10", "1,2,3", "DUPONT")))

    (answer,), said, status = run("import_statement", acme.slug, good, str(bad), "--json")

    assert status == 1
    assert answer["error"]["code"] == "lines_refused"
    assert [(line["row"], line["code"]) for line in answer["error"]["lines"]] == [(1, "bad_amount")]
    assert "1,2,3" in said
    with tenant_transaction(acme.pk):
        assert not BankTransaction.objects.exists()


def test_the_rest_is_taken_in_when_it_is_said(acme: Organization, tmp_path: Path) -> None:
    bad = tmp_path / "bad.ofx"
    bad.write_bytes(
        ofx.statement(
            ofx.line("2026-02-10", "1,2,3", "DUPONT"), ofx.line("2026-02-10", "12.00", "DURAND")
        )
    )

    (report,), _said, status = run(
        "import_statement", acme.slug, str(bad), "--json", "--accept-partial"
    )

    assert status == 0
    assert report["files"][0]["new"] == 1
    assert report["files"][0]["quarantined"][0]["row"] == 1
    with tenant_transaction(acme.pk):
        assert QuarantinedLine.objects.count() == 1


def test_what_the_first_reader_saw_is_taken_in_when_it_is_said(
    acme: Organization, tmp_path: Path
) -> None:
    path = tmp_path / "disputed.ofx"
    path.write_bytes(ofx.statement(ofx.disputed("2026-02-11", "80.00", "HOTEL", other="100.00")))

    (answer,), said, refused = run("import_statement", acme.slug, str(path), "--json")
    with tenant_transaction(acme.pk):
        kept = BankTransaction.objects.count()
    (report,), _said, status = run(
        "import_statement", acme.slug, str(path), "--json", "--accept-disagreement"
    )

    assert (refused, answer["error"]["code"], kept) == (1, "readers_disagree", 0)
    assert (answer["error"]["first_sums"], answer["error"]["second_sums"]) == (
        "80.00 EUR",
        "100.00 EUR",
    )
    assert "disputed.ofx" in said
    assert (status, report["files"][0]["new"]) == (0, 1)


def test_an_unreadable_file_is_refused(acme: Organization, tmp_path: Path) -> None:
    (answer,), said, status = run(
        "import_statement", acme.slug, str(tmp_path / "absent.ofx"), "--json"
    )

    assert (answer["error"]["code"], status) == ("unreadable_file", 1)
    assert "absent.ofx" in said
