"""A backup is worth what its restore gives back: done for real, on either database."""

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

ROOT = Path(settings.BASE_DIR)
MAKE_AND_LOSE = """
import sys
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from shop.models import Order
from tests.shop.factories import OrderFactory
settings.MIGRATION_MODULES = {app.label: None for app in apps.get_app_configs()}
call_command("migrate", run_syncdb=True, verbosity=0)
for _ in range(3):
    OrderFactory(lines=2)
model = settings.ARTEFACT_DIR / "risk.orders" / "v1.npz"
model.parent.mkdir(parents=True)
model.write_bytes(b"a model")
call_command("backup", sys.argv[1])
try:
    call_command("backup", sys.argv[1])
except CommandError as error:
    print(error)
Order.objects.first().delete()
model.write_bytes(b"damaged")
"""
RESTORE = """
import sys
from django.conf import settings
from django.core.management import call_command
from shop.models import Order, OrderLine

def count():
    model = (settings.ARTEFACT_DIR / "risk.orders" / "v1.npz").read_bytes()
    print(Order.objects.count(), OrderLine.objects.count(), model.decode())

count()
call_command("restore", sys.argv[1], replace=True)
count()
"""


class Shop:
    """A shop of its own, driven by its commands as a person does."""

    def __init__(self, folder: Path, database: str) -> None:
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "MERCATO_VAR": str(folder),
            "DATABASE_URL": database,
        }

    def run(self, *command: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr[-2000:]
        return done.stdout + done.stderr

    def do(self, code: str, *arguments: str) -> str:
        return self.run("-c", f"import django\ndjango.setup()\n{code}", *arguments)


@pytest.fixture
def shop(tmp_path, django_db_blocker, django_db_setup):
    if connection.vendor == "sqlite":
        yield Shop(tmp_path, f"sqlite:///{tmp_path}/shop.sqlite3")
        return
    if shutil.which("pg_dump") is None:
        pytest.skip("pg_dump is not installed")
    import psycopg2

    values = connection.settings_dict
    name = f"{values['NAME']}_restored"
    given = {"host": values["HOST"], "port": values["PORT"] or 5432, "user": values["USER"]}
    server = psycopg2.connect(dbname="postgres", password=values["PASSWORD"] or None, **given)
    server.autocommit = True
    login = f"{values['USER']}:{values['PASSWORD']}" if values["PASSWORD"] else values["USER"]
    with server.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}"')
        yield Shop(tmp_path, f"postgres://{login}@{given['host']}:{given['port']}/{name}")
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    server.close()


def altered(file: Path, place: Path) -> Path:
    """The same backup with another model in it."""
    with tarfile.open(file) as archive:
        archive.extractall(place, filter="data")
    (place / "artefacts" / "risk.orders" / "v1.npz").write_bytes(b"swapped")
    with tarfile.open(place.with_suffix(".tar"), "w") as archive:
        archive.add(place, arcname=".")
    return place.with_suffix(".tar")


@pytest.mark.slow
def test_what_was_lost_comes_back(shop, tmp_path):
    file = tmp_path / "backups" / "monday.tar"
    said = shop.do(MAKE_AND_LOSE, str(file))
    assert "2 files" in said
    assert "is there already" in said
    assert file.stat().st_mode & 0o077 == 0, "a backup is nobody else's business"
    # Neither by accident nor from a file that was altered is anything lost.
    assert "--replace" in shop.run("manage.py", "restore", str(file), code=1)
    other = altered(file, tmp_path / "other")
    said = shop.run("manage.py", "restore", str(other), "--replace", code=1)
    assert "is not what was backed up" in said
    said = shop.do(RESTORE, str(file))
    assert "2 4 damaged" in said
    assert "3 6 a model" in said
