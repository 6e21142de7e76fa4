"""The shop with risk in its checkout, and a small model that has learned one thing."""

from collections.abc import Callable, Iterator
from decimal import Decimal

import numpy as np
import pytest

from foundation import registry
from foundation.models import ModelVersion
from risk import costs, fraud
from risk.learning.scorer import OrderScorer
from risk.learning.signals import FEATURES
from shop.models import Order
from shop.services import checkout
from tests.shop import stock
from tests.shop.conftest import customer, given
from tests.shop.factories import CartFactory, CartLineFactory, ChannelFactory

__all__ = ["customer"]


@pytest.fixture
def screened(settings, tmp_path, db) -> Iterator[None]:
    """Checkouts are screened; no model is there yet."""
    settings.CHECKOUT_STEPS = [
        "risk.checkout.ScreenOrder",
        "shop.checkout.steps.TakePayment",
        "shop.checkout.steps.PlaceOrder",
    ]
    settings.AVAILABILITY_PROVIDER = "tests.shop.stock.availability"
    settings.ARTEFACT_DIR = tmp_path
    registry.forget_loaded()
    stock.LEVELS.clear()
    yield
    registry.forget_loaded()
    stock.LEVELS.clear()


@pytest.fixture(scope="session")
def scorer() -> OrderScorer:
    """Has learned that many cards in one browser are fraud, and nothing else."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3000, len(FEATURES)))
    column = FEATURES.index("visitor_order_card_1d")
    x[:, column] = rng.integers(0, 2, len(x))
    y = (rng.random(len(x)) < 0.05).astype(int)
    x[y == 1, column] = rng.integers(4, 9, y.sum())
    return OrderScorer(rounds=20, unseen=1e-9).fit(x, y)


@pytest.fixture
def model(screened, scorer) -> ModelVersion:
    version = registry.save_version(
        capability=fraud.CAPABILITY,
        suffix=".npz",
        write=scorer.save,
        parameters={"newest_at": 0.0},
    )
    registry.activate(version)
    costs.learn()
    return version


@pytest.fixture
def buy(screened) -> Callable[..., Order]:
    """Buy goods of a price; keywords as for ``given``, and the ``customer``."""

    def run(price: str = "20.00", customer=None, **changes) -> Order:
        ChannelFactory()
        cart = CartFactory(customer=customer)
        CartLineFactory(cart=cart, variant__price=Decimal(price), quantity=1)
        outcome = checkout.run(cart=cart, customer=customer, given=given(**changes))
        assert outcome.order is not None
        return outcome.order

    return run
