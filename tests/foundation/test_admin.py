"""Staff roll back with one click; everything else about models is read-only."""

from pathlib import Path

import pytest
from django.urls import reverse

from foundation import registry, selectors
from foundation.checks import artefact_folder as check_folder
from foundation.models import ModelVersion, TrainingRun
from foundation.runs import training_run
from tests.foundation.test_registry import save
from tests.shop.factories import UserFactory

pytestmark = pytest.mark.django_db
LIST = "admin:foundation_modelversion_changelist"


def choose(client, *versions: ModelVersion) -> str:
    data = {"action": "activate", "_selected_action": [version.pk for version in versions]}
    return client.post(reverse(LIST), data, follow=True).content.decode()


def test_the_list_shows_status_and_figures(admin_client) -> None:
    version = save(1.0)
    ModelVersion.objects.filter(pk=version.pk).update(metrics={"ndcg@10": 0.4256, "n": 1921})
    page = admin_client.get(reverse(LIST)).content.decode()
    assert "tests.numbers v1" in page
    assert "n 1,921, ndcg@10 0.4256" in page


def test_one_click_rolls_back(admin_client) -> None:
    old, new = save(1.0), save(2.0)
    registry.activate(old)
    registry.activate(new)
    assert "is active" in choose(admin_client, old)
    old.refresh_from_db()
    assert old.status == ModelVersion.Status.ACTIVE


def test_a_damaged_version_is_an_error_message(admin_client, artefact_folder: Path) -> None:
    version = save(1.0)
    (artefact_folder / version.artefact).write_bytes(b"something else")
    assert "was not activated" in choose(admin_client, version)
    version.refresh_from_db()
    assert version.status == ModelVersion.Status.CANDIDATE


def test_two_versions_of_one_model_cannot_both_be_active(admin_client) -> None:
    assert "Choose one version of each model" in choose(admin_client, save(1.0), save(2.0))
    assert not selectors.active_versions().exists()


def test_staff_without_the_permission_cannot_activate(client) -> None:
    from django.contrib.auth.models import Permission

    reader = UserFactory(is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_modelversion"))
    client.force_login(reader)
    version = save(1.0)
    assert client.get(reverse(LIST)).status_code == 200
    choose(client, version)
    assert not selectors.active_versions().exists()


@pytest.mark.parametrize("model", ["modelversion", "trainingrun"])
def test_nobody_adds_or_deletes(admin_client, model: str) -> None:
    assert admin_client.get(reverse(f"admin:foundation_{model}_add")).status_code == 403


def test_rows_open_for_reading(admin_client) -> None:
    version = save(1.0)
    with training_run("tests.numbers") as run:
        run.report(1, 4, "reading")
        run.finish_with(version)
    row = TrainingRun.objects.get()
    page = reverse("admin:foundation_trainingrun_change", args=[row.pk])
    assert "25 %" in admin_client.get(page).content.decode()
    page = reverse("admin:foundation_modelversion_change", args=[version.pk])
    assert version.sha256 in admin_client.get(page).content.decode()


def test_a_failed_run_keeps_its_error() -> None:
    with pytest.raises(ZeroDivisionError), training_run("tests.numbers"):
        _ = 1 / 0
    row = TrainingRun.objects.get()
    assert row.state == TrainingRun.State.FAILED
    assert "ZeroDivisionError" in row.message


def test_the_dashboard_counts() -> None:
    registry.activate(save(1.0))
    save(2.0)
    figures = {figure["label"]: figure["value"] for figure in selectors.dashboard()["figures"]}
    assert figures["Active models"] == 1
    assert figures["Candidates"] == 1


def test_a_folder_that_cannot_be_written_is_found_at_start(settings, tmp_path: Path) -> None:
    assert check_folder(None) == []
    (tmp_path / "file").write_text("not a folder")
    settings.ARTEFACT_DIR = tmp_path / "file" / "artefacts"
    problem = check_folder(None)[0]
    assert problem.id == "foundation.E001"
    assert "MERCATO_VAR" in str(problem.hint)
