"""One transaction belongs to one organization.

Outside of it the ORM refuses to ask, and raw SQL sees no tenant row.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection, models, transaction

SETTING = "app.organization_id"
SYSTEM = "system"
Row = TypeVar("Row", bound=models.Model)


class TenancyError(RuntimeError):
    """A tenant row was asked for outside `tenant_transaction`, or one was opened in another."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The open transaction: whose it is, who acts, and what is written just before it commits."""

    organization_id: int
    actor: str
    closing: dict[Callable[[list[Any]], None], list[Any]]


_scope: ContextVar[Scope | None] = ContextVar("scope", default=None)


@contextmanager
def tenant_transaction(organization_id: int, *, actor: str = SYSTEM) -> Iterator[None]:
    """Open a transaction that sees and writes the rows of one organization only.

    The setting is local to the transaction, so it can't leak through a pooled connection.

    Args:
        actor: who acts, for the timeline: "user:3", "key:5", or "system".

    Raises:
        TenancyError: one is open already.
    """
    if _scope.get() is not None:
        raise TenancyError("A tenant transaction is already open.")
    scope = Scope(organization_id, actor, closing=defaultdict(list))
    with transaction.atomic(durable=True):
        _set_organization(str(organization_id))
        token = _scope.set(scope)
        try:
            yield
            # A door that refuses marks the transaction to be rolled back: then nothing happened.
            if not connection.needs_rollback:
                for write, rows in scope.closing.items():
                    write(rows)
                if connection.savepoint_ids:
                    _close_savepoint()
        finally:
            _scope.reset(token)


@contextmanager
def read_only() -> Iterator[None]:
    """Let nothing of the open organization change: whatever tries is refused by the database.

    On leaving, what was inside is rolled back, with the tasks that it wanted to ring for; and
    the transaction may write again.

    Raises:
        TenancyError: no organization is open, or something was to be written at its end.
    """
    closing = current().closing
    waiting = {write: len(rows) for write, rows in closing.items()}
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        yield
        transaction.set_rollback(True)
    if {write: len(rows) for write, rows in closing.items()} != waiting:
        raise TenancyError("Nothing is written, nor left to be written, by what only reads.")


def current() -> Scope:
    """Return the open scope.

    Raises:
        TenancyError: no organization is open.
    """
    scope = _scope.get()
    if scope is None:
        raise TenancyError("Open tenant_transaction first.")
    return scope


def is_open() -> bool:
    """Return whether an organization is open."""
    return _scope.get() is not None


def _set_organization(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [SETTING, value])


def _close_savepoint() -> None:
    """Check and forget what would otherwise outlive a savepoint: only tests have one here."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    _set_organization("")


class TenantManager(models.Manager[Row]):
    """Filter by the open organization, since the planner needs it; raise when none is open."""

    def get_queryset(self) -> models.QuerySet[Row]:
        return super().get_queryset().filter(organization_id=current().organization_id)


class TenantForeignKey(models.ForeignKey[Any, Any]):
    """A key from one tenant row to another.

    Its constraint in the database covers (organization_id, id), so that no row can point at
    another organization's; the migration operation `SecureTable` makes it. Nor has it an index of
    its own: one that serves begins with the organization, and stands in the model's Meta.
    """

    def __init__(self, to: Any, on_delete: Any, **options: Any) -> None:
        options |= {"db_constraint": False, "db_index": False}
        super().__init__(to, on_delete, **options)

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, path, args, options = super().deconstruct()
        del options["db_constraint"], options["db_index"]
        return name, path, args, options


class TenantModel(models.Model):
    """A row that belongs to exactly one organization."""

    organization = models.ForeignKey(
        "organizations.Organization", on_delete=models.PROTECT, db_index=False
    )

    objects: Any = TenantManager()  # a model with questions of its own has a richer one

    class Meta:
        abstract = True
        # Related managers and refresh_from_db go through the same wall.
        base_manager_name = "objects"
