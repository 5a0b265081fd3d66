"""What a superuser can do to a history, triggers off and seals made anew, is found all the same."""

import io
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connections
from pytest_django import Settings

from common.tenancy import tenant_transaction
from organizations import anchors, tasks, timeline
from organizations.anchors import Anchor
from organizations.models import Organization, TimelineEvent
from tests import make

EVENTS = 12  # the opening and eleven notes
ANCHORED = 8


@pytest.fixture
def directory(tmp_path: Path, settings: Settings) -> Path:
    settings.ANCHORS_DIR = tmp_path / "anchors"
    return tmp_path / "anchors"


def note(organization: Organization, count: int = 1) -> None:
    with tenant_transaction(organization.pk):
        for number in range(count):
            timeline.record(
                "payments.payment_recorded", about={}, data={"minor": number}, at=make.AT
            )


def anchor(on: str) -> None:
    with time_machine.travel(datetime.fromisoformat(f"{on}T10:00:00+00:00"), tick=False):
        tasks.anchor()


def verify(organization: Organization) -> dict[str, Any]:
    out, arguments = io.StringIO(), ("verify_history", organization.slug, "--json")
    with suppress(SystemExit):  # a history that is not whole leaves with exit status 1
        call_command(*arguments, stdout=out, stderr=io.StringIO())
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


@pytest.fixture
def history(directory: Path, transactional_db: None) -> Organization:
    """An organization with twelve events, whose first eight were anchored, in two days."""
    acme = make.organization()
    note(acme, 4)
    anchor("2026-02-13")
    note(acme, 3)
    anchor("2026-02-14")
    note(acme, EVENTS - ANCHORED)
    return acme


class Superuser:
    """Whoever owns the database: no trigger runs, no policy holds (see `does`)."""

    def __init__(self, organization: Organization) -> None:
        self.organization = organization

    def does(self, *statements: str) -> None:
        with connections["owner"].cursor() as cursor:
            tables = ("organizations_timelineevent", "organizations_timelinehead")
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
                cursor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
            for statement in statements:
                cursor.execute(statement)
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")

    def seals_anew(self) -> None:
        """Number what is left and make every seal, and the head, as if it had always been so."""
        position, seal, statements = 0, "", []
        with tenant_transaction(self.organization.pk):
            for event in TimelineEvent.objects.order_by("position"):
                position += 1
                event.position = position
                seal = timeline._seal(event, after=seal)
                statements.append(
                    f"UPDATE organizations_timelineevent SET position = {position},"
                    f" seal = '{seal}' WHERE id = {event.pk}"
                )
        head = f"UPDATE organizations_timelinehead SET position = {position}, seal = '{seal}'"
        self.does(*statements, head)


@pytest.fixture
def superuser(history: Organization) -> Superuser:
    return Superuser(history)


pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


def at(organization: Organization, position: int) -> int:
    with tenant_transaction(organization.pk):
        return int(TimelineEvent.objects.get(position=position).pk)


def test_a_whole_history_agrees_with_its_anchors(history: Organization) -> None:
    assert verify(history) == {
        "events": EVENTS, "ok": True, "first_broken": None,
        "anchors": 2, "agrees_until": ANCHORED, "disagrees": None,
    }  # fmt: skip


def test_a_history_that_is_not_whole_leaves_with_exit_status_1(
    history: Organization, superuser: Superuser
) -> None:
    superuser.does("DELETE FROM organizations_timelineevent WHERE position > 6")
    said = io.StringIO()

    with pytest.raises(SystemExit) as left:
        call_command("verify_history", history.slug, stderr=said)

    assert left.value.code == 1
    assert "was cut off: the anchor of 2026-02-14T10:00:00+00:00" in said.getvalue()


def test_an_edited_event_is_named(history: Organization, superuser: Superuser) -> None:
    broken = at(history, 6)

    superuser.does("UPDATE organizations_timelineevent SET data = '{}' WHERE position = 6")

    verdict = verify(history)
    assert (verdict["ok"], verdict["first_broken"], verdict["agrees_until"]) == (False, broken, 5)


def test_an_event_removed_from_the_middle_is_missed_at_its_place(
    history: Organization, superuser: Superuser
) -> None:
    follower = at(history, 7)

    superuser.does("DELETE FROM organizations_timelineevent WHERE position = 6")

    assert (verify(history)["ok"], verify(history)["first_broken"]) == (False, follower)


def test_two_events_that_changed_places_are_found_at_the_first(
    history: Organization, superuser: Superuser
) -> None:
    moved = at(history, 7)

    superuser.does(*(
        f"UPDATE organizations_timelineevent SET position = {to} WHERE position = {was}"
        for was, to in ((6, 99), (7, 6), (99, 7))
    ))  # fmt: skip

    assert (verify(history)["ok"], verify(history)["first_broken"]) == (False, moved)


def test_a_tail_that_was_cut_off_is_missed_though_the_head_was_put_back(
    history: Organization, superuser: Superuser
) -> None:
    with tenant_transaction(history.pk):
        seal = TimelineEvent.objects.get(position=6).seal

    superuser.does(
        "DELETE FROM organizations_timelineevent WHERE position > 6",
        f"UPDATE organizations_timelinehead SET position = 6, seal = '{seal}'",
    )

    verdict = verify(history)
    assert (verdict["events"], verdict["ok"], verdict["first_broken"]) == (6, False, None)
    assert verdict["disagrees"] == {
        "position": ANCHORED, "at": "2026-02-14T10:00:00+00:00", "why": "cut",
    }  # fmt: skip
    assert verdict["agrees_until"] == 5


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE organizations_timelineevent SET data = '{}' WHERE position = 7",
        "DELETE FROM organizations_timelineevent WHERE position = 7",
        "UPDATE organizations_timelineevent SET at = at - interval '1 day' WHERE position = 7",
    ],
)
def test_a_chain_that_was_sealed_anew_is_found_by_the_anchor_behind_the_edit(
    history: Organization, superuser: Superuser, tampering: str
) -> None:
    superuser.does(tampering)
    superuser.seals_anew()

    verdict = verify(history)

    assert (verdict["ok"], verdict["first_broken"], verdict["agrees_until"]) == (False, None, 5)
    assert verdict["disagrees"] == {
        "position": ANCHORED, "at": "2026-02-14T10:00:00+00:00", "why": "rewritten",
    }  # fmt: skip


@pytest.mark.parametrize("table", ["event", "head"])
def test_a_history_that_is_gone_is_missed(
    history: Organization, superuser: Superuser, table: str
) -> None:
    superuser.does(f"DELETE FROM organizations_timeline{table}")

    assert not verify(history)["ok"]


def test_a_line_that_was_edited_is_not_ours(history: Organization, directory: Path) -> None:
    (path,) = directory.iterdir()
    path.write_text(path.read_text().replace('"position": 8', '"position": 7'))

    verdict = verify(history)

    assert (verdict["ok"], verdict["disagrees"]["why"]) == (False, "forged")


def test_an_older_key_still_counts_when_it_is_named(
    history: Organization, settings: Settings
) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key that is quite as long as the first one"

    assert verify(history)["ok"]


def test_a_line_torn_by_a_loss_of_power_is_passed_over_and_spoils_no_other(
    history: Organization, directory: Path
) -> None:
    (path,) = directory.iterdir()
    path.write_bytes(path.read_bytes()[:-20])

    anchor("2026-02-15")

    assert [found.position for found in anchors.of(history.pk)] == [5, EVENTS]
    assert verify(history)["ok"]


def test_another_organization_has_anchors_of_its_own(history: Organization) -> None:
    other = make.organization("Other")
    note(other)
    anchor("2026-02-15")

    assert [found.position for found in anchors.of(other.pk)] == [2]
    assert (verify(other)["ok"], verify(history)["anchors"]) == (True, 3)


def test_a_month_has_a_file_of_its_own(history: Organization, directory: Path) -> None:
    anchor("2026-03-01")

    assert sorted(path.name for path in directory.iterdir()) == ["2026-02.jsonl", "2026-03.jsonl"]
    assert verify(history)["anchors"] == 3


NOW = datetime(2026, 2, 13, 10, tzinfo=UTC)


def end(position: int, *, hours: int = 0) -> Anchor:
    return Anchor(1, position, "", (NOW + timedelta(hours=hours)).isoformat())


@pytest.mark.parametrize(
    ("now", "last", "due"),
    [
        (end(1), None, True),
        (end(0), None, False),
        (end(9), end(5, hours=-1), False),  # today already
        (end(9), end(5, hours=-11), True),  # yesterday
        (end(5), end(5, hours=-48), False),  # nothing happened
        (end(10_005), end(5, hours=-1), True),  # a great deal did
        (end(10_004), end(5, hours=-1), False),
    ],
)
def test_an_end_is_written_down_once_a_day_and_after_ten_thousand_events(
    now: Anchor, last: Anchor | None, *, due: bool
) -> None:
    assert anchors.is_due(now, last=last) is due
