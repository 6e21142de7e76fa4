"""Stages of the import. Each is one transaction with its own mark, so a kill leaves no half stage.

A stage takes the :class:`ImportContext` and returns its summary; one that is marked is not run
again.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from shop.demo import bulk
from shop.demo.source import (
    ZONE,
    Source,
    channel_of_store,
    day_shift,
    moved,
    read_source,
    week_start,
)
from shop.demo.steps import Progress
from shop.demo.vocabulary import (
    STORE_BRAND,
    Words,
    brand_names,
    description,
    format_size,
    load_vocabulary,
    page_title,
)
from shop.models import (
    Campaign,
    CampaignTarget,
    Category,
    Channel,
    Coupon,
    CouponRedemption,
    Customer,
    Deal,
    DemoStage,
    Department,
    Order,
    OrderLine,
    PlannedPromotion,
    Product,
    User,
    Variant,
)

log = logging.getLogger(__name__)
HOUSEHOLD_EMAIL = "household-{}@demo.mercato.example"
ADMIN_EMAIL, AGENT_EMAIL = "admin@demo.mercato.example", "agent@demo.mercato.example"
DEMO_PASSWORD = "mercato-demo"
DEALS = 300


@dataclass
class ImportContext:
    """What stages share; the source is read when the first stage asks for it."""

    size: str
    shift: int
    source: Source | None = None
    notes: dict = field(default_factory=dict)

    def data(self) -> Source:
        if self.source is None:
            self.source = read_source(self.size)
        return self.source


def new_context(size: str, today: date) -> ImportContext:
    """The first import fixes size and shift; later runs keep them."""
    mark, _ = DemoStage.objects.get_or_create(
        name="begin", defaults={"summary": {"size": size, "shift": day_shift(today)}}
    )
    return ImportContext(mark.summary["size"], mark.summary["shift"])


def run_stage(
    name: str,
    stage: Callable[[ImportContext, Progress], dict],
    context: ImportContext,
    progress: Progress,
) -> dict | None:
    """Run a stage that is not marked yet and return its summary; None when it was done before."""
    if DemoStage.objects.filter(name=name).exists():
        return None
    if stage is not load_staff:
        context.data()
    with transaction.atomic():
        summary = stage(context, progress)
        DemoStage.objects.create(name=name, summary=summary)
    return summary


def slug_of(text: str) -> str:
    from django.utils.text import slugify

    return slugify(text)[:150]


def load_channels(context: ImportContext, progress: Progress) -> dict:
    """The online shop and the largest stores."""
    stores = list(dict.fromkeys(channel_of_store(context.data().lines).values()))
    rows = [Channel(code="online", kind="online", name_en="Online shop", name_zh="网上商店")]
    for number, store in enumerate(stores, start=1):
        rows.append(
            Channel(
                code=f"store-{number}",
                kind=Channel.Kind.STORE,
                name_en=f"Store {number}",
                name_zh=f"{number} 号门店",
                source_store_id=store,
                position=number,
            )
        )
    Channel.objects.bulk_create(rows)
    return {"channels": len(rows)}


def load_catalogue(context: ImportContext, progress: Progress) -> dict:
    """Departments, categories, one page per title, one variant per source product."""
    vocabulary = load_vocabulary()
    source = context.data()
    departments = {
        row["slug"]: Department.objects.create(
            slug=row["slug"],
            name_en=row["en"],
            name_zh=row["zh"],
            icon=row["icon"],
            position=10 + position,
        )
        for position, row in enumerate(vocabulary.departments)
    }
    categories = {
        code: Category.objects.create(
            department=departments[words.department],
            slug=words.slug,
            name_en=words.en,
            name_zh=words.zh,
            icon=words.icon,
            age_gated=words.age_gated,
        )
        for code, words in vocabulary.categories.items()
    }
    brands = brand_names(source.products["manufacturer_id"].tolist())
    prices = shelf_prices(source.lines)
    units = source.lines.groupby("product_id")["quantity"].sum()
    newest = source.lines["week"].max()
    recent = source.lines[source.lines["week"] > newest - 4]
    recent_units = recent.groupby("product_id")["quantity"].sum()
    pages: dict[str, Product] = {}
    members: dict[str, list[int]] = {}
    for row in source.products.itertuples():
        name = vocabulary.types[row.product_category, row.product_type]
        store = row.brand == "Private"
        brand = Words(*STORE_BRAND) if store else brands[row.manufacturer_id]
        size = format_size(row.package_size)
        title = page_title(name, brand, size)
        text = description(name, vocabulary.categories[row.product_category], brand, size)
        if title.en not in pages:
            pages[title.en] = Product(
                category=categories[row.product_category],
                slug=slug_of(title.en),
                title_en=title.en,
                title_zh=title.zh,
                description_en=text.en,
                description_zh=text.zh,
                brand_en=brand.en,
                brand_zh=brand.zh,
                size_en=size.en if size else "",
                size_zh=size.zh if size else "",
                product_type=row.product_type,
                source=Product.Source.COMPLETE_JOURNEY,
            )
        members.setdefault(title.en, []).append(row.product_id)
    for title_en, ids in members.items():
        page = pages[title_en]
        page.units_sold = int(units.reindex(ids).fillna(0).sum())
        page.recent_units = int(recent_units.reindex(ids).fillna(0).sum())
        page.min_price = min(prices.get(pk, Decimal("1.00")) for pk in ids)
    Product.objects.bulk_create(pages.values(), batch_size=500)
    variants = []
    for title_en, ids in members.items():
        for position, pk in enumerate(sorted(ids, key=lambda pk: -units.get(pk, 0))):
            several = len(ids) > 1
            variants.append(
                Variant(
                    product=pages[title_en],
                    sku=f"CJ-{pk}",
                    source_product_id=pk,
                    label_en=f"Variety {position + 1}" if several else "",
                    label_zh=f"款式 {position + 1}" if several else "",
                    price=prices.get(pk, Decimal("1.00")),
                    position=position,
                )
            )
    Variant.objects.bulk_create(variants, batch_size=500)
    return {"pages": len(pages), "variants": len(variants)}


def shelf_prices(lines: pd.DataFrame) -> dict[int, Decimal]:
    """Median shelf price of each product over its last eight weeks with sales."""
    bought = lines[lines["quantity"] > 0]
    last = bought.groupby("product_id")["week"].transform("max")
    bought = bought[bought["week"] > last - 8]
    gross = (bought["total"] + bought["retail"] + bought["match"]) / bought["quantity"]
    cents = gross.groupby(bought["product_id"]).median().round().clip(lower=10)
    return {int(pk): Decimal(int(value)) / 100 for pk, value in cents.items()}


def load_households(context: ImportContext, progress: Progress) -> dict:
    """Customers with demo logins. One hash is made for all: they share the demo's password."""
    source = context.data()
    households = np.sort(source.lines["household_id"].unique()).tolist()
    # Outside the demo nobody can sign in as a household.
    password = make_password(DEMO_PASSWORD if settings.DEMO else None)
    users = User.objects.bulk_create(
        [User(email=HOUSEHOLD_EMAIL.format(key), password=password) for key in households],
        batch_size=500,
    )
    facts = source.demographics.astype(object).set_index("household_id")
    customers = []
    for user, key in zip(users, households, strict=True):
        known = facts.loc[key].dropna().to_dict() if key in facts.index else {}
        customers.append(
            Customer(
                user=user,
                household_key=key,
                name=f"Household {key}",
                language="zh-hans" if key % 4 == 0 else "en",
                birth_date=date(1980, 1, 1),
                demographics={name: str(value) for name, value in known.items()},
            )
        )
    Customer.objects.bulk_create(customers, batch_size=500)
    from allauth.account.models import EmailAddress

    EmailAddress.objects.bulk_create(
        [EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users],
        batch_size=500,
    )
    return {"customers": len(customers)}


def load_orders(context: ImportContext, progress: Progress) -> dict:
    """A year of orders and their lines, exact to the cent.

    Shelf price = (total + retail discount + store coupon) / quantity, rounded up to a cent; what
    the rounding adds is part of the line's discount. A line that the source counts as 0 units
    keeps its total and has no unit price.
    """
    lines = context.data().lines
    channel_ids = dict(Channel.objects.values_list("source_store_id", "pk"))
    by_store = {store: channel_ids[big] for store, big in channel_of_store(lines).items()}
    customer_ids = dict(Customer.objects.values_list("household_key", "pk"))
    variant_ids = dict(Variant.objects.values_list("source_product_id", "pk"))
    languages = dict(Customer.objects.values_list("household_key", "language"))
    first_order = (Order.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
    quantity = lines["quantity"].to_numpy()
    gross = (lines["total"] + lines["retail"] + lines["match"]).to_numpy()
    unit = np.where(quantity > 0, -(-gross // np.maximum(quantity, 1)), 0)
    discount = np.where(quantity > 0, unit * quantity - lines["match"] - lines["total"], 0)
    frame = pd.DataFrame(
        {
            "basket": lines["basket_id"],
            "variant_id": lines["product_id"].map(variant_ids),
            "quantity": quantity,
            "unit_price": unit,
            "discount": discount,
            "coupon_discount": lines["match"],
            "total": lines["total"],
        }
    )
    baskets = lines.groupby("basket_id", sort=False).agg(
        household=("household_id", "first"),
        store=("store_id", "first"),
        at=("transaction_timestamp", "first"),
        total=("total", "sum"),
    )
    baskets["discount"] = (
        (frame["discount"] + frame["coupon_discount"]).groupby(frame["basket"], sort=False).sum()
    )
    baskets["id"] = np.arange(first_order, first_order + len(baskets))
    at = moved(baskets["at"], context.shift)
    dollars = baskets["total"] / 100
    postgres = bulk.connection.vendor == "postgresql"
    stamp = "%Y-%m-%d %H:%M:%S+00" if postgres else "%Y-%m-%d %H:%M:%S"
    empty = "{}"
    orders = pd.DataFrame(
        {
            "id": baskets["id"],
            "number": "CJ-" + baskets.index.astype(str),
            "customer_id": baskets["household"].map(customer_ids),
            "channel_id": baskets["store"].map(by_store),
            "email": "",
            "language": baskets["household"].map(languages),
            "status": Order.Status.DELIVERED.value,
            "placed_at": at.dt.strftime(stamp),
            "subtotal": dollars,
            "discount": baskets["discount"] / 100,
            "delivery_fee": 0,
            "total": dollars,
            "refunded": 0,
            "delivery_option": "",
            "delivery_date": at.dt.tz_convert(ZONE).dt.strftime("%Y-%m-%d"),
            "address": empty,
            "access_token": "",
            "source_basket_id": baskets.index,
        }
    )
    total = len(orders) + len(frame)
    done = 0

    def advance(rows: int) -> None:
        nonlocal done
        done += rows
        progress(done, total)

    bulk.insert_frame(Order, orders, advance)
    frame.insert(0, "order_id", frame.pop("basket").map(baskets["id"]))
    for name in ("unit_price", "discount", "coupon_discount", "total"):
        frame[name] = frame[name] / 100
    bulk.insert_frame(OrderLine, frame, advance)
    bulk.reset_sequence(Order)
    bulk.reset_sequence(OrderLine)
    return {"orders": len(orders), "lines": len(frame)}


def load_promotions(context: ImportContext, progress: Progress) -> dict:
    """Planned promotions by variant and week, and this week's deals."""
    source = context.data()
    variants = {
        row.source_product_id: row for row in Variant.objects.exclude(source_product_id=None)
    }
    rows = [
        PlannedPromotion(
            variant=variants[row.product],
            week_start=week_start(row.week, context.shift),
            mailer_share=row.mailer,
            display_share=row.display,
        )
        for row in source.promotions.itertuples()
        if row.week >= 1
    ]
    for start in range(0, len(rows), 20_000):
        PlannedPromotion.objects.bulk_create(rows[start : start + 20_000], batch_size=2000)
        progress(min(start + 20_000, len(rows)), len(rows))
    return {"planned": len(rows), "deals": _load_deals(source, variants)}


def _load_deals(source: Source, variants: dict) -> int:
    """Carry the last weeks' reductions on: the deepest-selling variants in the last mailers."""
    newest = source.lines["week"].max()
    recent = source.lines[(source.lines["week"] > newest - 4) & (source.lines["retail"] > 0)]
    share = recent["retail"] / (recent["total"] + recent["retail"] + recent["match"])
    depth = share.groupby(recent["product_id"]).median()
    sold = recent.groupby("product_id")["quantity"].sum()
    good = depth[(depth >= 0.1) & (depth <= 0.6)].index
    chosen = sold.reindex(good).sort_values(ascending=False, kind="stable").index[:DEALS]
    now = datetime.now(UTC)
    deals = []
    for rank, pk in enumerate(chosen):
        variant = variants[pk]
        price = (variant.price * Decimal(str(round(1 - depth[pk], 2)))).quantize(Decimal("0.01"))
        if price < variant.price:
            ends = now + timedelta(days=7 + 7 * (rank % 3))
            deals.append(Deal(variant=variant, price=price, starts_at=now, ends_at=ends))
    Deal.objects.bulk_create(deals, batch_size=500)
    return len(deals)


def load_campaigns(context: ImportContext, progress: Progress) -> dict:
    """Campaigns, who was targeted, coupons, and who redeemed."""
    source, shift = context.data(), timedelta(days=context.shift)
    campaigns = {
        row.campaign_id: Campaign.objects.create(
            code=f"cj-{row.campaign_id}",
            name_en=f"Campaign {row.campaign_id}",
            name_zh=f"第 {row.campaign_id} 次营销活动",
            kind=row.campaign_type,
            starts_on=row.start_date.date() + shift,
            ends_on=row.end_date.date() + shift,
        )
        for row in source.campaigns.itertuples()
    }
    customers = dict(Customer.objects.values_list("household_key", "pk"))
    targets = [
        CampaignTarget(campaign=campaigns[row.campaign_id], customer_id=customers[row.household_id])
        for row in source.campaign_targets.itertuples()
        if row.household_id in customers
    ]
    CampaignTarget.objects.bulk_create(targets, batch_size=2000)
    zone = ZoneInfo(ZONE)
    coupons = {}
    for upc, campaign_id in source.coupons[["coupon_upc", "campaign_id"]].drop_duplicates().values:
        campaign = campaigns[campaign_id]
        coupons[upc, campaign_id] = Coupon(
            code=f"CJ-{upc}-{campaign_id}",
            campaign=campaign,
            name_en="Manufacturer coupon",
            name_zh="厂商优惠券",
            kind=Coupon.Kind.AMOUNT,
            value=Decimal("1.00"),
            starts_at=datetime.combine(campaign.starts_on, time.min, tzinfo=zone),
            ends_at=datetime.combine(campaign.ends_on + timedelta(days=1), time.min, tzinfo=zone),
            targeted_only=True,
        )
    Coupon.objects.bulk_create(coupons.values(), batch_size=500)
    variant_ids = dict(Variant.objects.values_list("source_product_id", "pk"))
    through = Coupon.variants.through
    links = [
        through(coupon_id=coupons[row.coupon_upc, row.campaign_id].pk, variant_id=pk)
        for row in source.coupons.itertuples()
        if (pk := variant_ids.get(row.product_id))
    ]
    through.objects.bulk_create(links, batch_size=5000)
    redemptions = [
        CouponRedemption(
            coupon=coupons[row.coupon_upc, row.campaign_id],
            customer_id=customers[row.household_id],
            redeemed_at=datetime.combine(row.redemption_date.date() + shift, time(12), tzinfo=zone),
            discount=Decimal("1.00"),
        )
        for row in source.redemptions.itertuples()
        if row.household_id in customers and (row.coupon_upc, row.campaign_id) in coupons
    ]
    CouponRedemption.objects.bulk_create(redemptions, batch_size=2000)
    live = _live_coupons()
    return {
        "campaigns": len(campaigns),
        "targets": len(targets),
        "coupons": len(coupons) + live,
        "redemptions": len(redemptions),
    }


def _live_coupons() -> int:
    now = datetime.now(UTC)
    year = timedelta(days=365)
    rows = [
        ("WELCOME10", "10 % off your order", "全单九折", "percent", 10, 20, now, now + year, 1),
        ("FRESH5", "5 dollars off from 40", "满 40 减 5", "amount", 5, 40, now, now + year, 5),
        ("SUMMER", "Summer sale", "夏季特惠", "percent", 15, 0, now - year, now - year / 2, 1),
    ]
    for code, en, zh, kind, value, minimum, starts, ends, uses in rows:
        Coupon.objects.create(
            code=code,
            name_en=en,
            name_zh=zh,
            kind=kind,
            value=Decimal(value),
            min_subtotal=Decimal(minimum),
            starts_at=starts,
            ends_at=ends,
            max_uses_per_customer=uses,
        )
    return len(rows)


def load_staff(context: ImportContext, progress: Progress) -> dict:
    """An administrator and a support agent, in the demo only."""
    if not settings.DEMO:
        return {"staff": 0}
    from allauth.account.models import EmailAddress

    for email, fields in ((ADMIN_EMAIL, {"is_superuser": True}), (AGENT_EMAIL, {})):
        user, _ = User.objects.get_or_create(
            email=email,
            defaults={"is_staff": True, "password": make_password(DEMO_PASSWORD), **fields},
        )
        EmailAddress.objects.get_or_create(
            user=user, email=email, defaults={"verified": True, "primary": True}
        )
    return {"staff": 2}
