"""What customers ask for after they bought, and what they decide about their data."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.seed import READER, SHOPPER
from tests.browser.steps import (
    confirm_access,
    expect_order,
    fill_address,
    fits,
    pay,
    put_into_cart,
    sign_in,
)
from tests.browser.workplace import ADVERTISED

BOTH = pytest.mark.parametrize(("language", "phone"), [("en", False), ("zh", True)])
MILK = "whole-milk"


def open_delivered(page: Page) -> None:
    """The delivered order of which nothing is on its way back."""
    page.goto("/orders/")
    addresses = [row.get_attribute("href") for row in page.locator("main .orders__row").all()]
    for address in addresses:
        page.goto(address or "")
        if page.locator("a[href$='/return/']").count():
            return
    raise AssertionError("nothing can be returned")


@BOTH
def test_a_delivered_order_goes_back_in_parts(visitor, language, phone):
    """One unit each time: the second time there is what the first left."""
    page = visitor(language, phone=phone)
    sign_in(page, READER)
    open_delivered(page)
    page.locator("a[href$='/return/']").click()
    assert fits(page)
    page.locator("main input[type=number]").first.fill("1")
    page.locator("main select").select_option("damaged")
    page.locator("main textarea").fill("The bottle leaked.")
    page.locator("main form button").click()
    page.wait_for_url(re.compile(r"/orders/[^/]+/$"))
    asked = {"en": "Requested", "zh": "已申请"}[language]
    expect(page.locator(".till__side section .status").first).to_have_text(asked)
    assert fits(page)


def test_a_review_with_a_photo_waits_for_staff(visitor):
    page = visitor("zh", phone=True)
    sign_in(page, READER)
    page.goto(f"/p/{MILK}/review/")
    page.locator("main fieldset label").nth(3).click()
    page.fill("#id_title", "很好喝")
    page.fill("#id_body", "孩子每天都要喝。")
    photo = io.BytesIO()
    Image.new("RGB", (320, 240), "#88aacc").save(photo, "JPEG")
    page.set_input_files(
        "#id_photos", {"name": "milk.jpg", "mimeType": "image/jpeg", "buffer": photo.getvalue()}
    )
    page.locator("main form button").click()
    page.wait_for_load_state()
    page.goto(f"/p/{MILK}/review/")
    expect(page.locator("main .notice")).to_contain_text("您已经评价过这件商品")
    picture = page.locator("main img[src*='/reviews/pictures/']")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 0
    assert fits(page)


@BOTH
def test_two_products_are_compared_side_by_side(visitor, language, phone):
    page = visitor(language, phone=phone)
    for slug in (MILK, "cheddar"):
        page.goto(f"/p/{slug}/")
        page.locator("form[action='/compare/toggle/'] button").click()
        page.wait_for_load_state()
    page.goto("/compare/")
    expect(page.locator(".compare thead th")).to_have_count(2)
    assert fits(page)
    page.locator(".compare thead button").first.click()
    expect(page.locator(".compare thead th")).to_have_count(1)


@BOTH
def test_an_advertisement_says_so_and_goes_with_the_consent(visitor, language, phone):
    page = visitor(language, phone=phone)
    sign_in(page, SHOPPER)
    page.goto("/privacy/")
    page.locator("main button[value=all]").click()
    page.goto("/")
    advert = page.locator("main .advert")
    expect(advert.locator(".advert__label")).to_have_text(
        {"en": "Advertisement", "zh": "广告"}[language]
    )
    if language == "en":
        expect(advert).to_contain_text(ADVERTISED)
    advert.locator(".why summary").click()
    expect(advert.locator(".why p")).to_contain_text(
        {"en": "what you bought", "zh": "购"}[language]
    )
    assert fits(page)
    advert.locator(".advert__link").click()
    page.wait_for_url(re.compile(r"/p/.*from=ad-home"))
    page.goto("/privacy/")
    page.locator("main button[value=necessary]").click()
    page.goto("/")
    expect(page.locator("main h1").first).to_be_visible()
    expect(advert).to_have_count(0)


def test_the_confirmation_shows_what_goes_with_the_order(visitor):
    page = visitor("zh", phone=True)
    put_into_cart(page, MILK)
    page.goto("/checkout/")
    fill_address(page)
    pay(page)
    expect_order(page)
    rail = page.locator("[data-surface^=rail-order-]").first
    expect(rail.locator("h2")).to_be_visible()
    expect(rail.locator(".rail .item__link").first).to_be_visible()
    rail.locator("details.why summary").click()
    expect(rail.locator(".why__list li").first).to_be_visible()
    assert fits(page)


def test_the_weekly_letter_is_ended_by_its_link(visitor):
    page = visitor("en")
    sign_in(page, READER)
    page.goto("/privacy/")
    page.locator("main button[value=all]").click()
    page.goto("/demo/outbox/")
    page.locator(".orders__row", has_text="Your week at Mercato").first.click()
    address = page.locator(".mail a[href*='/letters/off/']").get_attribute("href") or ""
    # The letter names the shop by its own address; a mailbox has no sign-in either.
    reader = visitor("en", phone=True)
    reader.goto(address[address.index("/recommend/") :])
    reader.locator("main form button").click()
    expect(reader.locator("main [role=status]")).to_contain_text("You get no more letters")
    page.goto("/privacy/")
    last = page.locator("main ul li", has_text="Link in a mail").first
    expect(last).to_be_visible()


@BOTH
def test_an_erasure_is_asked_for_and_taken_back(visitor, language, phone):
    page = visitor(language, phone=phone)
    sign_in(page, READER)
    page.goto("/account/")
    page.locator("main a[href='/account/erase/']").click()
    confirm_access(page)
    page.locator("main button.button--danger").click()
    # The box was not ticked, so nothing was sent.
    expect(page.locator("#sure")).to_be_visible()
    page.check("#sure")
    page.locator("main button.button--danger").click()
    keep = page.locator("main button[name=cancel]")
    expect(keep).to_be_visible()
    assert fits(page)
    keep.click()
    page.goto("/account/erase/")
    expect(page.locator("#sure")).to_be_visible()


def test_a_language_outlives_the_session(visitor):
    """Signing in and out ends the session; the choice stays with the browser."""
    page = visitor("en", phone=True)
    sign_in(page, SHOPPER)
    page.goto("/account/")
    page.locator("button[value='zh-hans']").locator("visible=true").first.click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    page.goto("/accounts/logout/")
    page.locator("main form button").first.click()
    page.wait_for_load_state()
    page.goto("/cart/")
    expect(page.locator("h1")).to_have_text("您的购物车")
