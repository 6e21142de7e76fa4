"""The API describes itself without gaps, and the description in docs/ is today's."""

from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command
from django.db import connection

SNAPSHOT = Path("docs/api/schema.yaml")
REFRESH = f"python manage.py spectacular --validate --fail-on-warn --file {SNAPSHOT}"


@pytest.fixture(scope="module")
def described() -> str:
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    return out.getvalue().strip()


def operations(text: str) -> list[tuple[str, str, dict]]:
    return [
        (path, method, operation)
        for path, methods in yaml.safe_load(text)["paths"].items()
        for method, operation in methods.items()
    ]


@pytest.mark.skipif(
    connection.vendor != "sqlite", reason="the limits of whole numbers are the database's"
)
def test_the_description_in_docs_is_up_to_date(described):
    assert SNAPSHOT.read_text().strip() == described, f"The API has changed. Run: {REFRESH}"


def test_every_operation_says_what_it_does_and_how_it_refuses(described):
    for path, method, operation in operations(described):
        assert operation.get("description"), (path, method)
        errors = {code for code in operation["responses"] if code.startswith("4")}
        assert "4XX" in errors, (path, method)
        if "{" in path:
            assert "404" in errors, (path, method)


def test_money_is_described_as_text_with_two_decimals(described):
    card = yaml.safe_load(described)["components"]["schemas"]["ProductCardOut"]["properties"]
    assert (card["price"]["type"], card["price"]["format"]) == ("string", "decimal")


def test_the_schema_and_its_page_are_served(client, db):
    assert client.get("/api/schema/").status_code == 200
    assert client.get("/api/docs/").status_code == 200
    assert client.get("/api/auth/openapi.yaml").status_code == 200
