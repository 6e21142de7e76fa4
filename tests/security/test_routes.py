"""Every address as everybody: who may is written in ``who_may.txt``, one line for each route.

A new route without a line fails. So does a page that comes without the content policy or that has a
script, a style or a handler written into it.
"""

import re
from pathlib import Path

import pytest
from django.contrib import admin
from django.test import RequestFactory
from django.urls import URLPattern

from tests.security.world import PEOPLE, ROLES, World, routes

pytestmark = pytest.mark.django_db
TABLE = Path(__file__).with_name("who_may.txt")
GROUPS = {
    "all": set(PEOPLE),
    "signed-in": set(PEOPLE) - {"anonymous"},
    "owner": {"customer"},
    "staff": set(ROLES),
    "nobody": set(),
}
SHUT_OUT = (401, 403)
INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/(?:ld\+)?json\")[^>]*>|<style\b|\sstyle=|"
    r"\son[a-z]+=[\"']|href=[\"']javascript:",
    re.IGNORECASE,
)


def table(part: str) -> dict[str, set[str]]:
    """Lines of one part of the file: what, and who may."""
    found: dict[str, set[str]] = {}
    current = ""
    for line in TABLE.read_text().splitlines():
        if line.startswith("["):
            current = line.strip("[]")
        elif line.strip() and not line.startswith("#") and current == part:
            what, _, who = line.rpartition("  ")
            people: set[str] = set()
            for name in who.replace(",", " ").split():
                people |= GROUPS.get(name, {name})
            assert people <= set(PEOPLE), f"{line}: nobody is called so"
            found[what.strip()] = people
    return found


def address(route: str, pattern: URLPattern, world: World) -> str:
    """The route with its parts filled in."""
    path = route.removeprefix("(start)")
    for name in pattern.pattern.regex.groupindex:
        value = str(world.value(name, route))
        path = re.sub(rf"\(\?P<{name}>[^()]*\)", lambda _, v=value: v, path)
        path = re.sub(rf"<(?:\w+:)?{name}>", lambda _, v=value: v, path)
    return "/" + path.replace("^", "").replace("$", "").replace("\\", "")


def is_in(answer) -> bool:
    """Whether somebody got past the door, whatever was then said about the empty form."""
    if answer.status_code in SHUT_OUT:
        return False
    place = answer.headers.get("Location", "")
    return not (answer.status_code == 302 and place.startswith("/accounts/login/"))


def test_every_address_as_everybody(settings):
    settings.DEMO, settings.METRICS_TOKEN = True, "known to the scraper"
    world = World()
    wanted = table("pages")
    seen, wrong = set(), []
    for route, pattern in routes():
        if route.startswith("admin/"):
            continue
        route = route or "(start)"
        seen.add(route)
        if route not in wanted:
            wrong.append(f"{route}: has no line in {TABLE.name}")
            continue
        path = address(route, pattern, world)
        for person, client in world.clients.items():
            answer = client.get(path)
            if answer.status_code == 405:
                answer = client.post(path, "{}", content_type="application/json")
            if answer.status_code >= 500:
                wrong.append(f"{route} as {person}: {answer.status_code}")
            missing = answer.status_code == 404 and wanted[route] == {"customer"}
            if (is_in(answer) and not missing) != (person in wanted[route]):
                wrong.append(f"{route} as {person}: {answer.status_code}")
            wrong += policy(route, answer)
    wrong += [f"{route}: there is no such route" for route in set(wanted) - seen]
    assert wrong == []


def policy(route: str, answer) -> list[str]:
    """What is wrong with a page's content policy and what is written into it."""
    header = answer.headers.get("Content-Security-Policy", "")
    wrong = []
    if "default-src 'none'" not in header:
        wrong.append(f"{route}: no content policy")
    if "html" in answer.headers.get("Content-Type", "") and not answer.streaming:
        if "unsafe-inline" in header:
            wrong.append(f"{route}: the policy allows what is written into the page")
        found = INLINE.findall(answer.content.decode())
        wrong += [f"{route}: {one}" for one in found]
    return wrong


def test_the_administration_as_everybody():
    """Rights of every role on every model; that lists open is tried below."""
    users = {name: client_user(client) for name, client in World().clients.items()}
    wanted = table("administration")
    wrong, seen = [], set()
    for model, site in admin.site._registry.items():
        label = model._meta.label_lower
        seen.add(label)
        for action in ("view", "add", "change", "delete"):
            line = f"{label} {action}"
            may = set()
            for person, user in users.items():
                request = RequestFactory().get("/admin/")
                request.user = user
                if getattr(site, f"has_{action}_permission")(request) and user.is_staff:
                    may.add(person)
            if may != wanted.get(line, set()):
                wrong.append(f"{line}  {' '.join(sorted(may))}")
    wrong += [line for line in wanted if line.split()[0] not in seen]
    assert wrong == []


def client_user(client):
    from django.contrib.auth import get_user

    request = RequestFactory().get("/")
    request.session = client.session
    return get_user(request)


def test_pages_of_the_administration_hold_the_policy(admin_client):
    World()
    wrong = []
    for model in admin.site._registry:
        app, name = model._meta.app_label, model._meta.model_name
        pages = [f"/admin/{app}/{name}/"]
        row = model._default_manager.first()
        if row is not None:
            pages.append(f"{pages[0]}{row.pk}/change/")
        for page in pages:
            answer = admin_client.get(page)
            assert answer.status_code == 200, page
            wrong += policy(page, answer)
    assert wrong == []
