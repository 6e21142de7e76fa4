"""Which answers of pip-audit hold a change up."""

import pytest

from scripts import audit


@pytest.fixture
def said() -> dict:
    hole = {"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "fix_versions": ["2.0"]}
    return {
        "dependencies": [
            {"name": "sound", "version": "1.0", "vulns": []},
            {"name": "holed", "version": "1.9", "vulns": [hole]},
            {"name": "own", "skip_reason": "not found"},
        ]
    }


def test_a_hole_is_named_with_its_mend(said):
    lines, asked, skipped = audit.findings(said)
    assert (asked, skipped) == (2, 1)
    assert lines == ["holed 1.9: PYSEC-2026-1 (CVE-2026-1), mended in 2.0"]


def test_a_hole_that_was_accepted_under_any_of_its_names_does_not_count(said, monkeypatch):
    monkeypatch.setitem(audit.ACCEPTED, "CVE-2026-1", "only on Windows")
    assert audit.findings(said)[0] == []
