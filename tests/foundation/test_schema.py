"""An index is added to a shop that is open, again where it broke off, and taken away."""

import pytest
from django.db import connection, models
from django.db.migrations.loader import MigrationLoader

from foundation.schema import AddIndexWhileOpen

pytestmark = pytest.mark.django_db(transaction=True)
NAME = "node_for_this_test"
INDEX = models.Index(fields=["kind", "name_en"], name=NAME)


def indexes() -> set[str]:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "foundation_node")
    return {name for name, what in found.items() if what["index"]}


def test_an_index_is_made_once_more_where_it_broke_off_and_taken_away_again():
    operation = AddIndexWhileOpen("node", INDEX)
    before = MigrationLoader(connection).project_state()
    after = before.clone()
    operation.state_forwards("foundation", after)
    times = 2 if connection.vendor == "postgresql" else 1
    for time in range(times):
        if time:
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", [NAME]
                )
        with connection.schema_editor(atomic=False) as editor:
            operation.database_forwards("foundation", editor, before, after)
        assert NAME in indexes()
    with connection.schema_editor(atomic=False) as editor:
        operation.database_backwards("foundation", editor, after, before)
    assert NAME not in indexes()
