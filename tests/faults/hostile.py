"""Hostile text, and the forms of a page as a browser sees them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

MARK = "zq7"
"""Stands in every hostile text, so that pages can be searched for it."""
SCRIPT = f"<script>alert('{MARK}')</script>"
HOSTILE = {
    "html": f'{SCRIPT}"><img src=x onerror=alert(1)>',
    "sql": f"{MARK}'; DROP TABLE shop_order; --\" OR 1=1",
    "template": f"{MARK}{{{{ 7*7 }}}}{{% debug %}}%(x)s%s%n${{7*7}}",
    "unicode": f"{MARK}\u202e\u0000\ufffe\u200b𝕏😀\x1b[31m",
    "long": MARK + "x" * 20_000,
    "path": f"{MARK}../../etc/passwd\r\nSet-Cookie: a=b",
}


@dataclass
class Form:
    """A form that is sent by POST. ``values`` are what a browser sends if nobody types."""

    action: str
    values: dict[str, str] = field(default_factory=dict)
    typed: list[str] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.url, self.forms, self.form = url, [], None
        self.select = self.area = ""

    def handle_starttag(self, tag: str, pairs: list) -> None:
        given = {key: value or "" for key, value in pairs}
        name = given.get("name", "")
        if tag == "form":
            posted = given.get("method", "").lower() == "post"
            self.form = Form(given.get("action") or self.url) if posted else None
            if self.form:
                self.forms.append(self.form)
        if self.form is None:
            return
        if tag == "input" and name:
            self._input(name, given.get("type", "text"), given)
        elif tag == "textarea" and name:
            self.area = name
            self.form.values[name] = ""
            self.form.typed.append(name)
        elif tag == "select":
            self.select = name
        elif (
            tag == "option"
            and self.select
            and ("selected" in given or self.select not in self.form.values)
        ):
            self.form.values[self.select] = given.get("value", "")

    def _input(self, name: str, kind: str, given: dict) -> None:
        assert self.form is not None
        if kind in ("radio", "checkbox"):
            if "checked" in given or (kind == "radio" and name not in self.form.values):
                self.form.values[name] = given.get("value", "on")
        elif kind not in ("submit", "button", "file", "image"):
            self.form.values[name] = given.get("value", "")
            if name not in self.form.typed:
                self.form.typed.append(name)

    def handle_data(self, data: str) -> None:
        if self.area and self.form:
            self.form.values[self.area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        elif tag == "select":
            self.select = ""
        elif tag == "textarea":
            self.area = ""


def forms_of(url: str, html: str) -> list[Form]:
    parser = _Forms(url)
    parser.feed(html)
    return parser.forms
