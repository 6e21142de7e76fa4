"""The READMEs say what was measured, and nothing else."""

import pytest

from scripts import readme_figures


def row(metric: str, dataset: str, value: float, **more) -> dict:
    return {"metric": metric, "dataset": dataset, "value": value, "commit": "abc1234"} | more


def test_the_readmes_say_what_the_results_say():
    assert readme_figures.main(["--check"]) == 0


def test_a_table_has_what_was_measured_and_no_more():
    found = [
        row("import_seconds", "sqlite full", 99.6, cores=2, load=3.0),
        row("first_page_seconds", "clone small", 41.2, commit="def5678"),
        row("stop_seconds", "clone small", 5.0, commit="fff0000"),
    ]
    said = readme_figures.table(found, 0)
    assert "| Import the data into SQLite | 100 s | – |" in said
    assert "| A new clone, once installed, to the first page | – | 41 s |" in said
    assert "abc1234, def5678" in said
    assert "PostgreSQL" not in said
    assert "fff0000" not in said
    assert "300 个家庭" in readme_figures.table(found, 1)


def test_the_latest_of_two_runs_counts():
    found = [row("peak_mb", "sqlite full", 900), row("peak_mb", "sqlite full", 1234)]
    said = readme_figures.table(found, 0)
    assert "1,234 MB" in said
    assert "900" not in said


def test_nothing_measured_is_nothing_said():
    assert readme_figures.table([], 0) == ""


def test_a_readme_without_marks_is_an_error():
    with pytest.raises(ValueError, match="no <!--"):
        readme_figures.filled("# Mercato", "demo", "figures")


def test_a_page_is_told_in_both_languages_or_as_not_measured():
    found = [
        row("performance", "home", 97, language="en", method="Lighthouse 1", n=3),
        row("performance", "home", 96, language="zh", method="Lighthouse 1", n=3),
        row("performance", "cart", 99, language="en", method="Lighthouse 1", n=3),
    ]
    said = readme_figures.pages(found, 0)
    assert "| Start page | 97 · 96 |" in said
    assert "| Cart | 99 · – |" in said
    assert "Layout shift" not in said


def test_a_model_is_told_beside_its_baseline_or_not_at_all():
    figure = {"benchmark": "support.intents", "dataset": "zh", "metric": "accuracy"}
    ours = {**figure, "method": "mercato", "value": 0.91, "commit": "abc1234"}
    theirs = {**figure, "method": "character_tfidf", "value": 0.85, "commit": "def5678"}
    assert readme_figures.models([ours], 0) == ""
    said = readme_figures.models([ours, theirs], 1)
    assert "| 0.910 | 0.850 | 字符 TF-IDF |" in said
    assert "abc1234, def5678" in said
