"""How demand follows prices: learnt from the shop's own changes, kept when it says more of the
last weeks than the published mean does."""

from datetime import timedelta

import numpy as np

from foundation import registry
from foundation.models import ModelVersion
from foundation.runs import training_run
from inventory.learning import elasticity
from inventory.learning.elasticity import HELD_OUT_WEEKS, Elasticities
from inventory.selectors.history import History
from shop.models import Variant

CAPABILITY = "inventory.elasticity"


def learn_elasticities(history: History) -> ModelVersion | None:
    """Learn without the last weeks, compare on them, activate what wins.

    None when no price changed, before or in the weeks that are kept apart: nothing can be said.
    """
    weeks = _weeks(history)
    cut = weeks.units.shape[1] - HELD_OUT_WEEKS
    known, later = weeks.between(0, cut), weeks.between(cut, cut + HELD_OUT_WEEKS)
    found = elasticity.learn(known)
    surprise = elasticity.loss(later, known, found)
    published = elasticity.loss(later, known, None)
    if not found.categories or not np.isfinite([surprise, published]).all():
        return None
    with training_run(CAPABILITY) as run:
        version = registry.save_version(
            capability=CAPABILITY,
            suffix=".json",
            write=found.save,
            data_from=history.first_day,
            data_to=history.next_day - timedelta(days=1),
            parameters={"categories": len(found.categories), "changes": found.shop.changes},
            metrics={
                "surprise": round(surprise, 5),
                "published_surprise": round(published, 5),
                "elasticity": round(found.shop.mean, 3),
            },
        )
        run.finish_with(version)
        # Every version is measured on the weeks after its own, so it is held against the
        # published mean there; an older one saw other weeks.
        verdict = registry.promote(
            version,
            "surprise",
            higher_is_better=False,
            floor={"surprise": published},
            active_metrics={"surprise": published},
        )
        run.report(1, 1, verdict.reason)
        return version


def elasticities() -> Elasticities | None:
    """What was learnt; None as long as the published mean is all there is."""
    return registry.active_artefact(CAPABILITY, lambda path, _version: Elasticities.load(path))


def _weeks(history: History) -> elasticity.Weeks:
    panel = history.panel
    pairs = Variant.objects.order_by().values_list("pk", "product__category_id")
    category = dict(pairs.iterator(20_000))
    keys = np.array([category.get(pk) or 0 for pk in history.variant_ids.tolist()])
    # What is paid: shelf prices rise before they are cut, and nobody buys at them then.
    paid = panel.price * (1 - panel.discount)
    return elasticity.Weeks(panel.units, paid, panel.plan[:, : panel.n_weeks], keys)
