"""Asking, as an integrator meets it."""

from datetime import date, timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client

from common.tenancy import tenant_transaction
from dunning import holds, planning
from dunning.models import Call, Hold, Message
from invoices.models import Invoice
from organizations import api_keys
from organizations.models import Organization, Scope
from tests import make

pytestmark = pytest.mark.usefixtures("now")
DAY = date(2026, 2, 13)


@pytest.fixture
def call(acme: Organization) -> Call:
    """A call about one invoice of 1 200 €, which had its courteous email on the 10th."""
    with tenant_transaction(acme.pk):
        customer = make.a_customer(acme, phone="+33199001122")
        make.invoice(acme, customer=customer, amounts={"2026-02-03": 120_000})
        planning.follow_up(acme, on=date(2026, 2, 10), at=make.AT)
        planning.follow_up(acme, on=DAY, at=make.AT)
        return Call.objects.get()


@pytest.fixture
def message(acme: Organization) -> Message:
    """A reminder that waits for approval."""
    with tenant_transaction(acme.pk):
        acme.approval_until = DAY
        acme.save()
        make.invoice(acme)
        planning.follow_up(acme, on=DAY, at=make.AT)
        return Message.objects.get()


def post(api: Client, path: str, body: dict[str, Any] | None = None) -> Any:
    return api.post(f"/api/v1/{path}", body or {}, content_type="application/json")


def test_a_message_is_approved_once(api: Client, message: Message) -> None:
    first = post(api, f"messages/{message.pk}/approve/")
    second = post(api, f"messages/{message.pk}/approve/")

    assert (first.status_code, first.json()["state"]) == (HTTPStatus.OK, "queued")
    assert (second.status_code, second.json()["code"]) == (409, "message_state")


def test_a_cancelled_message_never_leaves(api: Client, message: Message) -> None:
    cancelled = post(api, f"messages/{message.pk}/cancel/").json()

    assert cancelled["state"] == "cancelled"
    assert post(api, f"messages/{message.pk}/approve/").status_code == HTTPStatus.CONFLICT


def test_a_message_names_its_invoices(acme: Organization, api: Client, message: Message) -> None:
    with tenant_transaction(acme.pk):
        invoice = Invoice.objects.get()

    listed = api.get("/api/v1/messages/?state=awaiting_approval").json()["results"]

    assert [row["invoices"] for row in listed] == [[str(invoice.pk)]]
    assert listed == [api.get(f"/api/v1/messages/{message.pk}/").json()]


def test_a_promise_on_the_phone_keeps_its_invoice_quiet(
    acme: Organization, api: Client, call: Call
) -> None:
    before = api.get("/api/v1/calls/?state=open").json()["results"]

    done = post(
        api,
        f"calls/{call.pk}/outcome/",
        {"outcome": "promise", "promised_on": "2026-02-20", "note": "Pays on Friday"},
    )

    assert [(row["id"], row["amount_due"]["amount"]) for row in before] == [
        (str(call.pk), "1200.00")
    ]
    assert (done.json()["state"], done.json()["note"]) == ("done", "Pays on Friday")
    with tenant_transaction(acme.pk):
        hold = Hold.objects.get()
        assert (hold.kind, hold.promised_minor, hold.until) == (
            "promise",
            120_000,
            date(2026, 2, 23),
        )
    assert api.get("/api/v1/calls/?state=open").json()["results"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"outcome": "promise"},
        {"outcome": "other", "promised_on": "2026-02-20"},
        {"outcome": "vanished"},
        {"outcome": "promise", "promised_on": "31/02/2026"},
    ],
)
def test_an_outcome_that_makes_no_sense_is_refused(
    acme: Organization, api: Client, call: Call, body: dict[str, Any]
) -> None:
    assert post(api, f"calls/{call.pk}/outcome/", body).status_code == HTTPStatus.BAD_REQUEST
    with tenant_transaction(acme.pk):
        assert Call.objects.open().count() == 1


def test_a_promise_in_the_past_leaves_the_call_open(
    acme: Organization, api: Client, call: Call
) -> None:
    body = {"outcome": "promise", "promised_on": "2026-02-02"}

    refused = post(api, f"calls/{call.pk}/outcome/", body)

    assert (refused.status_code, refused.json()["code"]) == (409, "ends_before_it_begins")
    with tenant_transaction(acme.pk):
        assert Call.objects.open().count() == 1


def test_a_pause_is_placed_shown_and_ended(acme: Organization, api: Client) -> None:
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme)

    placed = post(
        api, "holds/", {"invoice": str(invoice.pk), "until": "2026-03-31", "reason": "audit"}
    ).json()
    seen = api.get(f"/api/v1/invoices/{invoice.pk}/next-action/").json()
    ended = post(api, f"holds/{placed['id']}/end/")

    assert [(b["kind"], b["until"], b["reason"]) for b in seen["blockers"]] == [
        ("pause", "2026-03-31", "audit")
    ]
    assert seen["date"] == "2026-04-01"
    assert ended.json()["ended_at"] is not None
    assert post(api, f"holds/{placed['id']}/end/").json()["code"] == "already_ended"
    assert api.get("/api/v1/holds/?standing=true").json()["results"] == []


@pytest.mark.parametrize(
    ("amount", "currency"), [("1200.01", "EUR"), ("0.00", "EUR"), ("100.00", "USD")]
)
def test_no_more_is_promised_than_is_owed(
    acme: Organization, api: Client, amount: str, currency: str
) -> None:
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme)

    refused = post(
        api,
        "promises/",
        {
            "invoice": str(invoice.pk),
            "amount": {"amount": amount, "currency": currency},
            "promised_on": "2026-02-20",
        },
    )

    assert (refused.status_code, refused.json()["code"]) == (409, "over_promised")
    with tenant_transaction(acme.pk):
        assert not Hold.objects.exists()


def test_the_standard_scenario_is_there_from_the_start(api: Client) -> None:
    (scenario,) = api.get("/api/v1/scenarios/").json()["results"]

    steps = [(step["offset_days"], step["kind"], step["channel"]) for step in scenario["steps"]]
    assert steps[:5] == [
        (-1, "preventive", "email"),
        (7, "courteous", "email"),
        (10, "courteous", "call"),
        (15, "firm", "email"),
        (30, "formal_notice", "registered_letter"),
    ]


def test_who_may_not_collect_asks_nobody(acme: Organization, message: Message) -> None:
    _key, text = api_keys.issue(acme, name="bank", scopes=[Scope.READ, Scope.BANK])
    bank = Client(headers={"Authorization": f"Bearer {text}"})

    assert post(bank, f"messages/{message.pk}/approve/").status_code == HTTPStatus.FORBIDDEN
    assert bank.get("/api/v1/messages/").status_code == HTTPStatus.OK


def test_what_is_anothers_is_as_absent_as_what_never_was(
    other: Organization, api: Client, acme: Organization
) -> None:
    with tenant_transaction(other.pk):
        make.invoice(other)
        planning.follow_up(other, on=DAY, at=make.AT)
        theirs = Message.objects.get()

    mine = post(api, f"messages/{theirs.pk}/cancel/")
    nobodys = post(api, "messages/999999999/cancel/")

    assert (mine.status_code, nobodys.status_code) == (404, 404)
    assert mine.content == nobodys.content


def test_the_next_call_is_leased_with_what_to_say_and_then_nobody_is_left(
    api: Client, call: Call
) -> None:
    leased = post(api, "calls/next/")
    again = post(api, "calls/next/").json()
    done = post(api, f"calls/{call.pk}/outcome/", {"outcome": "voicemail"}).json()

    assert (leased.status_code, leased.json()["id"]) == (HTTPStatus.OK, str(call.pk))
    assert (len(leased.json()["script"]), again["id"]) == (3, str(call.pk))
    assert leased.json()["lease_until"] is not None
    assert (done["state"], done["outcome"], done["due_at"] is None) == ("open", "voicemail", False)
    assert post(api, "calls/next/").status_code == HTTPStatus.NO_CONTENT


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"outcome": "says_paid", "means": "transfer"}, "says_paid"),
        ({"outcome": "dispute", "ground": "price", "note": "Remise"}, "dispute"),
        (
            {
                "outcome": "promise",
                "promised_on": "2026-02-20",
                "amount": {"amount": "200.00", "currency": "EUR"},
            },
            "promise",
        ),
    ],
)
def test_each_outcome_has_its_hold(
    acme: Organization, api: Client, call: Call, body: dict[str, Any], kind: str
) -> None:
    done = post(api, f"calls/{call.pk}/outcome/", body)

    assert (done.status_code, done.json()["state"]) == (HTTPStatus.OK, "done")
    with tenant_transaction(acme.pk):
        assert Hold.objects.get().kind == kind


@pytest.mark.parametrize(
    "body",
    [
        {"outcome": "dispute"},
        {"outcome": "dispute", "ground": "weather"},
        {"outcome": "call_back"},
        {"outcome": "voicemail", "promised_on": "2026-02-20"},
        {"outcome": "other", "phone": "+33199001122"},
        {"outcome": "promise", "promised_on": "2026-02-20", "invoices": ["999999"]},
        {"outcome": "dispute", "ground": "price", "invoices": []},
        {"outcome": "voicemail", "what": "insolvency"},
    ],
)
def test_an_outcome_without_what_it_needs_changes_nothing(
    acme: Organization, api: Client, call: Call, body: dict[str, Any]
) -> None:
    assert post(api, f"calls/{call.pk}/outcome/", body).status_code == HTTPStatus.BAD_REQUEST
    with tenant_transaction(acme.pk):
        assert not Hold.objects.exists()


def test_another_outcome_says_what_it_is(acme: Organization, api: Client, call: Call) -> None:
    nothing = post(api, f"calls/{call.pk}/outcome/", {"outcome": "other"})
    done = post(api, f"calls/{call.pk}/outcome/", {"outcome": "other", "what": "insolvency"})

    assert (nothing.status_code, nothing.json()["code"]) == (409, "outcome_incomplete")
    assert done.json()["state"] == "done"
    with tenant_transaction(acme.pk):
        assert Hold.objects.get().kind == "insolvency"


def test_an_open_call_names_only_what_is_still_asked_for(
    acme: Organization, api: Client, call: Call
) -> None:
    with tenant_transaction(acme.pk):
        held = make.invoice(acme, customer=call.customer, amounts={"2026-02-03": 90_000})
        act = call.acts.get()
        act.pk, act.instalment = None, held.instalments.get()
        act.save()
        holds.dispute(held, category="price", reason="", at=make.AT)
        asked = Invoice.objects.exclude(pk=held.pk).get()

    (listed,) = api.get("/api/v1/calls/?state=open").json()["results"]
    leased = post(api, "calls/next/").json()

    for said in (listed, leased):
        assert said["invoices"] == [str(asked.pk)]
        assert said["amount_due"]["amount"] == "1200.00"
    assert asked.number in leased["script"][1]


@pytest.mark.parametrize(
    ("days", "status"), [(365, HTTPStatus.CREATED), (366, HTTPStatus.CONFLICT)]
)
def test_a_pause_lasts_a_year_at_most(
    acme: Organization, api: Client, days: int, status: HTTPStatus
) -> None:
    body = {"kind": "pause", "until": (DAY + timedelta(days=days)).isoformat()}

    assert post(api, "holds/", body).status_code == status


def test_a_dispute_is_noted_listed_and_ended(acme: Organization, api: Client) -> None:
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme)

    made = post(api, "disputes/", {"invoice": str(invoice.pk), "ground": "faulty"}).json()
    listed = api.get("/api/v1/disputes/?standing=true").json()["results"]
    post(api, f"disputes/{made['id']}/end/")

    assert (made["kind"], made["category"], made["until"]) == ("dispute", "faulty", None)
    assert [one["id"] for one in listed] == [made["id"]]
    assert api.get("/api/v1/disputes/?standing=true").json()["results"] == []


def test_a_dispute_about_a_part_says_how_much_and_more_than_is_owed_is_refused(
    acme: Organization, api: Client
) -> None:
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme, amounts={"2026-02-04": 120_000})
    body = {"invoice": str(invoice.pk), "ground": "price"}

    made = post(
        api, "disputes/", {**body, "amount": {"amount": "300.00", "currency": "EUR"}}
    ).json()
    refused = post(api, "disputes/", {**body, "amount": {"amount": "900.00", "currency": "EUR"}})

    assert made["contested"] == {"amount": "300.00", "currency": "EUR"}
    assert refused.json()["code"] == "over_contested"
    assert len(api.get("/api/v1/disputes/?standing=true").json()["results"]) == 1


def test_a_letter_is_listed_drawn_and_noted_as_posted(acme: Organization, api: Client) -> None:
    with tenant_transaction(acme.pk):
        make.invoice(acme, amounts={"2025-12-15": 50_000})
        for back in range(60, -1, -1):
            planning.follow_up(acme, on=DAY - timedelta(days=back), at=make.AT)

    (listed,) = api.get("/api/v1/letters/?state=to_post").json()["results"]
    drawn = api.get(f"/api/v1/letters/{listed['id']}/pdf/")
    early = post(api, f"letters/{listed['id']}/posted/", {"number": "1A 2"})
    printed = post(api, f"letters/{listed['id']}/print/")
    posted = post(api, f"letters/{listed['id']}/posted/", {"number": "1A 2"}).json()

    assert early.json()["code"] == "letter_not_as_printed"
    assert printed.content.startswith(b"%PDF")
    assert drawn.content.startswith(b"%PDF")
    assert (posted["state"], posted["receipt"]) == ("sent", "1A 2")
    assert api.get("/api/v1/letters/?state=to_post").json()["results"] == []
    copies = [one for one in api.get("/api/v1/messages/").json()["results"] if one["copy_of"]]
    assert [one["copy_of"] for one in copies] == [listed["id"]]
