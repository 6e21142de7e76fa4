"""Nothing a person reads is left in English on a Chinese page.

The catalogue is checked against the code and the templates themselves, so that a new text without
a translation fails here; how the pages look in both languages is proved in tests/browser.
"""

import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.apps import apps

from config.apps import OURS, unlabelled
from scripts.update_locales import ROOT, texts, translations

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%s|<(?:a|b|code)\b[^>]*>")
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
WORD = re.compile(r"[A-Za-z]{3,}")
NAMES = {"Mercato", "html", "doctype", "nbsp", "mdash", "rarr", "GitHub"}
"""What is the same in every language."""


@cache
def chinese() -> Catalog:
    path = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
    with path.open("rb") as file:
        return read_po(file, abort_invalid=True)


def test_every_text_of_code_and_templates_has_a_chinese_translation():
    missing = []
    for text, context, place in texts():
        entry = chinese().get(text, context)
        if entry is None or not all(translations(entry)):
            missing.append(f"{place}: {text!r}")
    assert not missing, "run scripts/update_locales.py and translate:\n" + "\n".join(missing)


def test_every_field_that_staff_see_has_a_chinese_label():
    models = [model for label in OURS for model in apps.get_app_config(label).get_models()]
    labels = {str(field.name).replace("_", " ") for model in models for field in unlabelled(model)}
    assert labels, "Django makes no labels by itself any more; config/apps.py can go"
    known = {one.id for one in chinese() if one.id and all(translations(one))}
    assert labels - known == set()


def test_no_translation_is_a_guess_or_waits_for_one():
    unsure = [one.id for one in chinese() if one.id and (one.fuzzy or not all(translations(one)))]
    assert unsure == []


def test_translations_keep_the_placeholders_and_tags_of_their_text():
    wrong = []
    for one in chinese():
        singular = one.id if isinstance(one.id, str) else one.id[-1]
        wanted = set(PLACEHOLDER.findall(singular))
        wrong += [one.id for said in translations(one) if set(PLACEHOLDER.findall(said)) != wanted]
    assert wrong == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_holds_no_text_outside_of_translations(path: Path):
    source = path.read_text(encoding="utf-8")
    source = re.sub(r"{% (blocktranslate|comment)\b.*?{% end\1 %}", " ", source, flags=re.S)
    source = re.sub(r"{%.*?%}|{{.*?}}|{#.*?#}|<!--.*?-->", " ", source, flags=re.S)
    source = re.sub(r"<(script|style|code|svg)\b.*?</\1>", " ", source, flags=re.S)
    # Text in another language than the page's says so.
    source = re.sub(r'<(\w+)\b[^>]*\slang="[a-zA-Z-]+"[^>]*>[^<]*</\1>', " ", source)
    text = re.sub(r"<[^>]*>", " ", source, flags=re.S)
    assert [word for word in WORD.findall(text) if word not in NAMES] == []
