"""The files for running it elsewhere, as far as they can be checked without an engine."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
DEPLOY = ROOT / "deploy"
OF_OTHERS = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"}
SETTINGS = (ROOT / "config" / "settings.py").read_text()
KNOWN = set(re.findall(r"env\.?\w*\(\s*\"([A-Z_]+)\"", SETTINGS))


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


@pytest.fixture(scope="module")
def manifests() -> list[dict[str, Any]]:
    found = []
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml")):
        found += [row for row in yaml.safe_load_all(path.read_text()) if row]
    return found


def pods(manifests: list[dict]) -> dict[str, dict]:
    kinds = ("Deployment", "Job")
    return {
        row["metadata"]["name"]: row["spec"]["template"]["spec"]
        for row in manifests
        if row["kind"] in kinds
    }


def test_the_image_is_small_pinned_and_nobody_is_root():
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    stages = [line.split()[1] for line in lines if line.startswith("FROM")]
    assert len(stages) == 2
    assert all(":" in image and not image.endswith(":latest") for image in stages)
    last = lines[max(n for n, line in enumerate(lines) if line.startswith("FROM")) :]
    users = [line.split()[1] for line in last if line.startswith("USER")]
    assert users
    assert users[-1].isdigit()
    assert int(users[-1]) > 0
    text = "\n".join(last)
    assert "HEALTHCHECK" in text
    assert "/health/live" in text
    assert not re.search(r"^ADD ", text, re.MULTILINE)
    assert "rm -rf /var/lib/apt/lists" in text
    assert not re.search(r"(SECRET_KEY|PASSWORD)=(?!build )", "\n".join(lines))


def test_what_stays_at_home_is_not_copied_into_the_image():
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".env", ".git", ".venv", "var"} <= set(ignored)


def test_every_variable_is_one_the_settings_read(compose, manifests):
    used = set()
    for name, service in compose["services"].items():
        if name not in ("database", "redis", "proxy"):
            used |= set(service.get("environment", {}))
    for row in manifests:
        if row["kind"] == "ConfigMap":
            used |= set(row["data"])
    readme = (DEPLOY / "kubernetes" / "kustomization.yaml").read_text()
    used |= set(re.findall(r"\b([A-Z]+_[A-Z_]+)\b", readme))
    assert used
    assert used - OF_OTHERS - KNOWN == set()


def test_the_compose_file_has_every_part_and_no_secret(compose):
    services = compose["services"]
    parts = {"database", "redis", "migrate", "web", "worker", "trainer", "scheduler", "proxy"}
    assert set(services) == parts
    assert [name for name, one in services.items() if "ports" in one] == ["proxy"]
    for name in ("migrate", "web", "worker", "trainer", "scheduler"):
        assert services[name]["read_only"]
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["environment"]["SECRET_KEY"] == "${SECRET_KEY:?}"
    for name in ("web", "worker", "trainer", "scheduler"):
        waits = services[name]["depends_on"]["migrate"]["condition"]
        assert waits == "service_completed_successfully"
    for one in services.values():
        for volume in one.get("volumes", []):
            source = volume.split(":")[0]
            assert source in compose["volumes"] or (DEPLOY / source).exists()


def test_pods_run_without_rights(manifests):
    for name, pod in pods(manifests).items():
        assert pod["securityContext"]["runAsNonRoot"], name
        for container in pod["containers"]:
            rights = container["securityContext"]
            assert rights["allowPrivilegeEscalation"] is False, name
            assert rights["readOnlyRootFilesystem"] is True, name
            assert rights["capabilities"] == {"drop": ["ALL"]}, name
            assert container["resources"]["limits"]["memory"], name
            mounted = {mount["name"] for mount in container["volumeMounts"]}
            assert mounted == {volume["name"] for volume in pod["volumes"]}, name


def test_names_in_the_manifests_lead_somewhere(manifests):
    there = {(row["kind"], row["metadata"]["name"]) for row in manifests if "metadata" in row}
    labels = set(pods(manifests))
    for row in manifests:
        spec = row.get("spec", {})
        if row["kind"] == "HorizontalPodAutoscaler":
            assert ("Deployment", spec["scaleTargetRef"]["name"]) in there
            assert spec["minReplicas"] < spec["maxReplicas"]
        elif row["kind"] == "Service":
            assert spec["selector"]["app"] in labels
        elif row["kind"] == "Deployment":
            wanted = spec["selector"]["matchLabels"]
            assert spec["template"]["metadata"]["labels"] == wanted
            scaled = ("HorizontalPodAutoscaler", row["metadata"]["name"]) in there
            assert ("replicas" in spec) != scaled
    for pod in pods(manifests).values():
        for volume in pod["volumes"]:
            claim = volume.get("persistentVolumeClaim")
            assert claim is None or ("PersistentVolumeClaim", claim["claimName"]) in there
    listed = yaml.safe_load((DEPLOY / "kubernetes" / "kustomization.yaml").read_text())["resources"]
    files = {path.name for path in (DEPLOY / "kubernetes").glob("*.yaml")}
    assert set(listed) == files - {"kustomization.yaml"}


def test_one_scheduler_that_is_never_doubled(manifests):
    scheduler = next(row for row in manifests if row.get("metadata", {}).get("name") == "scheduler")
    assert scheduler["spec"]["replicas"] == 1
    assert scheduler["spec"]["strategy"] == {"type": "Recreate"}


def test_commands_name_modules_that_are_there(compose, manifests):
    commands = [one["command"] for one in compose["services"].values() if "command" in one]
    commands += [c["command"] for pod in pods(manifests).values() for c in pod["containers"]]
    for command in commands:
        if command[:2] == ["nice", "-n"]:
            command = command[3:]
        if command[0] == "uvicorn":
            module, _, name = command[1].partition(":")
            assert (ROOT / (module.replace(".", "/") + ".py")).exists()
            assert name in (ROOT / "config" / "asgi.py").read_text()
        elif command[0] == "celery":
            assert command[1:3] == ["-A", "config"]
        elif command[0] == "python":
            assert (ROOT / command[1]).exists()
