"""One vector of a product from several: what is missing costs little."""

import numpy as np
import pytest

from foundation.encoders import DEFAULT, get_encoder
from foundation.learning.profile import ProfileOptions, concatenated, fit_profile, without

THINGS = {
    "breakfast": ["corn flakes", "whole milk", "rolled oats", "orange juice", "strawberry jam"],
    "pasta": ["spaghetti", "tomato sauce", "grated parmesan", "olive oil", "basil pesto"],
    "washing": ["dish soap", "laundry detergent", "bleach", "kitchen sponge", "fabric softener"],
    "baby": ["diapers", "baby wipes", "infant formula", "baby shampoo", "pacifier"],
    "pets": ["dog food", "cat litter", "dog treats", "cat food", "flea collar"],
}
BASKET = np.repeat(np.arange(len(THINGS)), 5)


@pytest.fixture(scope="module")
def products():
    rng = np.random.default_rng(0)
    text = get_encoder(DEFAULT).encode([name for names in THINGS.values() for name in names])
    behaviour = np.eye(len(THINGS))[BASKET] + 0.1 * rng.normal(size=(len(BASKET), len(THINGS)))
    price = rng.random((len(BASKET), 3))
    modalities = {"text": text, "behaviour": behaviour, "price": price}
    pairs = np.argwhere((BASKET[:, None] == BASKET) & ~np.eye(len(BASKET), dtype=bool))
    return {name: part.astype(np.float32) for name, part in modalities.items()}, pairs


def _share_of_own_basket(asking, among) -> float:
    scores = asking @ among.T
    np.fill_diagonal(scores, -1)
    nearest = np.argsort(-scores, axis=1)[:, :4]
    return float((BASKET[nearest] == BASKET[:, None]).mean())


def test_without_its_behaviour_a_product_finds_its_basket_by_its_name(products) -> None:
    modalities, pairs = products
    found = {}
    for dropout in (0.0, 0.5):
        options = ProfileOptions(width=16, dropout=dropout, batch=32)
        model, history = fit_profile(modalities, pairs, epochs=20, options=options)
        assert history.losses[-1] < history.losses[0]
        among = model.encode(modalities)
        assert np.allclose(np.linalg.norm(among, axis=1), 1.0, atol=1e-5)
        assert _share_of_own_basket(among, among) > 0.95
        asking = model.encode(without(modalities, "behaviour"))
        found[dropout] = _share_of_own_basket(asking, among)
    plain = concatenated(modalities)
    unfused = _share_of_own_basket(concatenated(without(modalities, "behaviour")), plain)
    assert found[0.5] >= found[0.0]
    assert found[0.5] > 1.4 * unfused


def test_what_has_no_modality_has_no_direction_and_harms_nobody(products) -> None:
    modalities, pairs = products
    holes = {name: part.copy() for name, part in modalities.items()}
    for part in holes.values():
        part[0] = np.nan
    holes["text"][1] = np.nan
    model, _ = fit_profile(holes, pairs, epochs=1, options=ProfileOptions(width=16, batch=32))
    vectors = model.encode(holes)
    assert not vectors[0].any()
    assert np.isfinite(vectors).all()
    assert vectors[1].any()
