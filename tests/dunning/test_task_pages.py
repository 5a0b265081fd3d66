"""The page of tasks, and tasks over the API."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from common.tenancy import tenant_transaction
from dunning import task_list, waiting
from dunning.models import Act, Message, Task
from dunning.planning import follow_up
from organizations.models import Membership, Organization, Role
from reconciliation import importing, matching
from reconciliation.models import BankTransaction
from reports import dashboard
from tests import make, ofx
from tests.make import AT, ON

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def line(acme: Organization) -> BankTransaction:
    """A bank line that could pay an invoice of Hélios."""
    with tenant_transaction(acme.pk):
        make.invoice(acme, number="F-2026-0871", customer=make.a_customer(acme, "Hélios Bois"))
        content = ofx.statement(ofx.line("2026-02-10", "700.00", "VIR HELIOS BOIS"))
        importing.import_statement(acme, importing.Upload("x.ofx", content), at=AT)
        matching.match_new(acme, at=AT)
        return BankTransaction.objects.get()


def task_of(acme: Organization) -> Task:
    with tenant_transaction(acme.pk):
        return Task.objects.select_related("owner").get()


def read(browser: Client, page: str) -> str:
    response = browser.get(f"/o/acme/{page}")
    assert response.status_code == 200
    return response.content.decode()


def test_a_task_leads_to_its_bank_line_in_one_click(owner: Client, line: BankTransaction) -> None:
    page = read(owner, "tasks/")

    assert f"/o/acme/bank/?line={line.pk}" in page
    assert "Hélios Bois" in page
    focus = read(owner, f"bank/?line={line.pk}")
    assert "F-2026-0871" in focus


def test_a_task_is_given_to_a_colleague_and_done(
    acme: Organization, owner: Client, line: BankTransaction
) -> None:
    me = Membership.objects.get(organization=acme)
    address = f"/o/acme/tasks/{task_of(acme).pk}"

    owner.post(f"{address}/assign/", {"owner": me.pk, "tab": "mine"})
    assert task_of(acme).owner_id == me.pk
    assert "Hélios" in read(owner, "tasks/?tab=mine")
    owner.post(f"{address}/done/", {"tab": "mine"})

    done = task_of(acme)
    assert (done.done_at, done.done_by, done.done_because) == (AT, f"user:{me.user_id}", "")
    assert "Hélios" not in read(owner, "tasks/?tab=everyone")
    assert "Hélios" in read(owner, "tasks/?tab=done")


def test_a_task_that_is_done_is_not_done_again(
    acme: Organization, owner: Client, line: BankTransaction
) -> None:
    address = f"/o/acme/tasks/{task_of(acme).pk}"
    owner.post(f"{address}/done/")

    assert owner.post(f"{address}/done/").status_code == 409
    assert owner.post(f"{address}/assign/", {"owner": ""}).status_code == 409


def test_a_task_is_opened_by_hand_and_what_is_missing_is_said(
    acme: Organization, owner: Client
) -> None:
    refused = owner.post("/o/acme/tasks/open/", {"reason": "", "due_on": "x"})
    assert refused.status_code == 422

    owner.post("/o/acme/tasks/open/", {"reason": "Call the bank", "due_on": "2026-02-20"})

    task = task_of(acme)
    assert (task.kind, task.reason, task.owner) == ("other", "Call the bank", None)


def test_a_reader_sees_tasks_and_has_nothing_to_press(
    acme: Organization, client: Client, line: BankTransaction
) -> None:
    client.force_login(make.member(acme, Role.READER))

    page = read(client, "tasks/")

    assert "Hélios" in page
    assert "/assign/" not in page
    assert "/done/" not in page


def test_the_page_asks_the_same_number_of_queries_whatever_the_tasks(
    acme: Organization, owner: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with tenant_transaction(acme.pk):
        tasks = []
        for _ in range(40):
            invoice = make.invoice(acme)
            tasks.append(
                Task(
                    organization=acme, kind="other", reason="Look", due_on=ON,
                    customer_id=invoice.customer_id, invoice=invoice,
                )
            )  # fmt: skip
        task_list.open_all(tasks, at=AT)

    with django_assert_max_num_queries(27):
        read(owner, "tasks/")


def test_the_navigation_counts_everything_in_one_query(
    acme: Organization, owner: Client, line: BankTransaction, django_assert_num_queries: Any
) -> None:
    with tenant_transaction(acme.pk):
        with django_assert_num_queries(1):
            found = dashboard.to_do(acme, on=ON)

    assert (found.tasks, found.bank_lines, found.calls) == (1, 1, 0)


def test_firm_messages_do_not_wait_for_approval_while_the_bank_data_is_old(
    inside_acme: Organization,
) -> None:
    inside_acme.approval_until = ON
    inside_acme.save()
    make.invoice(inside_acme)
    follow_up(inside_acme, on=ON, at=AT)
    Message.objects.update(kind="firm")
    Act.objects.update(kind="firm")
    assert waiting.to_approve(on=ON).count() == 1

    for until, gap, count in (("2026-02-02", None, 0), ("2026-02-03", None, 1),
                              ("2026-02-12", "2026-02-13", 0)):  # fmt: skip
        Organization.objects.filter(pk=inside_acme.pk).update(
            bank_data_until=until, bank_gap_since=gap
        )
        assert waiting.to_approve(on=ON).count() == count


def test_the_dashboard_says_that_the_bank_is_too_old_and_where_to_drop_a_statement(
    acme: Organization, owner: Client, line: BankTransaction
) -> None:
    assert "#upload" not in read(owner, "")

    Organization.objects.filter(pk=acme.pk).update(bank_data_until="2026-01-05")

    assert "/o/acme/bank/#upload" in read(owner, "")


def test_a_gap_is_said_and_accepted_on_the_page(
    acme: Organization, owner: Client, line: BankTransaction
) -> None:
    with tenant_transaction(acme.pk):
        content = ofx.statement(until="2025-12-12")
        importing.import_statement(acme, importing.Upload("y.ofx", content), at=AT)
    acme.refresh_from_db()
    assert acme.bank_gap_since is not None
    with tenant_transaction(acme.pk):
        account = acme.bank_accounts.get()
    assert f"/o/acme/bank/accounts/{account.pk}/gap/" in read(owner, "bank/")

    owner.post(f"/o/acme/bank/accounts/{account.pk}/gap/")

    acme.refresh_from_db()
    assert acme.bank_gap_since is None
    assert "/gap/" not in read(owner, "bank/")


def test_programs_read_open_give_and_do_tasks(
    acme: Organization, api: Client, line: BankTransaction
) -> None:
    me = Membership.objects.get(organization=acme)

    (listed,) = api.get("/api/v1/tasks/?state=open").json()["results"]
    made = api.post(
        "/api/v1/tasks/", {"reason": "Ask the bank", "due_on": "2026-02-20"}, "application/json"
    )
    address = f"/api/v1/tasks/{made.json()['id']}/"
    given = api.patch(address, {"owner": str(me.pk)}, "application/json")
    done = api.patch(address, {"done": True}, "application/json")
    again = api.patch(address, {"done": True}, "application/json")
    wrong = api.patch(address, {"done": False}, "application/json")

    assert (listed["kind"], listed["state"], listed["owner"]) == ("check_payment", "open", None)
    assert (made.status_code, made.json()["kind"]) == (201, "other")
    assert given.json()["owner"] == str(me.pk)
    assert done.json()["state"] == "done"
    assert (again.status_code, again.json()["code"]) == (409, "task_done")
    assert wrong.status_code == 400


def test_a_task_of_an_invoice_is_its_customers(acme: Organization, api: Client) -> None:
    with tenant_transaction(acme.pk):
        invoice, other = make.invoice(acme), make.a_customer(acme)
    said = {"reason": "Look", "due_on": "2026-02-20", "invoice": str(invoice.pk)}

    made = api.post("/api/v1/tasks/", said, "application/json")
    wrong = api.post("/api/v1/tasks/", {**said, "customer": str(other.pk)}, "application/json")

    assert made.json()["customer"] == str(invoice.customer_id)
    assert wrong.status_code == 400


def test_an_account_is_left_out_over_the_api(
    acme: Organization, api: Client, line: BankTransaction
) -> None:
    with tenant_transaction(acme.pk):
        account = acme.bank_accounts.get()
    address = f"/api/v1/bank-accounts/{account.pk}/"
    assert api.get(address).json()["known_until"] == "2026-02-12"

    said = api.patch(address, {"is_followed": False}, "application/json").json()

    assert said["is_followed"] is False
    acme.refresh_from_db()
    assert acme.bank_data_until is None
    assert api.post(f"{address}accept-gap/").status_code == 409
