"""A backup is one tar file: the database, the models, the media, and what they have to look like.

SQLite is copied by ``VACUUM INTO``, PostgreSQL by ``pg_dump``: both while the shop goes on working,
both as of one moment. A restore checks every file before it changes anything.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

MANIFEST = "manifest.json"
DATABASE = "database"
FOLDERS = {"artefacts": "ARTEFACT_DIR", "media": "MEDIA_ROOT"}


class BackupRefused(Exception):
    """What was asked for would lose something, or cannot be done here; the text says why."""


def back_up(target: Path) -> dict:
    """Write a backup to ``target`` and return its manifest; a file that is there is kept."""
    if target.exists():
        raise BackupRefused(f"{target} is there already.")
    with _workplace(target.parent) as folder:
        _dump(folder / DATABASE)
        for name, setting in FOLDERS.items():
            source = Path(getattr(settings, setting))
            if source.is_dir():
                shutil.copytree(source, folder / name)
        files = {_name(path, folder): _digest(path) for path in _files(folder)}
        manifest = {
            "vendor": connection.vendor,
            "at": timezone.now().isoformat(timespec="seconds"),
            "files": files,
        }
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=1))
        part = folder.with_suffix(".tar")
        try:
            mine = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(mine, "wb") as file, tarfile.open(fileobj=file, mode="w") as archive:
                archive.add(folder, arcname=".")
            os.replace(part, target)
        finally:
            part.unlink(missing_ok=True)
    return manifest


def restore(source: Path, *, replace: bool = False) -> dict:
    """Put a backup back and return its manifest.

    Raises BackupRefused when the file is not whole, is of another kind of database, or when there
    is data already and ``replace`` was not asked for. Stop web, worker and scheduler before.
    """
    if not replace and _has_data():
        raise BackupRefused("The database holds orders or users. Add --replace to lose them.")
    with _workplace(Path(settings.VAR_DIR)) as folder:
        with tarfile.open(source) as archive:
            archive.extractall(folder, filter="data")
        manifest = json.loads((folder / MANIFEST).read_text())
        if manifest["vendor"] != connection.vendor:
            raise BackupRefused(
                f"The backup is of {manifest['vendor']}; this database is {connection.vendor}."
            )
        for name, digest in manifest["files"].items():
            if not (folder / name).is_file() or _digest(folder / name) != digest:
                raise BackupRefused(f"{name} in {source} is not what was backed up.")
        _load(folder / DATABASE)
        for name, setting in FOLDERS.items():
            if (folder / name).is_dir():
                place = Path(getattr(settings, setting))
                shutil.rmtree(place, ignore_errors=True)
                shutil.copytree(folder / name, place)
    return manifest


@contextmanager
def _workplace(parent: Path) -> Iterator[Path]:
    """A folder that only its owner reads: a backup holds everything the shop knows of people."""
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".backup-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _has_data() -> bool:
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for table in ("shop_user", "shop_order"):
            if table in tables:
                cursor.execute(f"SELECT 1 FROM {table} LIMIT 1")  # noqa: S608
                if cursor.fetchone():
                    return True
    return False


def _dump(path: Path) -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(path)])
        return
    _run("pg_dump", "--format=custom", "--no-owner", f"--file={path}")


def _load(path: Path) -> None:
    connection.close()
    if connection.vendor == "sqlite":
        place = Path(connection.settings_dict["NAME"])
        for rest in ("-wal", "-shm"):
            place.with_name(place.name + rest).unlink(missing_ok=True)
        new = place.with_name(place.name + ".new")
        shutil.copyfile(path, new)
        os.replace(new, place)
        return
    _run("pg_restore", "--clean", "--if-exists", "--no-owner", "--exit-on-error", str(path))


def _run(program: str, *arguments: str) -> None:
    """Run a program of PostgreSQL on our database; the password goes by the environment."""
    values = connection.settings_dict
    variables = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
    given = {name: str(values[key]) for name, key in variables.items() if values.get(key)}
    database = f"--dbname={values['NAME']}"
    try:
        subprocess.run(
            [program, database, *arguments],
            env={**os.environ, **given},
            check=True,
            capture_output=True,
            text=True,
        )
    except FileNotFoundError:
        raise BackupRefused(f"{program} is not there (on Debian: postgresql-client).") from None
    except subprocess.CalledProcessError as error:
        raise BackupRefused(f"{program} failed: {error.stderr.strip()[-500:]}") from error
