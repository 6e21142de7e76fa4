"""Changes to the database's shape that a shop which is open does not notice."""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import AddIndex
from django.db.migrations.state import ProjectState

BROKEN = (
    "SELECT 1 FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
    " WHERE relname = %s AND NOT indisvalid AND pg_table_is_visible(indexrelid)"
)


class AddIndexWhileOpen(AddIndexConcurrently):
    """Add an index without keeping anybody from writing: for migrations with ``atomic = False``.

    PostgreSQL builds it concurrently; other databases, which cannot, as they always do. What an
    attempt that broke off has left behind is not used by any query and is taken away first, so the
    migration can simply be run again.
    """

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        states: Any = (app_label, schema_editor, from_state, to_state)
        if schema_editor.connection.vendor != "postgresql":
            AddIndex.database_forwards(self, *states)
            return
        if not schema_editor.collect_sql and self._broke_off(schema_editor):
            name = schema_editor.quote_name(self.index.name)
            schema_editor.execute(f"DROP INDEX CONCURRENTLY {name}")
        super().database_forwards(*states)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        states: Any = (app_label, schema_editor, from_state, to_state)
        if schema_editor.connection.vendor != "postgresql":
            AddIndex.database_backwards(self, *states)
            return
        super().database_backwards(*states)

    def _broke_off(self, schema_editor: BaseDatabaseSchemaEditor) -> bool:
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(BROKEN, [self.index.name])
            return cursor.fetchone() is not None
