"""Customers and staff at the same time, each in a browser of their own."""

from playwright.sync_api import expect

from shop.demo.logins import ADMIN_EMAIL, AGENT_EMAIL
from shop.payments.testprovider import CARD_OK
from tests.browser.seed import FROZEN, ROBBED, SHOPPER
from tests.browser.steps import (
    ADDRESS,
    expect_order,
    fill_address,
    pay,
    press_on,
    put_into_cart,
    sign_in,
    type_into,
)


def ask(page, text: str) -> None:
    page.fill("#chat-text", text)
    page.press("#chat-text", "Enter")


def test_a_chat_in_chinese_is_answered_and_handed_to_an_agent_and_back(visitor):
    customer, agent = visitor("zh", phone=True), visitor("en")
    sign_in(customer, SHOPPER)
    customer.goto("/")
    customer.locator(".chat__open").click()
    expect(customer.locator("#chat-text")).to_be_focused()
    ask(customer, "我的订单到哪了？")
    expect(customer.locator(".bubble--bot .chat-card").first).to_be_visible()
    ask(customer, "转人工")
    expect(customer.locator(".bubble--bot, .bubble--system").last).to_contain_text("转接")

    sign_in(agent, AGENT_EMAIL)
    agent.goto("/support/console/?show=waiting")
    agent.locator(".console__list a", has_text="Household 1").click()
    agent.locator("button[value=take]").click()
    agent.fill("#reply", "您好，我来帮您查一下。")
    agent.locator("button[value=say]").click()
    expect(customer.locator(".bubble--agent")).to_have_text("您好，我来帮您查一下。")

    ask(customer, "谢谢！")
    expect(agent.locator(".console__thread .bubble--customer").last).to_contain_text("谢谢！")
    customer.locator(".chat__close").click()
    expect(customer.locator(".chat__panel")).to_be_hidden()
    agent.locator("button[value=close]").click()


def test_a_message_waits_on_the_next_page_for_who_closed_the_chat(visitor):
    page = visitor("en")
    page.goto("/")
    page.locator(".chat__open").click()
    ask(page, "How do I return something?")
    expect(page.locator(".bubble--bot:not(.chat__typing)")).to_be_visible()
    page.goto("/cart/")
    page.locator(".chat__open").click()
    expect(page.locator(".bubble--customer p")).to_have_text("How do I return something?")


def test_a_frozen_customer_appeals_and_staff_find_the_case(visitor):
    customer, staff = visitor("en", expect=(403,)), visitor("en")
    sign_in(customer, FROZEN)
    customer.goto("/p/white-bread/")
    customer.locator("form[data-buy] .button--large").click()
    expect(customer.locator("main")).to_contain_text("Your account is frozen for now")
    customer.locator("main a[href*='/risk/']").click()
    customer.locator("main textarea").fill("It was my sister's card; she knows.")
    customer.locator("main form button").click()
    expect(customer.locator("h1")).to_have_text("Thank you")

    sign_in(staff, ADMIN_EMAIL)
    staff.goto("/admin/risk/case/")
    expect(staff.locator("#result_list tbody tr", has_text="Appeal").first).to_be_visible()


def test_a_stolen_card_ends_in_a_freeze_and_a_mistake_in_its_end(visitor):
    """The order is held, its case confirmed with one key, the account frozen at once; the appeal
    reaches staff, who clear it, and the customer buys again."""
    customer, staff = visitor("en", expect=(403,)), visitor("en")
    sign_in(customer, ROBBED)
    put_into_cart(customer, "cream-maker")
    customer.goto("/checkout/")
    fill_address(customer)
    pay(customer)
    number = expect_order(customer)

    sign_in(staff, ADMIN_EMAIL)
    staff.goto("/admin/risk/case/?state__exact=open")
    staff.locator("#result_list tbody tr", has_text=number).locator("th a").first.click()
    expect(staff.locator("#case_form")).to_contain_text("dollars; usual is 20")
    staff.wait_for_load_state()
    staff.keyboard.press("z")
    expect(staff.get_by_text("The cases were confirmed.")).to_be_visible()

    customer.goto("/p/white-bread/")
    customer.locator("form[data-buy] .button--large").click()
    expect(customer.locator("main")).to_contain_text("Your account is frozen for now")
    customer.locator("main a[href*='/risk/']").click()
    customer.locator("main textarea").fill("It was me: we open a café.")
    customer.locator("main form button").click()
    expect(customer.locator("h1")).to_have_text("Thank you")

    staff.goto("/admin/risk/case/?state__exact=open")
    appeals = staff.locator("#result_list tbody tr", has_text="Household 3")
    appeals.filter(has_text="Appeal").locator("th a").first.click()
    expect(staff.locator("#case_form")).to_contain_text("we open a café")
    staff.wait_for_load_state()
    staff.keyboard.press("c")
    expect(staff.get_by_text("The cases were cleared.")).to_be_visible()
    put_into_cart(customer, "white-bread")


def test_buying_asking_and_answering_need_no_mouse(visitor):
    page = visitor("en")
    page.goto("/")
    press_on(page, ".skip")
    expect(page.locator("#main")).to_be_focused()
    type_into(page, "#hero-q", "whole milk")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/**")
    press_on(page, ".item__link[href*='/p/whole-milk/']")
    page.wait_for_url("**/p/whole-milk/**")
    press_on(page, "form[data-buy] .button--large")
    expect(page.locator("[data-say=soon]")).not_to_be_empty()
    page.goto("/cart/")
    press_on(page, "a[href$='/checkout/']")
    page.wait_for_url("**/checkout/")
    type_into(page, "#id_email", "ada@example.com")
    for field, text in ADDRESS.items():
        type_into(page, f"#id_{field}", text)
    for field, text in (("number", CARD_OK), ("expiry", "12/40"), ("code", "123")):
        type_into(page, f"#id_card_{field}", text)
    press_on(page, "form[data-checkout] aside button")
    expect_order(page)

    press_on(page, ".chat__open")
    expect(page.locator("#chat-text")).to_be_focused()
    page.keyboard.type("I want to talk to a person")
    page.keyboard.press("Enter")
    expect(page.locator(".bubble--bot, .bubble--system").last).to_be_visible()

    agent = visitor("en")
    sign_in(agent, AGENT_EMAIL)
    agent.goto("/support/console/?show=waiting")
    press_on(agent, ".console__list a")
    expect(agent.locator("#reply")).to_be_focused()
    agent.keyboard.type("Good morning!")
    press_on(agent, "button[value=say]")
    expect(page.locator(".bubble--agent")).to_have_text("Good morning!")
