"""Runs and the gate speak the reader's language, and rows of other days are still shown."""

import errno

import pytest
from django.db import OperationalError
from django.urls import reverse
from django.utils import translation

from foundation import registry, runs
from foundation.learning.said import Said
from foundation.models import ModelVersion, TrainingRun
from foundation.sayings import told, told_log
from recommend.services import NotEnoughData


def version(value: float) -> ModelVersion:
    return registry.save_version(
        capability="t", suffix=".json", write=lambda p: p.write_text("1"), metrics={"hit": value}
    )


def test_the_gates_words_are_chinese_for_chinese_readers(
    db, settings, tmp_path, admin_client
) -> None:
    settings.VAR_DIR = settings.ARTEFACT_DIR = tmp_path
    registry.promote(version(0.5), "hit")
    worse = version(0.25)
    verdict = registry.promote(worse, "hit")
    worse.refresh_from_db()
    with translation.override("en"):
        assert worse.decided == worse.decision == verdict.reason
    with translation.override("zh-hans"):
        assert worse.decided.startswith("未采用：hit 0.25，t v1 为 0.5")
    admin_client.cookies["django_language"] = "zh-hans"
    page = admin_client.get(reverse("admin:foundation_card", args=[worse.pk])).content.decode()
    assert "未采用：hit 0.25" in page
    assert "refused" not in page


def test_a_run_tells_its_message_and_log_in_both_languages(db) -> None:
    with runs.training_run("t") as run:
        run.report(
            1, 2, Said("epoch %(epoch)s/%(epochs)s, loss %(loss)s", epoch=1, epochs=2, loss=3)
        )
        run.note("a line of a library: 100 %")
    row = TrainingRun.objects.get()
    with translation.override("en"):
        assert row.told == "epoch 1/2, loss 3"
        assert "100 %" in row.told_log
    with translation.override("zh-hans"):
        assert row.told == "第 1/2 轮，损失 3"
        assert "第 1/2 轮" in row.told_log
        assert "100 %" in row.told_log


@pytest.mark.parametrize(
    ("error", "english", "chinese"),
    [
        (registry.ArtefactDamaged("t v1"), "missing or damaged", "缺失或损坏"),
        (NotEnoughData("no orders"), "too little data", "数据太少"),
        (MemoryError(), "memory ran out", "内存不足"),
        (OSError(errno.ENOSPC, "No space left"), "disk is full", "磁盘已满"),
        (OperationalError("server closed"), "did not answer", "没有响应"),
        (SystemExit(), "was stopped", "被停止"),
        (ZeroDivisionError("by zero"), "broke off", "中断"),
    ],
)
def test_a_run_that_fails_says_why_to_staff_and_keeps_the_error_below(
    db, admin_client, error, english, chinese
) -> None:
    with pytest.raises(type(error)), runs.training_run("t"):
        raise error
    row = TrainingRun.objects.get()
    name = type(error).__name__
    with translation.override("en"):
        assert english in row.told
    with translation.override("zh-hans"):
        assert chinese in row.told
        assert name not in row.told
    admin_client.cookies["django_language"] = "zh-hans"
    for page in ("foundation_training", "foundation_trainingrun_change"):
        address = reverse(f"admin:{page}", args=[row.pk] if page.endswith("change") else [])
        shown = admin_client.get(address).content.decode()
        before, _, below = shown.partition(f">{name}: ")
        assert chinese in before
        assert "<summary" in before
        assert below


def test_a_failure_of_another_release_is_told_as_unknown(db) -> None:
    row = TrainingRun(capability="t", state=TrainingRun.State.FAILED, message="OSError: 5")
    with translation.override("zh-hans"):
        assert "中断" in row.told
    assert row.technical == "OSError: 5"
    row.message = runs.LOST
    assert (row.told, row.technical) == (runs.LOST, "")


def test_rows_without_parts_or_with_strange_ones_show_what_was_written() -> None:
    with translation.override("zh-hans"):
        assert told("stopped by request", {}) == "已按要求停止"
        assert told("nobody translated this") == "nobody translated this"
        assert told("kept", {"say": "%(gone)s", "with": {}}) == "kept"
        assert told("kept", {"say": "%(a)s", "with": [1]}) == "kept"
        assert told_log("") == ""
        assert told_log('10:00:00 {"say": broken') == '10:00:00 {"say": broken'
