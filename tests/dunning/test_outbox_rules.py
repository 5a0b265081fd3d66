"""What the database refuses of messages and acts, whatever code asks: tried by raw SQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError

from common.tenancy import tenant_transaction
from dunning import planning
from dunning.models import Act, Message
from organizations.models import Organization
from tests import make
from tests.make import AT, ON

State = Message.State


@pytest.fixture
def message(acme: Organization) -> Iterator[Message]:
    """A queued reminder, with the transaction open."""
    with tenant_transaction(acme.pk):
        make.invoice(acme)
        (message_id,) = planning.follow_up(acme, on=ON, at=AT).message_ids
        yield Message.objects.get(pk=message_id)


def put(message: Message, assignments: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE dunning_message SET {assignments} WHERE id = %s",  # ours
            [message.pk],
        )


@contextmanager
def refused(match: str) -> Iterator[None]:
    with pytest.raises(DatabaseError, match=match), transaction.atomic():
        yield


CLAIMED = "state = 'claimed', token = gen_random_uuid(), claimed_at = now(), text = 'Said'"
BEGUN = "call_started_at = now()"
INTO = {  # how a row gets to a state, from queued
    "claimed": [CLAIMED],
    "sent": [CLAIMED, BEGUN, "state = 'sent', sent_at = now()"],
    "failed": [CLAIMED, BEGUN, "state = 'failed', failure = 'SMTP 550'"],
    "unknown": [CLAIMED, BEGUN, "state = 'unknown'"],
    "cancelled": ["state = 'cancelled'"],
}
MAY_GO = {
    "claimed": {"queued", "sent", "failed", "unknown"},
    "sent": {"failed"},
    "failed": set(),
    "unknown": {"sent", "failed"},
    "cancelled": set(),
}
SO_THAT = {  # what a state needs besides, so that only the move itself is judged
    "queued": "token = NULL, claimed_at = NULL, call_started_at = NULL, failure = 'SMTP 421'",
    "sent": "sent_at = now()",
}


@pytest.mark.parametrize("source", INTO)
def test_only_the_drawn_moves_are_possible(message: Message, source: str) -> None:
    for step in INTO[source]:
        put(message, step)

    for target in set(State.values) - MAY_GO[source] - {source}:
        with refused("Invalid transition|claimed_by|began|while it waits|claimed by nobody|_by_"):
            also = SO_THAT.get(target, "")
            put(message, f"state = '{target}'{', ' * bool(also)}{also}")

    message.refresh_from_db()
    assert message.state == source


def test_what_has_begun_is_not_queued_again_without_a_refusal(message: Message) -> None:
    put(message, CLAIMED)
    put(message, BEGUN)

    nobody = "token = NULL, claimed_at = NULL, call_started_at = NULL"
    with refused("not queued again blindly"):
        put(message, f"state = 'queued', {nobody}")
    with refused("is not forgotten"):
        put(message, "call_started_at = NULL")
    with refused("is_claimed_by_nobody"):
        put(message, "state = 'queued', failure = 'SMTP 421'")
    put(message, f"state = 'queued', failure = 'SMTP 421', {nobody}")

    message.refresh_from_db()
    assert message.state == State.QUEUED


@pytest.mark.parametrize("state", ["claimed", "sent", "failed", "unknown", "cancelled"])
@pytest.mark.parametrize(
    "change",
    [
        "text = 'Other'", "subject = 'Other'", "html = 'Other'", "total_minor = 1",
        "currency = 'USD'", "level = 77", "kind = 'last'", "tone = 'firm'", "language = 'en'",
        "\"to\" = 'else@x.example'",
    ],
)  # fmt: skip
def test_what_was_said_stays_said(message: Message, state: str, change: str) -> None:
    for step in INTO[state]:
        put(message, step)

    with refused("does not change once it was claimed"):
        put(message, change)


@pytest.mark.parametrize(
    "change",
    [
        "customer_id = customer_id + 1", "channel = 'letter'", "written_on = written_on + 1",
        "created_at = now()", "copy_of_id = id", "again_of_id = id",
    ],
)  # fmt: skip
def test_to_whom_and_when_it_was_written_never_changes(message: Message, change: str) -> None:
    with refused("does not change"):
        put(message, change)


def test_the_token_of_what_may_have_left_is_kept(message: Message) -> None:
    for step in INTO["unknown"]:
        put(message, step)

    with refused("is not forgotten"):
        put(message, "token = gen_random_uuid()")
    with refused("is not forgotten"):
        put(message, "state = 'failed', token = NULL")


def test_nothing_may_have_left_that_was_never_begun(message: Message) -> None:
    put(message, CLAIMED)

    with refused("once_its_sending_began"):
        put(message, "state = 'unknown'")


def test_an_act_is_written_once_whoever_writes_it(message: Message) -> None:
    (act,) = Act.objects.filter(message=message)
    columns = ", ".join(
        str(field.column) for field in Act._meta.concrete_fields if not field.primary_key
    )
    twin = f"INSERT INTO dunning_act ({columns}) SELECT {columns} FROM dunning_act WHERE id = %s"

    with refused("act_once_per_instalment_cycle_level_and_channel"), connection.cursor() as cursor:
        cursor.execute(twin, [act.pk])
    with refused("act_once_per_instalment_cycle_level_and_channel"), connection.cursor() as cursor:
        # Not by another message, another step of this level or another day either.
        values = columns.replace("offset_days", "offset_days + 3").replace(
            "written_on", "written_on + 30"
        )
        sql = f"INSERT INTO dunning_act ({columns}) SELECT {values} FROM dunning_act WHERE id = %s"
        cursor.execute(sql, [act.pk])

    assert Act.objects.count() == 1


@pytest.mark.parametrize("state", ["queued", "claimed", "sent", "unknown"])
def test_two_reminders_of_a_debtor_and_channel_keep_their_distance(
    message: Message, state: str
) -> None:
    for step in INTO.get(state, []):
        put(message, step)
    twin = Message.objects.get(pk=message.pk)
    twin.pk, twin.state, twin.token = None, State.QUEUED, None
    twin.claimed_at = twin.call_started_at = twin.sent_at = None
    twin.written_on = ON + timedelta(days=1)

    with pytest.raises(IntegrityError, match="keep_their_distance"), transaction.atomic():
        twin.save(force_insert=True)


def test_one_that_may_have_left_is_sent_again_once(message: Message) -> None:
    for step in INTO["unknown"]:
        put(message, step)
    again = Message.objects.get(pk=message.pk)
    for _ in range(2):
        again.pk, again.token, again.state, again.quiet = None, None, State.QUEUED, None
        again.claimed_at = again.call_started_at = None
        again.again_of = message
        if not Message.objects.filter(again_of=message).exists():
            again.save(force_insert=True)
            continue
        with pytest.raises(IntegrityError, match="sent_again_once"), transaction.atomic():
            again.save(force_insert=True)
