"""The least that a database must do: read rows, and take finished ones in by COPY."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from django.conf import settings


@contextmanager
def owner(organization_id: int) -> Iterator[psycopg.Connection]:
    """Connect as the owner, with one organization open: its rows are all that is seen."""
    said = settings.DATABASES["owner"]
    with psycopg.connect(
        host=said["HOST"],
        port=said["PORT"],
        user=said["USER"],
        password=said["PASSWORD"],
        dbname=said["NAME"],
    ) as connection:
        connection.execute(
            "SELECT set_config('app.organization_id', %s, false)", [str(organization_id)]
        )
        yield connection


@dataclass(frozen=True, slots=True)
class Finished:
    """An organization's rows of some tables, as COPY writes them."""

    organization_id: int
    rows: dict[str, bytes]

    def write(self) -> None:
        """Take the rows into empty tables of the same form, without row security, at once."""
        with owner(self.organization_id) as connection, connection.cursor() as cursor:
            tables = ", ".join(f"bare_{table}" for table in self.rows)
            cursor.execute(f"TRUNCATE {tables}")
            for table, content in self.rows.items():
                with cursor.copy(f"COPY bare_{table} FROM STDIN") as copy:
                    copy.write(content)


def finished(organization_id: int, *tables: str, where: str = "true") -> Finished:
    """Read an organization's rows, and make tables of the same form for them."""
    rows = {}
    with owner(organization_id) as connection, connection.cursor() as cursor:
        for table in tables:
            cursor.execute(
                f"CREATE TABLE IF NOT EXISTS bare_{table} (LIKE {table} INCLUDING INDEXES)"
            )
            with cursor.copy(f"COPY (SELECT * FROM {table} WHERE {where}) TO STDOUT") as copy:
                rows[table] = b"".join(bytes(part) for part in copy)
    return Finished(organization_id, rows)


def scan(organization_id: int, table: str) -> None:
    """Read every row of a table, as a sum that needs them all."""
    with owner(organization_id) as connection:
        connection.execute("SET enable_indexscan = off")
        connection.execute("SET enable_bitmapscan = off")
        connection.execute(f"SELECT count(*), sum(id) FROM {table}")
