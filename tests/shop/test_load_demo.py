"""The import into the database, on a few baskets that hold every trap of the real data."""

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from shop.demo.calendar import ZONE
from shop.demo.deals import WEEK, refresh_deals
from shop.demo.logins import ADMIN_EMAIL, AGENT_EMAIL, demo_password
from shop.models import (
    Campaign,
    Category,
    Channel,
    Coupon,
    CouponRedemption,
    Customer,
    Deal,
    DemoStage,
    Order,
    OrderLine,
    PlannedPromotion,
    Product,
    Review,
    User,
    Variant,
)
from tests.shop.complete_journey import dumped, make_source

STEPS: list[str] = []


def remember(plan, progress) -> str:
    """A step of another app that works."""
    STEPS.append(plan.size)
    progress(1, 1)
    return "remembered"


def break_down(plan, progress) -> str:
    """A step of another app that does not."""
    raise RuntimeError("no model today")


@pytest.fixture
def demo(db, settings, monkeypatch, tmp_path):
    """The demo's settings, the small data set, and no steps of other apps."""
    settings.DEMO = True
    settings.DEMO_STEPS = []
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr("shop.demo.source.read_source", lambda size, progress: make_source())
    STEPS.clear()
    return settings


def load(**options: object) -> None:
    call_command("load_demo", size="small", **options)


def everything() -> str:
    """What an import leaves behind, without the keys the database gives."""
    lines = OrderLine.objects.order_by("order__number", "variant__sku", "pk")
    return dumped(
        [
            list(Order.objects.order_by("pk").values_list("number", "placed_at", "total")),
            list(
                lines.values_list(
                    "order__number",
                    "variant__sku",
                    "quantity",
                    "unit_price",
                    "discount",
                    "coupon_discount",
                    "total",
                )
            ),
            list(Variant.objects.order_by("sku").values_list("sku", "price", "product__slug")),
            list(User.objects.order_by("email").values_list("email", flat=True)),
            list(CouponRedemption.objects.values_list("coupon__code", "discount", "order__number")),
            [model.objects.count() for model in (Deal, PlannedPromotion, Coupon, Review, Product)],
        ]
    )


def test_totals_equal_the_source(demo):
    load()
    source = make_source().lines
    stored = OrderLine.objects.aggregate(units=Sum("quantity"), revenue=Sum("total"))
    assert OrderLine.objects.count() == len(source)
    assert Order.objects.count() == source["basket_id"].nunique()
    assert stored["units"] == source["quantity"].sum()
    assert round(stored["revenue"] * 100) == source["total"].sum()
    assert round(Order.objects.aggregate(n=Sum("total"))["n"] * 100) == source["total"].sum()


def test_every_line_adds_up(demo):
    load()
    for line in OrderLine.objects.all():
        paid = line.unit_price * line.quantity - line.discount - line.coupon_discount
        assert paid == line.total
    for order in Order.objects.annotate(
        paid=Sum("lines__total"), off=Sum(F("lines__discount") + F("lines__coupon_discount"))
    ):
        assert (order.total, order.subtotal) == (order.paid, order.paid)
        assert order.discount == order.off


def test_baskets_keep_their_weekday_and_hour_and_end_before_today(demo):
    load()
    zone = ZoneInfo(ZONE)
    at = {row.basket_id: row.transaction_timestamp for row in make_source().lines.itertuples()}
    for order in Order.objects.all():
        then = at[order.source_basket_id].tz_localize("UTC").tz_convert(zone)
        now = order.placed_at.astimezone(zone)
        assert (now.weekday(), now.hour, now.minute) == (then.weekday(), then.hour, then.minute)
        assert now < timezone.now()


def test_products_alike_in_maker_type_and_size_share_a_page(demo):
    load()
    gallon = Variant.objects.get(sku="CJ-1001").product
    assert Variant.objects.get(sku="CJ-1002").product == gallon
    assert Variant.objects.get(sku="CJ-1003").product != gallon
    assert sorted(gallon.variants.values_list("label_en", flat=True)) == ["Variety 1", "Variety 2"]
    assert Variant.objects.get(sku="CJ-1003").label_en == ""
    assert gallon.min_price == Decimal("2.99")
    assert Variant.objects.get(sku="CJ-1004").product.category.age_gated


def test_titles_are_unique_and_everything_is_bilingual(demo):
    load()
    assert Product.objects.count() > 300, "the hand-written departments are part of the catalogue"
    for field in ("title_en", "title_zh", "slug"):
        values = list(Product.objects.values_list(field, flat=True))
        assert len(values) == len(set(values))
        assert all(values)
    assert not Category.objects.filter(name_zh="").exists()
    assert Product.objects.filter(source="hand_written", units_sold__gt=0).count() == 0


def test_small_stores_fold_into_channels(demo):
    load()
    assert list(Channel.objects.values_list("code", flat=True)) == ["online", "store-1", "store-2"]
    folded = make_source().lines.query("store_id == 33")["basket_id"].unique().tolist()
    codes = Order.objects.filter(source_basket_id__in=folded).values_list("channel__code")
    assert set(codes) == {("store-2",)}


def test_promotions_move_with_the_orders(demo):
    load()
    plans = PlannedPromotion.objects.filter(variant__sku="CJ-1001").order_by("week_start")
    assert all(plan.week_start.weekday() == 0 for plan in plans)
    last_order = timezone.localdate(Order.objects.latest("placed_at").placed_at)
    week_53 = next(plan for plan in plans if plan.mailer_share == 0.9)
    assert week_53.week_start <= last_order + timedelta(days=7)
    assert week_53.mailer_channels == ["store-1", "store-2"]
    assert week_53.display_channels == ["store-1"]


def test_coupons_know_who_redeemed_them_in_which_order(demo):
    load()
    assert list(Campaign.objects.values_list("customers__household_key", flat=True)) == [1]
    coupon = Coupon.objects.get(code="CJ-501-26")
    redemption = coupon.redemptions.get()
    assert coupon.value == redemption.discount == Decimal("0.50")
    assert redemption.order.lines.filter(variant__in=coupon.variants.all()).exists()
    # A coupon whose products are not sold here would otherwise be one for the whole cart.
    assert not Coupon.objects.get(code="CJ-502-26").is_active
    assert coupon.ends_at < timezone.now()
    assert Coupon.objects.get(code="WELCOME10").ends_at > timezone.now()


def test_reviews_are_by_buyers_and_marked_as_samples(demo):
    load()
    for review in Review.objects.all():
        assert review.is_sample
        bought = OrderLine.objects.filter(order__customer=review.customer)
        assert bought.filter(variant__product=review.product).exists()


def test_households_and_staff_can_sign_in(demo, client):
    load()
    assert Customer.objects.filter(household_key__in=[4, 12], language="zh-hans").count() == 2
    assert client.login(email="household-1@demo.mercato.example", password=demo_password())
    assert User.objects.get(email=ADMIN_EMAIL).is_superuser
    agent = User.objects.get(email=AGENT_EMAIL)
    assert agent.is_staff
    assert not agent.is_superuser
    assert agent.groups.filter(name="Support agents").exists()


def test_outside_the_demo_nobody_can_sign_in(demo, client):
    demo.DEMO = False
    load()
    assert not User.objects.filter(is_staff=True).exists()
    assert not client.login(email="household-1@demo.mercato.example", password=demo_password())
    assert not User.objects.get(email="household-1@demo.mercato.example").has_usable_password()


def test_a_second_run_does_nothing(demo, capsys):
    load()
    before = everything()
    capsys.readouterr()
    load()
    assert "nothing to do" in capsys.readouterr().out
    assert everything() == before


@pytest.mark.parametrize("stage", ["catalogue", "orders", "promotions", "campaigns", "reviews"])
def test_an_import_stopped_in_a_stage_goes_on_as_if_it_had_not_been(demo, monkeypatch, stage):
    """The stage's rows are written and then the process is gone before its mark is."""
    with transaction.atomic():
        load()
        whole = everything()
        transaction.set_rollback(True)
    create = DemoStage.objects.create

    def killed(**fields):
        if fields["name"] == stage:
            raise ConnectionAbortedError
        return create(**fields)

    with monkeypatch.context() as patch:
        patch.setattr(DemoStage.objects, "create", killed)
        with pytest.raises(ConnectionAbortedError):
            load()
    assert not DemoStage.objects.filter(name=stage).exists()
    assert OrderLine.objects.exists() == (stage not in ("catalogue", "orders"))
    load()
    assert everything() == whole


def test_totals_that_differ_are_an_error(demo, monkeypatch):
    from shop.demo.stages import orders

    def lose_a_line(context, progress):
        summary = load_orders(context, progress)
        OrderLine.objects.latest("pk").delete()
        return summary

    load_orders = orders.load_orders
    monkeypatch.setattr(orders, "load_orders", lose_a_line)
    with pytest.raises(CommandError, match="does not match its source"):
        load()


def test_keys_go_on_after_the_imported_ones(demo):
    """On PostgreSQL a sequence has to be told of keys that were given by hand."""
    load()
    order = Order.objects.latest("pk")
    line = OrderLine.objects.latest("pk")
    order.pk, order.number, order.source_basket_id = None, "M-1", None
    order.save()
    line.pk = None
    line.save()
    assert Order.objects.get(number="M-1").pk > 1


def test_a_step_that_is_not_there_is_left_out(demo, capsys):
    demo.DEMO_STEPS = ["no.such.step", f"{__name__}.remember"]
    load()
    assert "no.such.step is not there" in capsys.readouterr().out
    assert STEPS == ["small"]
    load()
    assert STEPS == ["small"], "a step that has run is not run again"


def test_a_step_that_fails_is_told_and_tried_again(demo, capsys):
    demo.DEMO_STEPS = [f"{__name__}.break_down", f"{__name__}.remember"]
    with pytest.raises(CommandError, match="break_down") as error:
        load()
    assert error.value.returncode == 3
    assert STEPS == ["small"], "the steps after it are run all the same"
    assert "no model today" in capsys.readouterr().out
    with pytest.raises(CommandError):
        load()
    assert STEPS == ["small"]


def test_deals_run_now_and_are_renewed_when_they_have_ended(demo):
    load()
    now = timezone.now()
    offers = DemoStage.objects.get(name="deals").summary["offers"]
    assert offers, "a product of the last mailers is reduced"
    assert Deal.objects.filter(starts_at__lte=now + WEEK, ends_at__gt=now).exists()
    for deal in Deal.objects.select_related("variant"):
        assert 0 < deal.price < deal.variant.price
    assert refresh_deals() == 0, "they have not ended"
    mark = DemoStage.objects.get(name="deals")
    mark.summary["week"] = (now - 3 * WEEK).isoformat()
    mark.save()
    count = Deal.objects.count()
    assert refresh_deals() == len(offers)
    assert Deal.objects.count() == 2 * count
    assert refresh_deals() == 0


def test_two_imports_do_not_run_at_once(demo):
    from shop.management.commands.load_demo import only_one

    with only_one(), pytest.raises(CommandError, match="Another import is running"):
        load()
