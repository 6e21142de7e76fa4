"""The shop's campaigns and orders as the arrays that the redemption model takes. Read-only."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from django.db.models import BooleanField, Case, QuerySet, Value, When
from django.utils import timezone
from scipy import sparse

from recommend.days import ordinals
from recommend.learning.coupons import Campaigns, Spending
from shop.models import (
    Campaign,
    CampaignTarget,
    Coupon,
    CouponRedemption,
    Customer,
    Order,
    OrderLine,
    Product,
)
from shop.privacy import consent

CHUNK = 50_000
LINE = np.dtype(
    [("order", "i8"), ("product", "i8"), ("total", "f8"), ("coupon", "?"), ("reduced", "?")]
)
Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ShopCampaigns:
    """Spending and campaigns whose days are ordinals, with the ids of users, items, campaigns."""

    spending: Spending
    campaigns: Campaigns
    customers: Ids
    products: Ids
    numbers: Ids

    def row_of(self, campaign: Campaign) -> int:
        """Return the campaign's row in the arrays."""
        return int(np.searchsorted(self.numbers, campaign.pk))

    def ended(self) -> npt.NDArray[np.intp]:
        """Return the rows of campaigns that are over and went to somebody, first ended first."""
        today = timezone.localdate().toordinal()
        sent = np.isin(np.arange(len(self.numbers)), self.campaigns.sent_campaign)
        rows = np.flatnonzero(sent & (self.campaigns.ends < today))
        return rows[np.argsort(self.campaigns.ends[rows], kind="stable")]


def read() -> ShopCampaigns:
    """Read those who allow personal offers, their order lines, every campaign and its outcome.

    Ids are not pseudonyms here: the same arrays say whom a plan is for. The model keeps none.
    """
    people = Customer.objects.filter(consent.granted(consent.ADVERTISING))
    customers, products, numbers = (
        np.fromiter(rows.order_by("pk").values_list("pk", flat=True), np.int64)
        for rows in (people, Product.objects.all(), Campaign.objects.all())
    )
    spending = _spending(customers, products)
    return ShopCampaigns(
        spending, _campaigns(customers, products, numbers), customers, products, numbers
    )


def _spending(customers: Ids, products: Ids) -> Spending:
    agreed = consent.granted(consent.ADVERTISING, "customer__")
    kept = Order.objects.filter(agreed).exclude(status=Order.Status.CANCELLED)
    orders = pd.DataFrame.from_records(
        kept.order_by().values_list("pk", "customer_id", "placed_at"),
        columns=["order", "customer", "placed"],
    )
    rows = OrderLine.objects.order_by().values_list(
        "order_id",
        "variant__product_id",
        "total",
        _above_0("coupon_discount"),
        _above_0("discount"),
    )
    lines = pd.DataFrame(np.fromiter(rows.iterator(chunk_size=CHUNK), dtype=LINE))
    lines = lines.merge(orders, on="order")
    lines["day"] = ordinals(lines["placed"])
    lines = lines.sort_values("day", kind="stable")
    categories = dict(Product.objects.values_list("pk", "category_id"))
    return Spending(
        users=_places(customers, lines["customer"]),
        items=_places(products, lines["product"]),
        days=lines["day"].to_numpy(np.int32),
        amounts=lines["total"].to_numpy(np.float32),
        with_coupon=lines["coupon"].to_numpy(bool),
        discounted=lines["reduced"].to_numpy(bool),
        n_users=len(customers),
        categories=pd.factorize(np.array([categories[int(pk)] for pk in products]))[0].astype(
            np.int32
        ),
    )


def _above_0(name: str) -> Case:
    return Case(
        When(**{f"{name}__gt": 0}, then=Value(True)),
        default=Value(False),
        output_field=BooleanField(),
    )


def _campaigns(customers: Ids, products: Ids, numbers: Ids) -> Campaigns:
    about = pd.DataFrame.from_records(
        Campaign.objects.order_by("pk").values_list("starts_on", "ends_on", "kind"),
        columns=["starts", "ends", "kind"],
    )
    agreed = consent.granted(consent.ADVERTISING, "customer__")
    targets = CampaignTarget.objects.filter(agreed)
    sent = _frame(targets.values_list("campaign_id", "customer_id"))
    pairs = Coupon.objects.filter(campaign__isnull=False, variants__isnull=False)
    coupons = _frame(pairs.values_list("campaign_id", "variants__product_id").distinct())
    redeemed = pd.DataFrame.from_records(
        CouponRedemption.objects.filter(agreed, coupon__campaign__isnull=False).values_list(
            "coupon__campaign_id", "customer_id", "redeemed_at"
        ),
        columns=["campaign", "other", "at"],
    )
    where = (_places(numbers, coupons["campaign"]), _places(products, coupons["other"]))
    ones = np.ones(len(coupons), np.float32)
    return Campaigns(
        starts=_of_dates(about["starts"]),
        ends=_of_dates(about["ends"]),
        # Sorted, so that a type keeps its number from training to serving.
        kinds=pd.factorize(about["kind"].astype(str), sort=True)[0].astype(np.int32),
        products=sparse.csr_array(sparse.coo_array((ones, where), (len(numbers), len(products)))),
        sent_campaign=_places(numbers, sent["campaign"]),
        sent_user=_places(customers, sent["other"]),
        redeemed_campaign=_places(numbers, redeemed["campaign"]),
        redeemed_user=_places(customers, redeemed["other"]),
        redeemed_day=ordinals(redeemed["at"]),
    )


def _frame(rows: QuerySet) -> pd.DataFrame:
    return pd.DataFrame.from_records(rows, columns=["campaign", "other"])


def _places(values: Ids, wanted: pd.Series) -> npt.NDArray[np.int32]:
    return np.searchsorted(values, wanted.to_numpy(np.int64)).astype(np.int32)


def _of_dates(days: pd.Series) -> npt.NDArray[np.int32]:
    return np.array([day.toordinal() for day in days], np.int32)
