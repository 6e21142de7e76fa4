"""A day of staff: each role's decision, from what the administration shows to what it changes."""

import pytest
from playwright.sync_api import Page, expect

from shop.demo.logins import ADMIN_EMAIL, AGENT_EMAIL, MARKETING_EMAIL, STOCK_EMAIL
from tests.browser.steps import press_on, sign_in, tab_to
from tests.browser.workplace import EXPERIMENT, PLANNED


def act(page: Page, action: str) -> None:
    """Tick the first row of the list and do something with it."""
    page.locator("#result_list input.action-select").first.check()
    page.locator("select[name=action]").select_option(action)
    page.locator("button[name=index]").click()
    page.wait_for_load_state()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_runs_low_is_ordered_and_the_order_approved(visitor, language):
    page = visitor(language)
    sign_in(page, STOCK_EMAIL)
    page.goto("/admin/")
    page.locator("#content a[href*='/replenishmentline/']").first.click()
    page.wait_for_url("**/replenishmentline/**")
    act(page, "create_purchase_orders")
    page.goto("/admin/inventory/purchaseorder/?state__exact=draft")
    name = page.locator("#result_list th a").first.inner_text()
    act(page, "approve")
    page.goto("/admin/inventory/purchaseorder/?state__exact=approved")
    expect(page.locator("#result_list th a", has_text=name)).to_be_visible()


def test_a_campaign_is_planned_and_sent(visitor):
    page = visitor("en")
    sign_in(page, MARKETING_EMAIL)
    page.goto("/admin/shop/campaign/")
    page.locator("#result_list a", has_text=PLANNED[0]).first.click()
    page.locator("a[href*='/campaignplan/campaign/']").first.click()
    expect(page.locator("#content")).to_contain_text("Whom to write to")
    page.fill("#id_size", "6")
    page.fill("#id_control_percent", "50")
    page.get_by_role("button", name="Work out again with these").click()
    expect(page.locator("#content")).to_contain_text("The 6 most worthwhile")
    page.locator("button[name=send]").click()
    rows = page.locator("table.risk-table tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0).locator("td").first).to_have_text("3")
    expect(page.locator("button[name=send]")).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_price_is_changed_on_paper(visitor, language):
    page = visitor(language)
    sign_in(page, STOCK_EMAIL)
    page.goto("/admin/inventory/stocklevel/what-if/")
    page.fill("#id_products", "milk")
    page.fill("#id_price", "-20")
    page.locator("form.whatif button").click()
    units = page.locator("[aria-labelledby=each-title] tbody tr").first.locator("td").first
    before, after = (float(text.replace(",", "").strip()) for text in units.inner_text().split("→"))
    assert after > before
    page.locator(".work__chart details summary").click()
    expect(page.locator(".work__chart details table")).to_be_visible()


def test_an_experiment_is_read(visitor):
    page = visitor("zh")
    sign_in(page, MARKETING_EMAIL)
    page.goto("/admin/recommend/experiment/")
    page.locator("#result_list a", has_text=EXPERIMENT).click()
    rows = page.locator("[aria-labelledby=results] tbody tr")
    expect(rows.nth(1)).to_contain_text("100.0 %")


def test_a_model_is_rolled_back(visitor):
    page = visitor("en")
    sign_in(page, ADMIN_EMAIL)
    page.goto("/admin/foundation/modelversion/roll-back/recommend.orders/")
    expect(page.locator("#content")).to_contain_text("recommend.orders v2 serves now")
    page.get_by_role("button", name="Yes, roll back").click()
    expect(page.get_by_text("recommend.orders v1 is active.")).to_be_visible()
    active = page.locator("#result_list tr", has_text="recommend.orders v1")
    expect(active).to_contain_text("Active")
    page.goto("/admin/foundation/modelversion/roll-back/recommend.orders/")
    page.get_by_role("button", name="Yes, roll back").click()
    expect(page.get_by_text("recommend.orders v2 is active.")).to_be_visible()


def test_the_console_needs_no_mouse(visitor):
    """Take, note and close, in Chinese; choosing from the list is in test_people."""
    customer, agent = visitor("zh", phone=True), visitor("zh")
    customer.goto("/")
    customer.locator(".chat__open").click()
    customer.fill("#chat-text", "转人工")
    customer.press("#chat-text", "Enter")
    expect(customer.locator(".bubble--bot, .bubble--system").last).to_contain_text("转接")
    sign_in(agent, AGENT_EMAIL)
    agent.goto("/support/console/")
    press_on(agent, "form[action$='/next/'] button")
    expect(agent.locator("#reply")).to_be_focused()
    agent.keyboard.type("请稍等。")
    press_on(agent, "button[value=say]")
    expect(customer.locator(".bubble--agent")).to_have_text("请稍等。")
    tab_to(agent, "#reply")
    agent.keyboard.type("只想问价格")
    press_on(agent, "button[value=note]")
    expect(agent.locator("aside .note")).to_contain_text("只想问价格")
    press_on(agent, "button[value=close]")
    expect(agent.locator(".console")).to_be_visible()
