"""Migration operations that raise the walls: row security, composite keys, privileges."""

from typing import Any

from django.apps.registry import Apps
from django.conf import settings
from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from common.tenancy import SETTING, TenantForeignKey


class GrantToApp(Operation):
    """Let the app role read and write every table the owner has made and will make.

    Never TRUNCATE, never ownership: both would pass row security by.
    """

    reversible = True
    reduces_to_sql = True

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change nothing: privileges are not part of the models."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        role = schema_editor.quote_name(settings.APP_ROLE)
        for kind, what in (("TABLES", "SELECT, INSERT, UPDATE, DELETE"), ("SEQUENCES", "USAGE")):
            schema_editor.execute(f"GRANT {what} ON ALL {kind} IN SCHEMA public TO {role}")
            schema_editor.execute(
                f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {what} ON {kind} TO {role}"
            )

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        role = schema_editor.quote_name(settings.APP_ROLE)
        schema_editor.execute(
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM {role}"
        )

    def describe(self) -> str:
        return "Grant the app role its rights"


class SecureTable(Operation):
    """Raise the walls around one tenant model's table.

    Row security on and forced with the policy `tenant`; a unique key (organization_id, id) for
    others to point at; for each `TenantForeignKey`, a key (organization_id, x_id) to its target.
    """

    reversible = True
    reduces_to_sql = True

    def __init__(self, model: str) -> None:
        self.model = model

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return (self.__class__.__qualname__, [self.model], {})

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change nothing: the walls are not part of the models."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = _model(to_state.apps, app_label, self.model)
        table = model._meta.db_table
        condition = f"organization_id = nullif(current_setting('{SETTING}', true), '')::bigint"
        schema_editor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        schema_editor.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        schema_editor.execute(
            f"CREATE POLICY tenant ON {table} USING ({condition}) WITH CHECK ({condition})"
        )
        schema_editor.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_in_organization "
            "UNIQUE (organization_id, id)"
        )
        for field in model._meta.local_fields:
            if isinstance(field, TenantForeignKey):
                _add_composite_key(schema_editor, table, field)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        # The state before this operation still has the model: its table goes right after.
        model = _model(to_state.apps, app_label, self.model)
        table = model._meta.db_table
        for field in model._meta.local_fields:
            if isinstance(field, TenantForeignKey):
                schema_editor.execute(
                    f"ALTER TABLE {table} DROP CONSTRAINT {_key_name(table, field)}"
                )
        schema_editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_in_organization")
        schema_editor.execute(f"DROP POLICY tenant ON {table}")
        schema_editor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")

    def describe(self) -> str:
        return f"Secure the table of {self.model}"


class AppendOnly(Operation):
    """Take from the app role the right to change or remove the rows of one table."""

    reversible = True
    reduces_to_sql = True
    privileges = "UPDATE, DELETE"

    def __init__(self, model: str) -> None:
        self.model = model

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return (self.__class__.__qualname__, [self.model], {})

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change nothing: privileges are not part of the models."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        self._say(schema_editor, "REVOKE {0} FROM {1}", app_label, to_state)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        self._say(schema_editor, "GRANT {0} TO {1}", app_label, to_state)

    def describe(self) -> str:
        return f"Make {self.model} append-only"

    def _say(
        self,
        schema_editor: BaseDatabaseSchemaEditor,
        sql: str,
        app_label: str,
        state: ProjectState,
    ) -> None:
        table = _model(state.apps, app_label, self.model)._meta.db_table
        role = schema_editor.quote_name(settings.APP_ROLE)
        schema_editor.execute(sql.format(f"{self.privileges} ON {table}", role))


class Kept(AppendOnly):
    """Take from the app role the right to remove the rows of one table; it may change them."""

    privileges = "DELETE"

    def describe(self) -> str:
        return f"Keep the rows of {self.model}"


class TriggersAlwaysRun(Operation):
    """Take back the way round triggers that pgtrigger makes with each of them.

    Its function reads a setting that anyone may set, and its exception block begins a
    subtransaction for every row: 0.4 ms each, measured on 20,000.
    """

    reversible = True
    reduces_to_sql = True

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change nothing: functions are not part of the models."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        schema_editor.execute(
            "CREATE OR REPLACE FUNCTION _pgtrigger_should_ignore(trigger_name name) "
            "RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false'"
        )

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Leave it: triggers that are dropped need no way round."""

    def describe(self) -> str:
        return "Let triggers always run"


class SecureKey(Operation):
    """Point one `TenantForeignKey`, added to a secured table later, inside its organization."""

    reversible = True
    reduces_to_sql = True

    def __init__(self, model: str, field: str) -> None:
        self.model = model
        self.field = field

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return (self.__class__.__qualname__, [self.model, self.field], {})

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change nothing: the constraint is not part of the models."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        table, field = self._target(app_label, to_state)
        _add_composite_key(schema_editor, table, field)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        table, field = self._target(app_label, to_state)
        schema_editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {_key_name(table, field)}")

    def describe(self) -> str:
        return f"Keep {self.model}.{self.field} inside its organization"

    def _target(self, app_label: str, state: ProjectState) -> tuple[str, TenantForeignKey]:
        model = _model(state.apps, app_label, self.model)
        field = model._meta.get_field(self.field)
        if not isinstance(field, TenantForeignKey):
            raise TypeError(f"{self.model}.{self.field} is not a TenantForeignKey.")
        return model._meta.db_table, field


def _model(apps: Apps, app_label: str, name: str) -> type[models.Model]:
    return apps.get_model(app_label, name)


def _key_name(table: str, field: TenantForeignKey) -> str:
    return f"{table}_{field.name}_same_organization"


def _add_composite_key(
    schema_editor: BaseDatabaseSchemaEditor, table: str, field: TenantForeignKey
) -> None:
    target = field.remote_field.model._meta.db_table
    schema_editor.execute(
        f"ALTER TABLE {table} ADD CONSTRAINT {_key_name(table, field)} "
        f"FOREIGN KEY (organization_id, {field.column}) REFERENCES {target} (organization_id, id) "
        "DEFERRABLE INITIALLY DEFERRED"
    )
