"""Tasks for people: open them, give them to somebody, note that they are done."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from common.errors import DomainError
from dunning.models import Task
from organizations import timeline
from organizations.models import Membership


class TaskDone(DomainError):
    """Somebody did it before."""

    code = "task_done"


def open_all(tasks: Sequence[Task], *, at: datetime) -> list[Task]:
    """Write new tasks, each with its place in the timeline; return them."""
    for task in tasks:
        task.opened_at, task.opened_by = at, timeline.actor()
    opened: list[Task] = Task.objects.bulk_create(tasks, batch_size=1000)
    for task in opened:
        timeline.record("dunning.task_opened", about=_about(task), data={"kind": task.kind}, at=at)
    return opened


def assign(task: Task, *, to: Membership | None, at: datetime) -> None:
    """Make a task somebody's, or the team's again.

    Raises:
        TaskDone: it is done.
    """
    locked = _open(task)
    if locked.owner_id == (to.pk if to else None):
        return
    locked.owner = task.owner = to
    locked.save(update_fields=["owner"])
    timeline.record(
        "dunning.task_assigned",
        about=_about(locked),
        data={"kind": locked.kind, "member": to.pk if to else None},
        at=at,
    )


def do(task: Task, *, at: datetime) -> None:
    """Note that a person did a task.

    Raises:
        TaskDone: somebody was faster.
    """
    locked = _open(task)
    _finish([locked], because="", at=at)
    task.done_at, task.done_by = locked.done_at, locked.done_by


def close_all(task_ids: Collection[int], *, because: Task.Because, at: datetime) -> None:
    """Let tasks be done by themselves, where they are open still."""
    _finish(list(Task.objects.open().filter(pk__in=task_ids).locked()), because=because, at=at)


def _open(task: Task) -> Task:
    locked: Task = Task.objects.locked().get(pk=task.pk)
    if locked.done_at is not None:
        raise TaskDone(_("This task is done already."))
    return locked


def _finish(tasks: Sequence[Task], *, because: str, at: datetime) -> None:
    Task.objects.filter(pk__in=[task.pk for task in tasks]).update(
        done_at=at, done_by=timeline.actor(), done_because=because
    )
    for task in tasks:
        task.done_at, task.done_by, task.done_because = at, timeline.actor(), because
        data = {"kind": task.kind, "because": because or None}
        timeline.record("dunning.task_done", about=_about(task), data=data, at=at)


def _about(task: Task) -> dict[str, int]:
    about = {"task": task.pk}
    about |= {"customer": task.customer_id} if task.customer_id else {}
    about |= {"invoice": task.invoice_id} if task.invoice_id else {}
    return about
