"""What PostgreSQL's own catalogue must say for the wall between organizations to stand."""

from collections.abc import Iterator

from django.apps import apps
from django.db.backends.utils import CursorWrapper

from common.tenancy import TenantForeignKey

# Tables that are read before an organization is known. None holds business data.
GLOBAL = {
    "organizations_organization": "what a transaction is opened for",
    "organizations_user": "a person signs in before choosing an organization",
    "organizations_membership": "decides which organization a person may open",
    "organizations_invitation": "the hash of a link names the organization to join",
    "organizations_apikey": "the hash of a key names its organization",
    "organizations_schedulerun": "a scheduled job is taken once, whatever it opens",
    "organizations_sendingstop": "stops sending for everybody; no organization in it",
    "account_emailaddress": "a person's verified addresses",
    "account_emailconfirmation": "a person's addresses being verified",
    "mfa_authenticator": "a person's second factors, asked for before an organization is chosen",
    "usersessions_usersession": "where a person is signed in, whatever organization",
    "auth_group": "Django's own; unused",
    "auth_group_permissions": "Django's own; unused",
    "auth_permission": "Django's own; unused",
    "django_content_type": "Django's own; unused",
    "django_migrations": "which migrations ran",
    "django_session": "signed-in browsers; no organization in them",
}

POLICY = (
    "(organization_id = (NULLIF(current_setting('app.organization_id'::text, true),"
    " ''::text))::bigint)"
)

TABLES = """
    SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,
           pg_get_userbyid(c.relowner) = %(role)s AS owned,
           has_table_privilege(%(role)s, c.oid, 'TRUNCATE') AS truncates
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
    ORDER BY c.relname
"""
POLICIES = """
    SELECT tablename, policyname, permissive, roles::text, cmd, qual, with_check
    FROM pg_policies WHERE schemaname = 'public' ORDER BY tablename, policyname
"""
NULLABLE = """
    SELECT table_name FROM information_schema.columns
    WHERE table_schema = 'public' AND column_name = 'organization_id' AND is_nullable = 'YES'
"""
KEYS = """
    SELECT c.conname, s.relname, t.relname,
           ARRAY(SELECT a.attname::text FROM unnest(c.conkey) k
                 JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k)
    FROM pg_constraint c
    JOIN pg_class s ON s.oid = c.conrelid JOIN pg_class t ON t.oid = c.confrelid
    WHERE c.contype = 'f' ORDER BY c.conname
"""
UNIQUE = """
    SELECT i.relname, t.relname,
           ARRAY(SELECT a.attname::text FROM unnest(x.indkey) WITH ORDINALITY k(n, place)
                 JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.n
                 ORDER BY k.place)
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace
    WHERE n.nspname = 'public' AND x.indisunique AND NOT x.indisprimary ORDER BY i.relname
"""
VIEWS = """
    SELECT c.relname, c.relkind::text, coalesce(array_to_string(c.reloptions, ','), '')
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('v', 'm')
"""
# These only compare and index; another extension's functions may read files and other servers.
EXTENSIONS = {"btree_gist", "pg_trgm", "plpgsql", "unaccent"}
OURS = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_t%%'"
# Each finds what would be a way around the walls, and says what it is.
WAYS_AROUND = {
    "a function that runs as its owner": f"""
        SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE {OURS} AND p.prosecdef
    """,
    "a table outside of the public schema": f"""
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {OURS} AND n.nspname <> 'public' AND c.relkind IN ('r', 'p', 'f', 'm', 'v')
    """,
    "a table that is kept elsewhere": f"""
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {OURS} AND c.relkind = 'f'
    """,
    "not owned by who owns the others": f"""
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {OURS} AND c.relkind IN ('r', 'p', 'S') AND c.relowner <>
              (SELECT relowner FROM pg_class WHERE oid = 'django_migrations'::regclass)
    """,
    "the app role may set this sequence back": f"""
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {OURS} AND CASE c.relkind WHEN 'S'
              THEN has_sequence_privilege(%(role)s, c.oid, 'UPDATE') ELSE false END
    """,
    "the app role may put triggers on it": f"""
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {OURS} AND c.relkind IN ('r', 'p') AND has_table_privilege(%(role)s, c.oid, 'TRIGGER')
    """,
    "a right on one column": f"""
        SELECT DISTINCT c.relname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {OURS} AND a.attacl IS NOT NULL
    """,
    "a trigger that is turned off": f"""
        SELECT DISTINCT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {OURS} AND t.tgenabled <> 'O'
    """,
    "a rule that rewrites": f"""
        SELECT r.rulename FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {OURS} AND c.relkind IN ('r', 'p')
    """,
    "publishes every organization's rows": "SELECT pubname FROM pg_publication",
    "a role that the app role may take on": """
        SELECT g.rolname FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
        JOIN pg_roles r ON r.oid = m.member WHERE r.rolname = %(role)s
    """,
    "a schema that the app role may make things in": f"""
        SELECT n.nspname FROM pg_namespace n
        WHERE {OURS} AND has_schema_privilege(%(role)s, n.oid, 'CREATE')
    """,
}
ROLE = "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = %(role)s"


def faults(cursor: CursorWrapper, *, role: str) -> list[str]:
    """Return a sentence for each hole in the wall around the app role."""
    tenants = tenant_tables(cursor)
    return [
        *_role(cursor, role),
        *_tables(cursor, role),
        *_policies(cursor, tenants),
        *_columns(cursor, tenants),
        *_ways_around(cursor, role),
    ]


def tenant_tables(cursor: CursorWrapper) -> list[str]:
    """Return every table that is not on the short list of global ones."""
    cursor.execute(TABLES, {"role": "public"})
    return [row[0] for row in cursor.fetchall() if row[0] not in GLOBAL]


def _role(cursor: CursorWrapper, role: str) -> Iterator[str]:
    cursor.execute(ROLE, {"role": role})
    superuser, bypasses = cursor.fetchone()
    if superuser or bypasses:
        yield "the app role passes row security by"


def _tables(cursor: CursorWrapper, role: str) -> Iterator[str]:
    cursor.execute(TABLES, {"role": role})
    for name, secured, forced, owned, truncates in cursor.fetchall():
        if owned:
            yield f"{name}: owned by the app role"
        if truncates:
            yield f"{name}: the app role may truncate it"
        if name not in GLOBAL and not (secured and forced):
            yield f"{name}: row security is not on and forced"


def _policies(cursor: CursorWrapper, tenants: list[str]) -> Iterator[str]:
    wanted = set(tenants)
    cursor.execute(POLICIES)
    for name, policy, permissive, roles, command, using, check in cursor.fetchall():
        whole = (permissive, roles, command) == ("PERMISSIVE", "{public}", "ALL")
        if policy != "tenant" or not whole or using != POLICY or check != POLICY:
            yield f"{name}: policy {policy} is not the one"
        wanted.discard(name)
    yield from (f"{name}: no policy" for name in sorted(wanted))


def _columns(cursor: CursorWrapper, tenants: list[str]) -> Iterator[str]:
    cursor.execute(NULLABLE)
    yield from (f"{row[0]}: organization_id may be null" for row in cursor.fetchall())
    cursor.execute(KEYS)
    keys = cursor.fetchall()
    for key, source, target, columns in keys:
        if {source, target} <= set(tenants) and "organization_id" not in columns:
            yield f"{source}: key {key} can point at another organization"
    standing = {(source, frozenset(columns)) for _key, source, _target, columns in keys}
    for table, column in _keys_of_models():
        if (table, frozenset({"organization_id", column})) not in standing:
            yield f"{table}: {column} may point anywhere"
    cursor.execute(UNIQUE)
    for index, table, columns in cursor.fetchall():
        if table in tenants and "organization_id" not in columns:
            yield f"{table}: {index} tells what another organization has"


def _keys_of_models() -> Iterator[tuple[str, str]]:
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, TenantForeignKey):
                yield model._meta.db_table, field.column


def _ways_around(cursor: CursorWrapper, role: str) -> Iterator[str]:
    cursor.execute(VIEWS)
    for name, kind, options in cursor.fetchall():
        if kind == "m" or "security_invoker=true" not in options:
            yield f"{name}: a view that reads as its owner"
    for what, sought in WAYS_AROUND.items():
        cursor.execute(sought, {"role": role})
        yield from (f"{row[0]}: {what}" for row in cursor.fetchall())
    cursor.execute("SELECT extname FROM pg_extension")
    found = {row[0] for row in cursor.fetchall()}
    yield from (f"{name}: an extension nobody asked for" for name in sorted(found - EXTENSIONS))
