"""Work of which an organization does one piece at a time."""

from django.db import connection

from common.tenancy import current


def one_at_a_time(work: str) -> None:
    """Wait until no other transaction of the open organization does this work; until it ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"{work} of {current().organization_id}"],
        )
