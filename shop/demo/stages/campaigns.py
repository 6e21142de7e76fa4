"""Campaigns, who was targeted, coupons, and who redeemed; a few coupons that work today."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pandas as pd

from shop.demo import bulk
from shop.demo.calendar import ZONE
from shop.demo.context import ImportContext
from shop.demo.source import Source
from shop.demo.steps import Progress
from shop.models import (
    Campaign,
    CampaignTarget,
    Category,
    Coupon,
    CouponRedemption,
    Customer,
    Order,
    Variant,
)

USUAL_CENTS = 100
"""Value of a coupon nobody redeemed here: the median of those that were."""
KEY = ["coupon_upc", "campaign_id"]
YEAR = timedelta(days=365)


def load_campaigns(context: ImportContext, progress: Progress) -> dict:
    """Everything about campaigns, in the order the tables need each other."""
    source = context.data()
    redeemed = redeemed_amounts(source)
    campaigns = _campaigns(source, timedelta(days=context.shift))
    targets = _targets(source, campaigns)
    progress(1, 4)
    coupons, links = _coupons(source, campaigns, coupon_cents(redeemed))
    progress(2, 4)
    redemptions = _redemptions(context, redeemed, coupons)
    progress(3, 4)
    live = _live_coupons(datetime.now(UTC))
    progress(4, 4)
    return {
        "campaigns": len(campaigns),
        "targets": targets,
        "coupons": len(coupons) + live,
        "products on coupons": links,
        "redemptions": redemptions,
    }


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(ZONE))


def _campaigns(source: Source, shift: timedelta) -> dict[int, Campaign]:
    rows = {
        row.campaign_id: Campaign(
            code=f"cj-{row.campaign_id}",
            name_en=f"Campaign {row.campaign_id}",
            name_zh=f"第 {row.campaign_id} 次营销活动",
            kind=row.campaign_type,
            starts_on=row.start_date.date() + shift,
            ends_on=row.end_date.date() + shift,
        )
        for row in source.campaigns.itertuples()
    }
    Campaign.objects.bulk_create(rows.values())
    return rows


def _targets(source: Source, campaigns: dict[int, Campaign]) -> int:
    customers = dict(Customer.objects.values_list("household_key", "pk"))
    frame = source.campaign_targets
    frame = frame[frame["household_id"].isin(customers)]
    rows = pd.DataFrame(
        {
            "campaign_id": frame["campaign_id"].map({key: c.pk for key, c in campaigns.items()}),
            "customer_id": frame["household_id"].map(customers),
        }
    )
    bulk.insert_frame(CampaignTarget, rows)
    return len(rows)


def redeemed_amounts(source: Source) -> pd.DataFrame:
    """Redemptions of the households here, with the basket and the cents taken off where known.

    A redemption names no basket: it is found by a line of that household and day, of a product
    the coupon is for, on which a maker's coupon paid. Columns: household_id, coupon_upc,
    campaign_id, redemption_date, cents, basket_id (both may be missing).
    """
    frame = source.redemptions
    frame = frame[frame["household_id"].isin(source.households)].reset_index(drop=True)
    frame["redemption"] = frame.index
    paid = source.lines[source.lines["maker"] > 0]
    local = paid["transaction_timestamp"].dt.tz_localize("UTC").dt.tz_convert(ZONE)
    paid = paid.assign(redemption_date=local.dt.tz_localize(None).dt.normalize())
    found = frame.merge(source.coupons, on=KEY).merge(
        paid[["household_id", "product_id", "redemption_date", "basket_id", "maker"]],
        on=["household_id", "product_id", "redemption_date"],
    )
    first = found.sort_values(["redemption", "basket_id", "product_id"], kind="stable")
    first = first.drop_duplicates("redemption").set_index("redemption")
    return frame.assign(cents=first["maker"], basket_id=first["basket_id"])


def coupon_cents(redeemed: pd.DataFrame) -> dict[int, int]:
    """Median of what each coupon took off, in cents, by coupon_upc."""
    medians = redeemed.dropna(subset=["cents"]).groupby("coupon_upc")["cents"].median()
    return {int(upc): round(cents) for upc, cents in medians.items()}


def _coupons(
    source: Source, campaigns: dict[int, Campaign], cents: dict[int, int]
) -> tuple[dict[tuple[int, int], Coupon], int]:
    """Coupons of the past, by (coupon_upc, campaign); all have expired with their campaign."""
    variants = {
        row["source_product_id"]: row
        for row in Variant.objects.exclude(source_product_id=None).values(
            "pk", "source_product_id", "product__category_id"
        )
    }
    names = {row.pk: row for row in Category.objects.all()}
    frame = source.coupons
    sold = frame[frame["product_id"].isin(variants)]
    category = sold["product_id"].map(lambda pk: variants[pk]["product__category_id"])
    usual = category.groupby([sold[name] for name in KEY]).agg(lambda ids: ids.mode().iloc[0])
    coupons = {}
    for upc, campaign_id in frame[KEY].drop_duplicates().itertuples(index=False):
        campaign = campaigns[campaign_id]
        on = names.get(usual.get((upc, campaign_id)))
        coupons[upc, campaign_id] = Coupon(
            code=f"CJ-{upc}-{campaign_id}",
            campaign=campaign,
            name_en=f"Coupon: {on.name_en}" if on else "Coupon",
            name_zh=f"优惠券：{on.name_zh}" if on else "优惠券",
            kind=Coupon.Kind.AMOUNT,
            value=Decimal(cents.get(upc, USUAL_CENTS)) / 100,
            starts_at=_midnight(campaign.starts_on),
            ends_at=_midnight(campaign.ends_on + timedelta(days=1)),
            targeted_only=True,
            # Without products a coupon is for the whole cart, which this one never was.
            is_active=on is not None,
        )
    Coupon.objects.bulk_create(coupons.values(), batch_size=500)
    keys = {key: coupon.pk for key, coupon in coupons.items()}
    links = pd.DataFrame(
        {
            "coupon_id": [keys[key] for key in sold[KEY].itertuples(index=False, name=None)],
            "variant_id": sold["product_id"].map(lambda pk: variants[pk]["pk"]).to_numpy(),
        }
    )
    bulk.insert_frame(Coupon.variants.through, links)
    return coupons, len(links)


def _redemptions(
    context: ImportContext, redeemed: pd.DataFrame, coupons: dict[tuple[int, int], Coupon]
) -> int:
    customers = dict(Customer.objects.values_list("household_key", "pk"))
    baskets = redeemed["basket_id"].dropna().astype("int64").tolist()
    orders = dict(
        Order.objects.filter(source_basket_id__in=baskets).values_list("source_basket_id", "pk")
    )
    shift = timedelta(days=context.shift)
    rows = []
    for row in redeemed.itertuples():
        coupon = coupons.get((row.coupon_upc, row.campaign_id))
        if coupon is None:
            continue
        known = not pd.isna(row.cents)
        rows.append(
            CouponRedemption(
                coupon=coupon,
                customer_id=customers[row.household_id],
                order_id=orders.get(int(row.basket_id)) if known else None,
                redeemed_at=_midnight(row.redemption_date.date() + shift) + timedelta(hours=12),
                discount=Decimal(int(row.cents)) / 100 if known else coupon.value,
            )
        )
    CouponRedemption.objects.bulk_create(rows, batch_size=2000)
    return len(rows)


def _live_coupons(now: datetime) -> int:
    """Codes to try at the checkout: two that work and one that has expired."""
    rows = [
        ("WELCOME10", "10 % off your order", "全单九折", "percent", 10, 20, now + YEAR, 1),
        ("FRESH5", "5 dollars off from 40", "满 40 减 5", "amount", 5, 40, now + YEAR, 5),
        ("SUMMER15", "Summer sale", "夏季特惠", "percent", 15, 0, now - YEAR / 4, 1),
    ]
    Coupon.objects.bulk_create(
        Coupon(
            code=code,
            name_en=en,
            name_zh=zh,
            kind=kind,
            value=Decimal(value),
            min_subtotal=Decimal(minimum),
            starts_at=ends - 2 * YEAR,
            ends_at=ends,
            max_uses_per_customer=uses,
        )
        for code, en, zh, kind, value, minimum, ends, uses in rows
    )
    return len(rows)
