from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from common.tenancy import tenant_transaction
from organizations import api_keys
from organizations.models import Organization, Scope
from reconciliation.models import BankTransaction
from tests import make, ofx


def eur(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def send(api: Client, content: bytes, **fields: Any) -> Any:
    file = SimpleUploadedFile("x.ofx", content)
    return api.post("/api/v1/statements/", {"file": file, **fields})


CONTENT = ofx.statement(
    ofx.line("2026-02-10", "1200.00", "FA-2026-0071", fitid="A1"),
    ofx.line("2026-02-11", "500.00", "DUPONT", fitid="A2"),
)


def test_a_statement_is_taken_in_and_matched(api: Client, acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        make.invoice(acme, number="FA-2026-0071")

    response = send(api, CONTENT)

    assert response.status_code == 201
    body = response.json()
    assert (body["applied"], body["suggested"], body["unmatched"]) == (1, 0, 1)
    assert body["files"][0]["new"] == 2
    kept = api.get(f"/api/v1/statements/{body['id']}/").json()
    assert (kept["lines"], kept["new"], kept["known"], kept["quarantined"]) == (2, 2, 0, [])
    lines = api.get("/api/v1/transactions/").json()["results"]
    assert [(line["reference"], line["state"]) for line in lines] == [
        ("A2", "unmatched"),
        ("A1", "applied"),
    ]
    applied = api.get("/api/v1/transactions/?state=applied").json()["results"]
    assert [line["reference"] for line in applied] == ["A1"]


def test_a_line_that_cannot_be_read_is_named_and_nothing_is_kept(
    api: Client, acme: Organization
) -> None:
    bad = ofx.statement(ofx.line("2026-02-10", "abc", "X"), ofx.line("2026-02-10", "1.00", "Y"))

    refused = send(api, bad)
    taken = send(api, bad, accept_partial="true")

    assert (refused.status_code, refused.json()["code"]) == (409, "lines_refused")
    assert refused["Content-Type"] == "application/problem+json"
    assert [line["row"] for line in refused.json()["lines"]] == [1]
    assert taken.status_code == 201
    kept = api.get(f"/api/v1/statements/{taken.json()['id']}/").json()
    assert [line["code"] for line in kept["quarantined"]] == ["bad_amount"]
    with tenant_transaction(acme.pk):
        assert BankTransaction.objects.count() == 1


def test_a_file_that_two_readers_read_differently_waits_for_a_yes(
    api: Client, acme: Organization
) -> None:
    disputed = ofx.statement(ofx.disputed("2026-02-11", "80.00", "HOTEL", other="100.00"))

    held = send(api, disputed)
    with tenant_transaction(acme.pk):
        kept = BankTransaction.objects.count()
    taken = send(api, disputed, accept_disagreement="true")

    body = held.json()
    assert (held.status_code, body["code"], kept) == (409, "readers_disagree", 0)
    assert (body["first_lines"], body["first_sums"]) == (1, "80.00 EUR")
    assert (body["second_lines"], body["second_sums"]) == (1, "100.00 EUR")
    assert (taken.status_code, taken.json()["files"][0]["new"]) == (201, 1)


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 409, "empty_file"),
        (b"%PDF-1.7", 409, "not_a_statement"),
        (b"x" * (20 * 2**20 + 1), 413, "too_large"),
    ],
)
def test_what_is_no_statement_is_refused(
    api: Client, content: bytes, status: int, code: str
) -> None:
    response = send(api, content)

    assert (response.status_code, response.json()["code"]) == (status, code)


def test_a_line_is_matched_taken_back_and_set_aside(api: Client, acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme, number="F-1-2026")
    send(api, CONTENT)
    line = api.get("/api/v1/transactions/").json()["results"][0]
    parts = {"allocations": [{"invoice": str(invoice.pk), "amount": eur("500.00")}]}

    def say(verb: str, body: dict[str, Any] | None = None) -> Any:
        path = f"/api/v1/transactions/{line['id']}/{verb}/"
        return api.post(path, body or {}, content_type="application/json")

    matched = say("match", parts)
    again = say("match", parts)
    unmatched = say("unmatch")
    aside = say("set-aside")

    assert matched.json()["allocations"] == [{"invoice": "F-1-2026", "amount": "500.00"}]
    assert (matched.json()["state"], matched.json()["method"]) == ("applied", "manual")
    assert (again.status_code, again.json()["code"]) == (409, "already_matched")
    assert (unmatched.json()["state"], unmatched.json()["allocations"]) == ("unmatched", [])
    assert aside.json()["state"] == "not_customer"


def test_an_account_may_be_told_not_to_apply_by_itself(api: Client, acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        make.invoice(acme, number="FA-2026-0071")
    send(api, ofx.statement())
    (account,) = api.get("/api/v1/bank-accounts/").json()["results"]

    changed = api.patch(
        f"/api/v1/bank-accounts/{account['id']}/",
        {"applies_by_itself": False},
        content_type="application/json",
    )
    body = send(api, CONTENT).json()

    assert changed.json()["applies_by_itself"] is False
    assert (body["applied"], body["suggested"]) == (0, 1)


def test_writing_needs_the_scope(acme: Organization) -> None:
    _key, text = api_keys.issue(acme, name="reads", scopes=[Scope.READ, Scope.WRITE])
    reader = Client(headers={"Authorization": f"Bearer {text}"})

    assert send(reader, CONTENT).status_code == 403
    assert reader.get("/api/v1/transactions/").status_code == 200
    with tenant_transaction(acme.pk):
        assert not BankTransaction.objects.exists()


def test_another_organizations_line_is_as_absent_as_none(api: Client, other: Organization) -> None:
    _key, text = api_keys.issue(other, name="theirs")
    theirs = Client(headers={"Authorization": f"Bearer {text}"})
    send(theirs, CONTENT)
    line = theirs.get("/api/v1/transactions/").json()["results"][0]

    assert api.get(f"/api/v1/transactions/{line['id']}/").status_code == 404
    assert api.post(f"/api/v1/transactions/{line['id']}/unmatch/").status_code == 404
    assert api.get("/api/v1/transactions/").json()["results"] == []
