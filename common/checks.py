"""What must hold before a process may serve: the database role has to be one that walls stop."""

from django.core.exceptions import ImproperlyConfigured
from django.db import connection

ROLE = """
    SELECT rolsuper, rolbypassrls,
           EXISTS (SELECT FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid
                   WHERE c.relowner = r.oid)
    FROM pg_roles r WHERE rolname = current_user
"""


def refuse_unsafe_role() -> None:
    """Stop a process whose role row security does not hold: it would see every organization.

    The stock PostgreSQL image makes its user a superuser, and row security then switches off
    without a word.

    Raises:
        ImproperlyConfigured: the role is superuser, owns tenant tables or has BYPASSRLS.
    """
    with connection.cursor() as cursor:
        cursor.execute(ROLE)
        superuser, bypasses, owns = cursor.fetchone()
    reasons = {"is a superuser": superuser, "has BYPASSRLS": bypasses, "owns tenant tables": owns}
    wrong = [reason for reason, holds in reasons.items() if holds]
    if wrong:
        role = connection.settings_dict["USER"]
        raise ImproperlyConfigured(
            f"The database role {role} {' and '.join(wrong)}, so organizations would not be "
            "kept apart. Let DATABASE_URL name the app role; only migrations use the owner."
        )
