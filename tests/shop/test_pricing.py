"""Whoever asks for a price, a variant's deals are weighed in the same way."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from shop.models import Variant
from shop.pricing import offers, offers_by_product, read_offers
from tests.shop.factories import DealFactory, VariantFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def asked_in_every_way(variant: Variant) -> set[tuple[Decimal, datetime | None]]:
    rows = Variant.objects.filter(pk=variant.pk)
    found = [
        offers([variant])[variant.pk],
        read_offers(rows)[1][variant.pk],
        *offers_by_product(rows)[0][variant.product_id],
    ]
    return {(offer.price, offer.deal_ends_at) for offer in found}


@pytest.mark.parametrize("ends", [(1, 3), (3, 1)], ids=["longer last", "longer first"])
def test_the_lowest_price_counts_and_of_two_alike_the_one_that_lasts_longer(ends):
    variant, now = VariantFactory(price=Decimal("10.00")), timezone.now()
    for days in ends:
        DealFactory(variant=variant, price=Decimal("7.00"), ends_at=now + days * DAY)
    DealFactory(variant=variant, price=Decimal("8.00"), ends_at=now + 9 * DAY)
    assert asked_in_every_way(variant) == {(Decimal("7.00"), now + 3 * DAY)}


def test_a_deal_that_does_not_run_or_saves_nothing_is_none():
    variant, now = VariantFactory(price=Decimal("10.00")), timezone.now()
    DealFactory(variant=variant, price=Decimal("1.00"), starts_at=now - 2 * DAY, ends_at=now - DAY)
    DealFactory(variant=variant, price=Decimal("1.00"), starts_at=now + DAY, ends_at=now + 2 * DAY)
    DealFactory(variant=variant, price=Decimal("10.00"))
    assert asked_in_every_way(variant) == {(Decimal("10.00"), None)}
