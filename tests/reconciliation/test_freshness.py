from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail

from common.tenancy import tenant_transaction
from dunning import delivery, planning
from dunning.models import Act, Message
from invoices.models import Invoice
from organizations.models import Organization, TimelineEvent
from reconciliation import freshness, importing
from reconciliation.freshness import NoGap
from reconciliation.importing import Upload
from reconciliation.models import BankAccount
from tests import make, ofx
from tests.make import AT, ON

MOVED = ofx.line("2026-02-10", "7.00", "SOMETHING")
SECOND = ("30006", "00001", "98765432109")


def take_in(
    organization: Organization,
    until: str,
    *lines: str,
    account: tuple[str, str, str] = (ofx.BANK, ofx.BRANCH, ofx.NUMBER),
    at: datetime = AT,
) -> None:
    """Take in a statement, from the first of its month; its balance is always the same."""
    content = ofx.statement(*lines, until=until, account=account)
    importing.import_statement(organization, Upload("x.ofx", content), at=at)


def known(organization: Organization) -> tuple[date | None, date | None]:
    organization.refresh_from_db()
    return organization.bank_data_until, organization.bank_gap_since


def test_the_account_that_is_known_least_far_counts(inside_acme: Organization) -> None:
    take_in(inside_acme, "2026-02-12")
    take_in(inside_acme, "2026-02-06", account=SECOND)

    assert known(inside_acme) == (date(2026, 2, 6), None)


def test_an_account_that_was_left_out_does_not_count(inside_acme: Organization) -> None:
    take_in(inside_acme, "2026-02-12")
    take_in(inside_acme, "2026-02-06", account=SECOND)

    freshness.follow(BankAccount.objects.latest("pk"), is_followed=False, at=AT)

    assert known(inside_acme) == (date(2026, 2, 12), None)


def test_a_gap_is_known_until_the_missing_statement_comes(inside_acme: Organization) -> None:
    take_in(inside_acme, "2025-12-15")
    take_in(inside_acme, "2026-02-12", MOVED)
    assert known(inside_acme) == (date(2025, 12, 15), date(2025, 12, 16))

    take_in(inside_acme, "2025-12-31")
    take_in(inside_acme, "2026-01-31")

    assert known(inside_acme) == (date(2026, 2, 12), None)


def test_a_person_may_say_that_nothing_is_missing(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        take_in(acme, "2025-12-15")
        take_in(acme, "2026-02-12", MOVED)
        account = BankAccount.objects.get()

        freshness.accept_gap(account, at=AT)

        assert known(acme) == (date(2026, 2, 12), None)
        with pytest.raises(NoGap):
            freshness.accept_gap(account, at=AT)
    with tenant_transaction(acme.pk):
        told = TimelineEvent.objects.get(kind="reconciliation.gap_accepted")
        assert told.data == {"since": "2025-12-16"}


def follow_up(organization: Organization, on: date) -> list[str]:
    """Do the round of a day as the schedule does, and deliver; return the rules it asked by."""
    at = datetime(on.year, on.month, on.day, 9, tzinfo=UTC)
    with tenant_transaction(organization.pk):
        organization.refresh_from_db()
        done = planning.follow_up(organization, on=on, at=at)
        rules = list(Act.objects.filter(written_on=on).values_list("kind", flat=True))
    for message_id in done.message_ids:
        delivery.deliver(message_id, organization_id=organization.pk, clock=lambda: at)
    return rules


def live_through(organization: Organization, since: date, days: int) -> dict[date, list[str]]:
    every = [since + timedelta(days=n) for n in range(days)]
    return {on: found for on in every if (found := follow_up(organization, on))}


def test_firm_steps_wait_for_fresh_data_while_soft_ones_go_on(acme: Organization) -> None:
    """The bank is known until Thursday 12 February: it is old from Monday 23 on."""
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme, amounts={"2026-02-04": 120_000})
        take_in(acme, "2026-02-12")
        acme.refresh_from_db()
        foreseen = list(planning.preview(acme, start=ON, days=60))

    lived = live_through(acme, ON, 60)

    asked = [kind for kinds in lived.values() for kind in kinds]
    assert asked
    assert not {"firm", "last", "formal_notice"} & set(asked)
    assert [contact.on for contact in foreseen] == list(lived)
    with tenant_transaction(acme.pk):
        found = Invoice.objects.with_instalments().get(pk=invoice.pk)
        document = planning.next_document(found, on=ON + timedelta(days=60))
        old = next(one for one in document["blockers"] if one["kind"] == "bank_data_old")
        assert (old["since"], old["until"]) == ("2026-02-23", None)
        assert "12/02/2026" in old["reason"]
        assert document["date"] is None


def test_a_new_statement_lets_the_firm_steps_go_on(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        make.invoice(acme, amounts={"2026-02-04": 120_000})
        take_in(acme, "2026-02-12")
    live_through(acme, ON, 60)
    later = ON + timedelta(days=60)
    with tenant_transaction(acme.pk):
        acme.refresh_from_db()
        at = datetime(later.year, later.month, later.day, 9, tzinfo=UTC)
        for month_end in ("2026-02-28", "2026-03-31", later.isoformat()):
            take_in(acme, month_end, at=at)

    lived = live_through(acme, later, 10)

    assert next(iter(lived.values())) == ["firm"]


def test_whoever_never_takes_in_a_statement_is_not_held(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        make.invoice(acme, amounts={"2026-02-04": 120_000})

    lived = live_through(acme, ON, 60)

    assert "firm" in [kind for kinds in lived.values() for kind in kinds]


def test_a_firm_reminder_that_waited_does_not_leave_once_the_data_is_old(
    acme: Organization,
) -> None:
    with tenant_transaction(acme.pk):
        make.invoice(acme, amounts={"2026-02-04": 120_000})
        take_in(acme, "2026-02-12")
        acme.refresh_from_db()
        planning.follow_up(acme, on=ON, at=AT)
        Message.objects.update(kind="firm")
        Act.objects.update(kind="firm")
        message = Message.objects.get()
        Organization.objects.filter(pk=acme.pk).update(last_round_on=date(2026, 2, 23))

    delivery.deliver(message.pk, organization_id=acme.pk, clock=lambda: AT)

    assert mail.outbox == []
    with tenant_transaction(acme.pk):
        assert Message.objects.get().state == "cancelled"
    with tenant_transaction(acme.pk):
        dropped = TimelineEvent.objects.get(kind="dunning.act_dropped")
        assert dropped.data["because"] == "bank_data_old"
