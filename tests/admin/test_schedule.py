"""What runs by itself, told to staff; and a sidebar without doors that are locked."""

import doctest
import re

import pytest
from django.conf import settings
from django.utils import translation
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from config import admin as schedule
from config.roles import ADMINISTRATORS, ROLES
from tests.admin.people import member

pytestmark = pytest.mark.django_db


def test_the_examples_hold():
    assert doctest.testmod(schedule).failed == 0


def test_every_task_of_the_schedule_is_told_in_words():
    assert settings.CELERY_BEAT_SCHEDULE.keys() <= schedule.WHAT.keys()


def test_a_task_is_shown_with_what_it_does_and_how_often(client):
    interval = IntervalSchedule.objects.create(every=3600, period=IntervalSchedule.SECONDS)
    PeriodicTask.objects.create(
        name="shop-erasures", task="shop.tasks.erase_due", interval=interval
    )
    client.force_login(member(ADMINISTRATORS))
    address = "/admin/django_celery_beat/periodictask/"
    page = client.get(address, HTTP_ACCEPT_LANGUAGE="zh-hans").content.decode()
    with translation.override("zh-hans"):
        assert str(schedule.WHAT["shop-erasures"]) in page
        assert schedule.every(3600) in page


@pytest.mark.parametrize("role", ROLES)
def test_every_link_of_the_sidebar_opens(client, role):
    client.force_login(member(role))
    page = client.get("/admin/").content.decode()
    sidebar = page[page.index('id="nav-sidebar-inner"') :].partition("</nav>")[0]
    links = set(re.findall(r'href="(/admin/\w+/\w+/)"', sidebar))
    assert links
    assert {link for link in links if client.get(link).status_code != 200} == set()
