"""Say which new migrations would stop a shop that is open, by django-migration-linter.

While a release goes out old and new processes share one database, so a migration may not take away
or demand what the old ones do not know; docs/operations.md says how to go in steps. Migrations up
to ``scripts/migrations_baseline.txt`` were made before anybody had a shop to keep open.
PostgreSQL's statements are read where a PostgreSQL answers, SQLite's elsewhere.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from check_services import CHECKS, addresses

ROOT = Path(__file__).resolve().parent.parent
BASELINE = Path(__file__).with_name("migrations_baseline.txt")
APPS = ("foundation", "inventory", "recommend", "risk", "shop", "support")


def newest() -> dict[str, str]:
    """The last migration of each app, by its number."""
    return {app: max(path.stem for path in migrations(app)) for app in APPS if migrations(app)}


def migrations(app: str) -> list[Path]:
    return sorted((ROOT / app / "migrations").glob("[0-9]*.py"))


def baseline() -> dict[str, str]:
    return dict(line.split() for line in BASELINE.read_text().splitlines() if line.strip())


def database() -> str:
    """The address of a PostgreSQL that answers, or nothing."""
    url = addresses()["DATABASE_URL"]
    try:
        CHECKS["DATABASE_URL"](url)
    except Exception:
        return ""
    return url


def lint(before: dict[str, str]) -> bool:
    """Lint what is newer than ``before``; return whether something has to be changed."""
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django
    from django_migration_linter import MigrationLinter

    django.setup()
    linter = MigrationLinter(str(ROOT), no_cache=True)
    for app in APPS:
        for path in migrations(app):
            if path.stem > before.get(app, ""):
                linter.lint_migration(linter.migration_loader.get_migration(app, path.stem))
    linter.print_summary()
    return bool(linter.has_errors)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--set-baseline", action="store_true", help="take all there are as known")
    if parser.parse_args().set_baseline:
        BASELINE.write_text("".join(f"{app} {name}\n" for app, name in newest().items()))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        url = database()
        os.environ.pop("DATABASE_URL", None)
        if url:
            os.environ["DATABASE_URL"] = url
        os.environ["MERCATO_VAR"] = folder
        os.environ.setdefault("SECRET_KEY", "lint")
        os.environ.setdefault("MERCATO_ENV_FILE", os.devnull)
        return int(lint(baseline()))


if __name__ == "__main__":
    sys.exit(main())
