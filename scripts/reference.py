"""Write the pages of docs/reference/ that follow from the code: commands and the API.

`make docs` calls this before it builds the site. Nothing of it is committed, so it cannot be out
of date. Examples of the API are made from docs/api/schema.yaml: the first value of a choice, a
plausible value of a format.
"""

import json
import os
import sys
from itertools import groupby
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
OUT = ROOT / "docs" / "reference"
APPS = ("foundation", "inventory", "recommend", "risk", "shop", "support")
METHODS = ("get", "post", "put", "patch", "delete")
DEEPEST = 6
BY_FORMAT = {
    "date": "2026-03-01",
    "date-time": "2026-03-01T12:00:00-05:00",
    "decimal": "4.99",
    "email": "household-1@demo.mercato.example",
    "uri": "https://shop.example/",
    "uuid": "3f0c7a52-8f0e-4d0e-9a52-1f6f0a4b7d11",
}
BY_TYPE = {"string": "text", "integer": 1, "number": 1.0, "boolean": True}


def main() -> None:
    """Write commands.md and api.md."""
    OUT.mkdir(exist_ok=True)
    (OUT / "commands.md").write_text(commands())
    (OUT / "api.md").write_text(api(yaml.safe_load((ROOT / "docs/api/schema.yaml").read_text())))


def commands() -> str:
    """Every `manage.py` command of ours with its help, and the targets of the Makefile."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("MERCATO_ENV_FILE", os.devnull)
    os.environ.setdefault("SECRET_KEY", "reference")
    os.environ["COLUMNS"] = "92"
    import django
    from django.core.management import get_commands, load_command_class

    django.setup()
    parts = ["# Commands", "", "## make", "", "| target | what it does |", "| --- | --- |"]
    for line in (ROOT / "Makefile").read_text().splitlines():
        if ":" in line and "## " in line and not line.startswith(("\t", "#")):
            parts.append(f"| `make {line.split(':')[0]}` | {line.split('## ')[1]} |")
    for name, app in sorted(get_commands().items()):
        if app in APPS:
            parser = load_command_class(app, name).create_parser("manage.py", name)
            own = [a for a in parser._actions if a.option_strings or a.dest]
            options = [a for a in own if not set(a.option_strings) & COMMON]
            parts += ["", f"## manage.py {name}", "", parser.description or "", ""]
            if options:
                parts += ["| argument | meaning | default |", "| --- | --- | --- |"]
            for action in options:
                said = ", ".join(f"`{o}`" for o in action.option_strings) or f"`{action.dest}`"
                default = "" if action.default in (None, False, "") else f"`{action.default}`"
                parts.append(f"| {said} | {action.help or ''} | {default} |")
    return "\n".join(parts) + "\n"


COMMON = {
    "-h", "--version", "-v", "--settings", "--pythonpath", "--traceback", "--no-color",
    "--force-color", "--skip-checks",
}  # fmt: skip
"""What Django gives every command."""


def api(schema: dict) -> str:
    """Every operation with its parameters and examples, by part of the API."""
    parts = ["# API", "", schema["info"]["description"], ""]
    parts += [
        "A running shop shows the same as a page at `/api/docs/`, where requests can be tried.",
        "",
    ]
    found = [
        (operation.get("tags", ["other"])[0], path, method, operation)
        for path, item in schema["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]
    for tag, operations in groupby(found, key=lambda row: row[0]):
        parts += [f"## {tag}", ""]
        for _, path, method, operation in operations:
            parts += _operation(schema, path, method, operation)
    return "\n".join(parts) + "\n"


def _operation(schema: dict, path: str, method: str, operation: dict) -> list[str]:
    parts = [f"### {method.upper()} {path}", "", operation.get("description", ""), ""]
    asked = operation.get("parameters", [])
    if asked:
        parts += ["| parameter | in | meaning |", "| --- | --- | --- |"]
        for one in asked:
            meaning = one.get("description", "").replace("\n", " ").replace("|", "\\|")
            parts.append(f"| `{one['name']}` | {one['in']} | {meaning} |")
        parts.append("")
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body:
        parts += _example("Send:", schema, body["schema"])
    for status, answer in operation.get("responses", {}).items():
        content = answer.get("content", {}).get("application/json")
        if status.startswith("2") and content:
            parts += _example(f"{status}:", schema, content["schema"])
    return parts


def _example(title: str, schema: dict, described: dict) -> list[str]:
    text = json.dumps(example(schema, described), indent=2, ensure_ascii=False)
    return [title, "", "```json", text, "```", ""]


def example(schema: dict, described: dict, depth: int = 0) -> object:
    """A value that the schema allows; what it refers to is looked up in ``schema``."""
    if "$ref" in described:
        name = described["$ref"].rsplit("/", 1)[1]
        return example(schema, schema["components"]["schemas"][name], depth)
    for key in ("example", "default"):
        if key in described:
            return described[key]
    if "enum" in described:
        return described["enum"][0]
    for key in ("allOf", "oneOf", "anyOf"):
        if key in described:
            return example(schema, described[key][0], depth)
    kind = described.get("type", "object")
    kind = next(k for k in kind if k != "null") if isinstance(kind, list) else kind
    if kind == "array":
        return [] if depth > DEEPEST else [example(schema, described["items"], depth + 1)]
    if kind == "object":
        fields = described.get("properties", {})
        return {name: example(schema, field, depth + 1) for name, field in fields.items()}
    if kind in ("integer", "number") and "minimum" in described:
        return max(described["minimum"], BY_TYPE[kind])
    return BY_FORMAT.get(described.get("format", ""), BY_TYPE[kind])


if __name__ == "__main__":
    main()
