"""The journeys a shop lives from, at a desk and on a phone, in both languages."""

import pytest
from playwright.sync_api import expect

from shop.payments.testprovider import CARD_CHALLENGE, CARD_DECLINED
from tests.browser.seed import COUPON, SHOPPER
from tests.browser.steps import expect_order, fill_address, fits, pay, put_into_cart, sign_in

QUERIES = {"en": "running shoes", "zh": "我想买一些运动鞋"}
THANKS = {"en": "Thank you for your order!", "zh": "感谢您的订购！"}


@pytest.mark.parametrize(("language", "phone"), [("en", False), ("zh", True)])
def test_a_guest_searches_buys_and_reads_the_invoice(visitor, language, phone):
    page = visitor(language, phone=phone)
    page.goto("/")
    page.fill("#q", QUERIES[language])
    page.press("#q", "Enter")
    page.wait_for_url("**/search/**")
    first = page.locator("main .item__link").first
    assert "shoe" in first.inner_text().lower() or "鞋" in first.inner_text()
    first.click()
    page.locator("form[data-buy] .button--large").click()
    expect(page.locator(".toast")).to_be_visible()
    page.locator(".top a[href='/cart/']").click()
    assert fits(page)
    page.locator("aside a[href='/checkout/']").click()
    fill_address(page)
    assert fits(page)
    pay(page)
    number = expect_order(page)
    expect(page.locator("h1")).to_have_text(THANKS[language])
    assert fits(page)
    invoice = page.request.get(f"/orders/{number}/invoice.pdf")
    assert invoice.ok
    assert invoice.body().startswith(b"%PDF")


def test_suggestions_come_while_typing_and_are_reached_by_keyboard(visitor):
    page = visitor("zh")
    page.goto("/")
    page.locator("#q").press_sequentially("跑鞋")
    expect(page.locator(".suggestions .suggestion--product").first).to_be_visible()
    page.press("#q", "ArrowDown")
    chosen = page.locator(".suggestion[aria-selected=true]")
    assert page.locator("#q").get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    page.press("#q", "Enter")
    expect(page.locator("h1")).not_to_have_text("懂你所需的商店")


def test_a_household_pays_with_a_coupon_after_its_card_was_declined(visitor):
    page = visitor("en", expect=(409,))
    sign_in(page, SHOPPER)
    put_into_cart(page, "cheddar")
    page.goto("/cart/")
    page.fill("#code", COUPON)
    page.locator("form.code button").click()
    expect(page.locator(".sums__less", has_text=COUPON)).to_be_visible()
    page.goto("/checkout/")
    pay(page, CARD_DECLINED)
    expect(page.locator("[role=alert]")).to_contain_text("declined")
    pay(page)
    number = expect_order(page)
    page.goto("/orders/")
    page.locator(".orders__row", has_text=number).click()
    page.locator("details.confirm summary").click()
    page.locator("details.confirm form button").click()
    expect(page.locator("main .status").first).to_have_text("Cancelled")


def test_a_bank_that_asks_for_a_code_gets_it_and_the_order_is_placed(visitor):
    page = visitor("en")
    sign_in(page, SHOPPER)
    put_into_cart(page, "bananas")
    page.goto("/checkout/")
    pay(page, CARD_CHALLENGE)
    expect(page.locator("#challenge")).to_be_focused()
    page.fill("#challenge", "123456")
    page.locator("main form button").click()
    expect_order(page)


def test_what_was_looked_at_changes_what_the_start_page_shows(visitor):
    page = visitor("en")
    page.goto("/")
    page.get_by_role("button", name="Allow all").click()
    before = page.locator(".shelf h2").all_inner_texts()
    assert "Because of what you looked at" not in before
    for place in range(3):
        page.goto("/d/sports-shoes/")
        page.locator("main .item__link").nth(place).click()
        page.wait_for_load_state()
    # Behaviour is written in bulk a moment later.
    shelf = page.locator(".shelf h2", has_text="Because of what you looked at")
    for _ in range(20):
        page.goto("/")
        if shelf.count():
            break
        page.wait_for_timeout(200)
    expect(shelf).to_be_visible()
    why = page.locator("[data-surface=rail-home-because_viewed] details.why")
    expect(why.locator("li").first).not_to_be_visible()
    why.locator("summary").click()
    expect(why.locator(".why__list li").first).to_contain_text("which you looked at")
    own = why.locator(".why__own button").first
    label = own.inner_text()
    own.click()
    page.wait_for_load_state()
    expect(page.locator("body")).to_contain_text("no longer counts for what you are shown")
    expect(page.locator(".why__own button", has_text=label)).to_have_count(0)


def test_the_chosen_language_is_remembered(visitor):
    page = visitor("en")
    page.goto("/cart/")
    page.locator(".top button[value='zh-hans']").click()
    expect(page.locator("h1")).to_have_text("您的购物车")
    assert page.url.endswith("/cart/")
    page.goto("/")
    assert page.locator("html").get_attribute("lang") == "zh-hans"
    later = page.context.new_page()
    later.goto("/compare/")
    expect(later.locator("h1")).to_have_text("对比商品")


def test_browse_cart_and_checkout_work_without_javascript(visitor):
    page = visitor("en", java_script_enabled=False)
    page.goto("/search/?q=running+shoes")
    page.locator("main .item__link").first.click()
    page.locator("form[data-buy] .button--large").click()
    page.goto("/cart/")
    page.fill("article.line input[name=quantity]", "2")
    page.locator("article.line button[value=quantity]").click()
    expect(page.locator("article.line input[name=quantity]")).to_have_value("2")
    page.goto("/checkout/")
    fill_address(page)
    pay(page)
    expect_order(page)
