"""Experiments on the start page: who takes part, what is logged, what staff are told."""

from collections import Counter
from datetime import timedelta

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from foundation.models import ModelVersion
from recommend import experiments
from recommend.models import Experiment
from recommend.selectors.rails import explained
from recommend.services import NotEnoughData
from shop import events
from shop.models import Customer, Event
from shop.privacy.consent import Trace

BEFORE = timedelta(hours=13)


def logged(key: str, people: int, rates: dict[str, float], *, seed: int = 1) -> None:
    """Page views of that many guests by equal shares, and clicks with their layout's rate."""
    rng, at, rows = np.random.default_rng(seed), timezone.now() - BEFORE, []
    for number in range(people):
        arm = experiments.NAMES[number % len(experiments.NAMES)]
        who = {"visitor": f"guest {number}", "at": at}
        data = {"arm": arm, "p": 1 / 3, "x": [1.0, 0.0, 0.4, 0.0]}
        rows.append(Event(kind="impression", surface=f"experiment-{key}", data=data, **who))
        if rng.random() < rates.get(arm, 0.1):
            rows.append(Event(kind="view", surface="rail-home-popular", **who))
    Event.objects.bulk_create(rows)


def page_exposures(client) -> list[Event]:
    client.get("/")
    return [event for event in events._waiting if event.surface.startswith("experiment-")]


def test_who_allows_it_takes_part_and_stays_in_an_arm(signed_in, world):
    assert page_exposures(signed_in) == []
    Experiment.objects.create(key="layout")
    first, second = page_exposures(signed_in)[0], page_exposures(signed_in)[-1]
    assert first.data == second.data
    assert first.data["p"] == pytest.approx(1 / 3, abs=1e-6)
    assert first.customer_id == world.shopper.pk
    events._waiting.clear()
    Customer.objects.filter(pk=world.shopper.pk).update(personalisation=False)
    assert page_exposures(signed_in) == []


def test_arms_differ_in_the_order_and_in_nothing_else(world):
    events.record("view", visitor="v", product_id=world.products["coffee"].pk)
    found, _known = explained("home", customer=world.shopper, visitor="v")
    first = set()
    for layout in experiments.NAMES:
        shown = experiments.arranged(found, layout)
        assert sorted(shown, key=id) == sorted(found, key=id)
        first.add(shown[0].reason_code)
    assert first == {"buy_again", "new_for_you", "because_viewed"}


def test_every_arm_is_tried_with_the_chance_that_is_logged(world):
    running = Experiment.objects.create(key="layout")
    _found, known = explained("home")
    shown = [experiments.choose(running, Trace(f"v{number}"), known) for number in range(600)]
    counts = Counter(one.layout for one in shown if one)
    assert set(counts) == set(experiments.NAMES)
    assert min(counts.values()) > 600 / 3 * 0.8
    assert experiments.running(Trace()) is None


def test_one_runs_at_a_time(world):
    Experiment.objects.create(key="one")
    with pytest.raises(ValidationError, match="Another experiment is running"):
        Experiment(key="two").full_clean()


def test_staff_see_the_lift_with_its_interval(admin_client, world):
    running = Experiment.objects.create(key="layout")
    page = reverse("admin:recommend_experiment_change", args=[running.pk])
    assert "–" in admin_client.get(page).content.decode()
    logged("layout", 1500, {"new_first": 0.3})
    control, new, viewed = experiments.results("layout")
    assert control.lift is None
    assert new.lift.decided
    assert new.lift.low > 0
    assert not viewed.lift.decided
    text = admin_client.get(page).content.decode()
    assert f"{100 * new.lift.low:+.1f} – {100 * new.lift.high:+.1f}" in text


def test_a_second_arm_of_a_person_counts_for_nothing(world):
    logged("layout", 3, dict.fromkeys(experiments.NAMES, 0.0))
    later = timezone.now() - BEFORE + timedelta(minutes=5)
    data = {"arm": "new_first", "p": 1 / 3, "x": [1.0, 0.0, 0.4, 0.0]}
    who = {"visitor": "guest 0", "at": later}
    Event.objects.create(kind="impression", surface="experiment-layout", data=data, **who)
    Event.objects.create(kind="view", surface="rail-home-popular", **who)
    # The click lies within twelve hours of the first view too, so the first arm has it.
    assert [(arm.units, arm.hits) for arm in experiments.results("layout")] == [
        (1, 1),
        (1, 0),
        (1, 0),
    ]


def test_the_bandit_learns_what_is_clicked_and_passes_a_gate(world):
    running = Experiment.objects.create(key="learned", kind=Experiment.Kind.BANDIT)
    with pytest.raises(NotEnoughData):
        experiments.train()
    logged("learned", 1500, {"viewed_first": 0.4})
    assert [round(one.value, 1) for one in experiments.values("learned")][2] == 0.4
    version = experiments.train()
    assert version.status == ModelVersion.Status.ACTIVE
    assert version.metrics["value"] > version.metrics["value_of_usual"]
    _found, known = explained("home")
    shown = [experiments.choose(running, Trace(f"v{number}"), known) for number in range(100)]
    counts = Counter(one.layout for one in shown)
    assert counts.most_common(1)[0][0] == "viewed_first"
    assert all(one.chance > 0 for one in shown)
    names = [one.name for one in experiments.values("learned")]
    assert names == [*experiments.NAMES, experiments.LEARNED]


def test_what_new_products_got_is_counted(signed_in, admin_client, world):
    signed_in.get("/")
    events.flush()
    (new,) = {
        pk
        for shown in Event.objects.filter(surface="rail-home-new_for_you")
        for pk in shown.data["explored"]
    }
    Event.objects.create(
        kind="view", surface="rail-home-new_for_you", product_id=new, at=timezone.now()
    )
    assert experiments.exposure_of_new() == experiments.Exposure(1, 1, 1)
    page = admin_client.get(reverse("admin:recommend_experiment_changelist")).content.decode()
    assert "1 products, shown 1 times, clicked 1 times" in page


def test_clicks_tell_which_of_two_rankings_people_prefer(world):
    at = timezone.now() - BEFORE
    rows = []
    for number in range(300):
        who = {"visitor": f"guest {number}", "at": at}
        rows.append(
            Event(kind="impression", surface="experiment-two", data={"teams": [[1], [2]]}, **who)
        )
        # Two of three click what the first ranking gave, one what the other did.
        product = 2 if number % 3 == 0 else 1
        view = {"kind": "view", "surface": "rail-home-new_for_you"}
        rows.append(Event(product_id=product, **view, **who))
    Event.objects.bulk_create(rows)
    found = experiments.preferences("two")
    assert (found.learned, found.blend) == (200, 100)
    assert found.lift.low > 0
