"""One trained shop for all tests here: making it costs more than they do.

It is made in a transaction that stays open; what a test changes is rolled back to it.
"""

from collections.abc import Iterator

import pytest
from django.conf import settings as configuration
from django.db import transaction

from foundation import registry
from recommend import services
from shop import events
from shop.models import Customer
from tests.recommend.conftest import World, make_world
from tests.shop.factories import CustomerFactory

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(scope="package")
def standing(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[World]:
    folder = configuration.ARTEFACT_DIR
    configuration.ARTEFACT_DIR = tmp_path_factory.mktemp("artefacts")
    try:
        with django_db_blocker.unblock(), transaction.atomic():
            made = make_world()
            services.build_search_index(lambda done, total: None)
            services.train_recommender(lambda done, total: None)
            yield made
            transaction.set_rollback(True)
    finally:
        configuration.ARTEFACT_DIR = folder


@pytest.fixture(autouse=True)
def clean_process() -> Iterator[None]:
    """Models and waiting events of one test are not those of the next."""
    registry.forget_loaded()
    events._waiting.clear()
    yield
    events._waiting.clear()
    registry.forget_loaded()


@pytest.fixture
def world(standing: World, db) -> World:
    """The standing shop, with objects of one's own to change."""
    shopper = Customer.objects.get(pk=standing.shopper.pk)
    return World(standing.products, standing.variants, shopper)


@pytest.fixture
def guest(world: World) -> Customer:
    """Somebody who has never bought anything."""
    return CustomerFactory(name="New here")


@pytest.fixture
def signed_in(client, world: World):
    client.force_login(world.shopper.user, backend=BACKEND)
    return client
