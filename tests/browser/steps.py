"""What people do in the shop, in the words of its journeys."""

import re

from playwright.sync_api import Page, expect

from shop.demo.logins import demo_password
from shop.payments.testprovider import CARD_OK

ADDRESS = {
    "recipient": "Ada Lovelace",
    "line1": "12 Analytical Road",
    "postal_code": "45202",
    "city": "Cincinnati",
}


def sign_in(page: Page, email: str) -> None:
    page.goto("/accounts/login/")
    page.fill("#id_login", email)
    page.fill("#id_password", demo_password())
    page.locator("main form button").first.click()
    page.wait_for_url(re.compile(r"/account/$"))


def confirm_access(page: Page) -> None:
    """Say the password once more, where the shop asks for it."""
    if "/reauthenticate/" not in page.url:
        return
    page.fill("#id_password", demo_password())
    page.locator("main form button").first.click()
    page.wait_for_url(lambda address: "/reauthenticate/" not in address)


def put_into_cart(page: Page, slug: str) -> None:
    """From the product's page, without leaving it."""
    page.goto(f"/p/{slug}/")
    page.locator("form[data-buy] .button--large").click()
    expect(page.locator(".toast")).to_be_visible()
    expect(page.locator(".top [data-cart-count]")).not_to_have_text("0")


def fill_address(page: Page, email: str = "ada@example.com") -> None:
    if page.locator("#id_email").is_editable():
        page.fill("#id_email", email)
    if page.locator("#id_line1").is_visible():
        for field, value in ADDRESS.items():
            page.fill(f"#id_{field}", value)


def pay(page: Page, card: str = CARD_OK) -> None:
    page.fill("#id_card_number", card)
    page.fill("#id_card_expiry", "12/40")
    page.fill("#id_card_code", "123")
    page.locator("form[data-checkout] aside button").click()


def expect_order(page: Page) -> str:
    """Wait for the confirmation; return the order's number."""
    page.wait_for_url(re.compile(r"/orders/M-[^/]+/"))
    expect(page.locator(".thanks")).to_be_visible()
    found = re.search(r"/orders/([^/]+)/", page.url)
    assert found
    return found[1]


def fits(page: Page) -> bool:
    """Whether nothing reaches beyond the window's right edge."""
    page.wait_for_load_state()
    return page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )


def tab_to(page: Page, selector: str, most: int = 250) -> None:
    """Go there as somebody without a mouse does: key by key, and each stop must be visible."""
    for _ in range(most):
        page.keyboard.press("Tab")
        found = page.evaluate(
            "(wanted) => { const here = document.activeElement;"
            " return [here.matches(wanted), here.checkVisibility()]; }",
            selector,
        )
        assert found[1], f"focus is on something unseen on the way to {selector}"
        if found[0]:
            return
    raise AssertionError(f"{selector} cannot be reached with the keyboard")


def press_on(page: Page, selector: str) -> None:
    tab_to(page, selector)
    page.keyboard.press("Enter")


def type_into(page: Page, selector: str, text: str) -> None:
    tab_to(page, selector)
    page.keyboard.type(text)
