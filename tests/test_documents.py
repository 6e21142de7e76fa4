"""What the documents name exists: commands and their options, settings, pages, files."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.urls import Resolver404, resolve

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    path
    for pattern in (
        "*.md",
        "docs/*.md",
        "docs/howto/*.md",
        "docs/models/*.md",
        "docs/decisions/*.md",
    )
    for path in ROOT.glob(pattern)
)
named = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def spans(page: Path) -> list[str]:
    """What stands in code: spans, and the lines of blocks."""
    text = page.read_text()
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.S | re.M)
    prose = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
    lines = [line for block in blocks for line in block.splitlines()]
    return lines + [span.replace("\n", " ") for span in re.findall(r"`([^`]+)`", prose)]


@named
def test_commands_exist_with_the_options_that_are_named(page):
    for span in spans(page):
        found = re.search(r"manage\.py ([a-z_]+)((?: .*)?)", span)
        if not found or found[1] not in get_commands():
            assert not found, f"{page.name}: no command {found[1]}"
            continue
        command = load_command_class(get_commands()[found[1]], found[1])
        parser = command.create_parser("manage.py", found[1])
        known = {option for action in parser._actions for option in action.option_strings}
        asked = set(re.findall(r"(?<![\w-])--[a-z-]+", found[2]))
        assert asked <= known, f"{page.name}: {found[1]} knows no {asked - known}"


@named
def test_make_targets_exist(page):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    for span in spans(page):
        for target in re.findall(r"^make ([a-z-]+)", span.strip()):
            assert target in targets, f"{page.name}: make {target}"


@named
def test_pages_exist(page):
    for span in spans(page):
        if re.fullmatch(r"/[a-z][\w/-]*/", span):
            try:
                resolve(span)
            except Resolver404:
                pytest.fail(f"{page.name}: {span}")


@named
def test_files_exist(page):
    for span in spans(page):
        if re.fullmatch(r"[\w.-]+/[\w./-]+\.(py|md|yaml|yml|txt|jsonl|json|css|po)", span):
            assert (ROOT / span).exists() or (page.parent / span).exists(), f"{page.name}: {span}"


def test_every_setting_is_documented_and_every_documented_one_read():
    read = set()
    for path in (ROOT / "config").glob("*.py"):
        read |= set(re.findall(r'env(?:\.\w+)?\(\s*"([A-Z][A-Z0-9_]+)"', path.read_text()))
    table = (ROOT / "docs" / "operations.md").read_text()
    rows = re.findall(r"^\| (`[A-Z][^|]*)\|", table, re.M)
    documented = {name for row in rows for name in re.findall(r"`([A-Z][A-Z0-9_]+)`", row)}
    assert read - documented - {"MERCATO_ENV_FILE"} == set()
    assert documented - read == set()
