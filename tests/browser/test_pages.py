"""Every kind of page, in both languages and both colour schemes, at a desk and on a phone.

One visit checks all that a person may stumble over: what axe-core finds, text in the other
language, a page wider than the phone, and anything the browser complains about.
"""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from shop.demo.logins import ADMIN_EMAIL
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.seed import READER, SHOPPER
from tests.browser.steps import confirm_access, fits, put_into_cart, sign_in

FOLLOW = " -> "
"""Between an address and the link on its page that leads on."""
GUEST = [
    "/",
    "/d/sports-shoes/",
    "/c/running-shoes/",
    "/search/?q=running+shoes",
    "/search/?q=qqqqzzzz&price=0-2",
    "/p/whole-milk/",
    "/p/fenwick-tempo-daily-running-shoe/",
    "/cart/",
    "/compare/",
    "/about/data/",
    "/privacy/",
    "/privacy/policy/",
    "/support/chat/",
    "/support/help/",
    "/support/help/ -> main p a",
    "/accounts/login/",
    "/accounts/login/code/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/admin/login/",
    "/demo/outbox/",
    "/demo/outbox/ -> .orders__row",
    "/demo/tour/",
]
CUSTOMER = [
    "/",
    "/cart/",
    "/compare/",
    "/checkout/",
    "/wishlist/",
    "/orders/",
    "/orders/ -> .orders__row",
    "/account/",
    "/account/profile/",
    "/account/addresses/",
    "/account/addresses/new/",
    "/privacy/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/2fa/",
    "/accounts/logout/",
    "/p/whole-milk/review/",
]
READS = [
    "/",
    "/orders/ -> .orders__row >> nth=1 -> a[href$='/return/']",
    "/p/whole-milk/review/",
]
"""What only who was delivered something sees: the forms for a return and a review."""
STAFF = [
    "/admin/",
    "/admin/operations/",
    "/admin/foundation/modelversion/",
    "/admin/foundation/modelversion/ -> a[href*='/card/']",
    "/admin/foundation/modelversion/roll-back/recommend.orders/",
    "/admin/foundation/modelversion/watch/",
    "/admin/foundation/trainingrun/training/",
    "/admin/recommend/experiment/ -> #result_list th a",
    "/admin/inventory/replenishmentline/",
    "/admin/inventory/stocklevel/what-if/?products=milk&price=-20",
    "/admin/inventory/stocklevel/import/",
    "/admin/risk/case/",
    "/admin/shop/order/",
    "/support/console/",
]
OTHER_LANGUAGE = """([pattern, within]) => {
  const wrong = new RegExp(pattern, "u");
  const own = document.documentElement.lang.slice(0, 2);
  const said = [];
  const foreign = (node) => {
    const place = node.closest("[lang]");
    return place && place.lang.slice(0, 2) !== own;
  };
  const skipped =
    "script, style, template, code, textarea, option, [translate=no], .material-symbols-outlined";
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    if (within && !parent.closest(within)) continue;
    if (!text || !parent.checkVisibility() || parent.closest(skipped) || foreign(parent)) continue;
    if (wrong.test(text)) said.push(text.slice(0, 80));
  }
  for (const node of document.querySelectorAll("[alt], [aria-label], [placeholder], [title]")) {
    if (!node.checkVisibility() || foreign(node) || within) continue;
    for (const name of ["alt", "aria-label", "placeholder", "title"]) {
      const text = node.getAttribute(name);
      if (text && wrong.test(text)) said.push(`${name}: ${text.slice(0, 80)}`);
    }
  }
  return [...new Set(said)];
}"""
CHINESE = r"^(?!Mercato 慧店$).*\p{Script=Han}"
NAMES = (
    "Mercato|OpenMoji|Complete|Journey|API|PDF|MIT|CC|CRAN|README|Visa|Mastercard|JavaScript|"
    "SKU|ID|Ctrl|Household|EU|Wi|USB|LED|GPS|Tempo|Type"
)
NO_HAN = r"[^\p{Script=Han}]*"
ENGLISH = rf"^{NO_HAN}(?<![\w@.\/-])(?!(?:{NAMES})\b)[A-Za-z]{{3,}}(?![\w]*[@.\/\d-]){NO_HAN}$"
"""Words without a Chinese character beside them; titles may mix both."""
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
CONTRAST = {"type": "rule", "values": ["color-contrast"]}
LABELS = "h1, h2, thead th, label, legend, button, nav"
"""What the administration says itself; the rows below are data in every language."""
PAGES_OF = {"guest": GUEST, "customer": CUSTOMER, "reader": READS, "staff": STAFF}
SIGN_INS = {"customer": SHOPPER, "reader": READER, "staff": ADMIN_EMAIL}


def violations(page: Page, **options) -> list[str]:
    found = Axe().run(page, options={"resultTypes": ["violations"], **options})
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found.response["violations"]
        for node in one["nodes"][:3]
    ]


def problems(page: Page, language: str, schemes: tuple[str, ...], *, staff: bool) -> list[str]:
    """What is wrong with the page that is open: light at a desk, dark on a phone.

    Pages of staff are drawn by the admin's theme: they are held to WCAG, in the dark to its
    contrast; ours also to what axe-core calls good practice.
    """
    pattern = CHINESE if language == "en" else ENGLISH
    wrong = page.evaluate(OTHER_LANGUAGE, [pattern, LABELS if staff else ""])
    found = [f"in the other language: {text}" for text in wrong]
    page.set_viewport_size(PHONE)
    if not settled(page):
        found.append("wider than a phone")
    for scheme in schemes:
        page.set_viewport_size(DESKTOP if scheme == "light" else PHONE)
        page.emulate_media(color_scheme=scheme)
        rules = {}
        if staff:
            rules = {"runOnly": WCAG if scheme == "light" else CONTRAST}
        found += [f"{scheme}: {text}" for text in violations(page, **rules)]
    page.set_viewport_size(DESKTOP)
    return found


def settled(page: Page) -> bool:
    """Whether the page fits, once charts have been drawn anew for the width."""
    for _ in range(20):
        if fits(page):
            return True
        page.wait_for_timeout(100)
    return False


def visit(page: Page, address: str) -> None:
    """Open the page, and follow the links that lead on from it."""
    first, *links = address.split(FOLLOW)
    answer = page.goto(first)
    assert answer is not None
    assert answer.ok, address
    for link in links:
        answer = page.goto(page.locator(link).first.get_attribute("href") or "")
        assert answer is not None
        assert answer.ok, f"{address}: {page.url}"
    confirm_access(page)
    assert re.search(r"\S", page.title())


def look_at(page: Page, addresses: list[str], language: str, schemes, *, staff: bool) -> dict:
    found = {}
    for address in addresses:
        visit(page, address)
        if wrong := problems(page, language, schemes, staff=staff):
            found[address] = wrong
    return found


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("who", list(PAGES_OF))
def test_every_page_is_accessible_fits_a_phone_and_speaks_one_language(visitor, who, language):
    page = visitor(language)
    if who in SIGN_INS:
        sign_in(page, SIGN_INS[who])
    if who == "customer":
        put_into_cart(page, "whole-milk")
        page.goto("/p/white-bread/")
        page.locator("form[action$='/compare/toggle/'] button").first.click()
        page.wait_for_load_state()
    assert look_at(page, PAGES_OF[who], language, ("light", "dark"), staff=who == "staff") == {}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_address_that_is_not_there_is_said_in_the_readers_language(visitor, language):
    page = visitor(language, expect=(404,))
    page.goto("/p/no-such-thing/")
    assert problems(page, language, ("light", "dark"), staff=False) == []
