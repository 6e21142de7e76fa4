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
from tests.browser.seed import SHOPPER
from tests.browser.steps import fits, put_into_cart, sign_in

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
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/demo/outbox/",
]
CUSTOMER = [
    "/",
    "/cart/",
    "/checkout/",
    "/wishlist/",
    "/orders/",
    "/account/",
    "/account/profile/",
    "/account/addresses/",
    "/account/addresses/new/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/2fa/",
    "/accounts/logout/",
    "/p/whole-milk/review/",
]
STAFF = [
    "/admin/",
    "/admin/shop/order/",
    "/admin/inventory/replenishmentline/",
    "/admin/risk/case/",
    "/admin/foundation/modelversion/",
    "/admin/foundation/modelversion/watch/",
    "/admin/foundation/trainingrun/training/",
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
LABELS = "h1, h2, thead th, label, legend, button, nav"
"""What the administration says itself; the rows below are data in every language."""
PAGES_OF = {"guest": GUEST, "customer": CUSTOMER, "staff": STAFF}
SIGN_INS = {"customer": SHOPPER, "staff": ADMIN_EMAIL}


def violations(page: Page, **options) -> list[str]:
    found = Axe().run(page, options={"resultTypes": ["violations"], **options})
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found.response["violations"]
        for node in one["nodes"][:3]
    ]


def problems(page: Page, language: str, *, staff: bool = False) -> list[str]:
    """What is wrong with the page that is open.

    Pages of staff are drawn by the admin's theme: they are held to WCAG, ours also to what
    axe-core calls good practice.
    """
    page.set_viewport_size(PHONE)
    found = [] if fits(page) else ["wider than a phone"]
    page.set_viewport_size(DESKTOP)
    pattern = CHINESE if language == "en" else ENGLISH
    wrong = page.evaluate(OTHER_LANGUAGE, [pattern, LABELS if staff else ""])
    found += [f"in the other language: {text}" for text in wrong]
    page.emulate_media(color_scheme="light")
    found += violations(page, **({"runOnly": WCAG} if staff else {}))
    page.emulate_media(color_scheme="dark")
    contrast = {"type": "rule", "values": ["color-contrast"]}
    found += [f"dark: {text}" for text in violations(page, runOnly=contrast)]
    return found


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("who", list(PAGES_OF))
def test_every_page_is_accessible_fits_a_phone_and_speaks_one_language(visitor, who, language):
    page = visitor(language)
    if who in SIGN_INS:
        sign_in(page, SIGN_INS[who])
    if who == "customer":
        put_into_cart(page, "whole-milk")
    found = {}
    for address in PAGES_OF[who]:
        answer = page.goto(address)
        assert answer is not None
        assert answer.ok, address
        assert re.search(r"\S", page.title())
        wrong = problems(page, language, staff=who == "staff")
        if wrong:
            found[address] = wrong
    assert found == {}
