"""Small things templates need."""

import json
import logging
from decimal import Decimal
from zlib import crc32

from django import template
from django.conf import settings
from django.template.base import Node, NodeList, Parser, Token
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from shop.demo.logins import demo_password
from shop.forms import COUNTRIES
from shop.models import Customer, Product, User, Variant
from shop.selectors import pictures
from shop.selectors.comparison import Attribute, attributes, local_text
from shop.selectors.reviews import display_name

register = template.Library()
log = logging.getLogger(__name__)

TINTS = 12
OPTION_NAMES = {
    "colour": _lazy("Colour"),
    "size": _lazy("Size"),
    "capacity": _lazy("Capacity"),
    "length": _lazy("Length"),
    "switch": _lazy("Switches"),
    "light": _lazy("Light colour"),
    "power": _lazy("Power"),
    "people": _lazy("Sleeps"),
    "temperature": _lazy("Comfort temperature"),
}
_JSON_IN_HTML = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


@register.filter
def money(amount: Decimal | float | None) -> str:
    """Dollars and cents in the reader's number format."""
    if amount is None:
        return ""
    return f"${formats.number_format(amount, 2, force_grouping=True)}"


@register.filter
def stars(mean: float | None) -> SafeString:
    """A row of five stars, filled to the rating in steps of a half; read out as a number."""
    value = min(5.0, max(0.0, mean or 0.0))
    label = _("%(rating)s of 5 stars") % {"rating": formats.number_format(value, 1)}
    return format_html(
        '<span class="stars stars--{}" role="img" aria-label="{}"></span>',
        round(value * 2),
        label,
    )


@register.filter
def tint(key: object) -> str:
    """One of twelve background classes, always the same for the same key."""
    return f"tint-{crc32(str(key).encode()) % TINTS}"


@register.simple_tag
def picture(product: Product, variant: Variant | None = None) -> str:
    """The address of the picture of a product, or of one of its variants."""
    return pictures.address(product, variant)


@register.filter
def country(code: str) -> str:
    """The name of a country we deliver to."""
    return str(dict(COUNTRIES).get(code, code))


@register.filter
def local(words: object) -> str:
    """Pick a ``{"en", "zh"}`` text in the reader's language."""
    return local_text(words)


@register.filter
def attribute_list(product: Product) -> list[Attribute]:
    return attributes(product)


@register.filter
def option_list(variant: Variant) -> str:
    """A variant's options as JSON, ``[[key, name, value], …]``, for the chooser's script."""
    options = variant.options if isinstance(variant.options, dict) else {}
    named = [
        [key, str(OPTION_NAMES.get(key, key)), local_text(value)] for key, value in options.items()
    ]
    return json.dumps(named, ensure_ascii=False)


@register.filter
def reviewer_name(customer: Customer) -> str:
    """What others read of a reviewer: never an e-mail address."""
    return display_name(customer)


@register.filter
def at(mapping: dict, key: object) -> object:
    """``mapping[key]``, or None."""
    return mapping.get(key)


@register.filter
def json_ld(data: dict) -> SafeString:
    """A data block for search engines that cannot end its own script element."""
    text = json.dumps(data, ensure_ascii=False).translate(_JSON_IN_HTML)
    # The only characters that matter inside a script element were replaced above.
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308


@register.simple_tag
def demo_logins() -> dict:
    """Sign-ins to try, in a demo whose data is loaded; nothing anywhere else."""
    if not settings.DEMO:
        return {}
    demo = User.objects.filter(email__endswith="@demo.mercato.example", is_active=True)
    staff = demo.filter(is_staff=True).order_by("pk").values_list("email", flat=True)
    shoppers = demo.filter(is_staff=False).order_by("pk").values_list("email", flat=True)
    emails = [*shoppers[:3], *staff[:2]]
    return {"emails": emails, "password": demo_password()} if emails else {}


@register.tag
def shielded(parser: Parser, token: Token) -> Node:
    """``{% shielded %}…{% endshielded %}``: a part that fails is logged and left out."""
    nodes = parser.parse(("endshielded",))
    parser.delete_first_token()
    return ShieldedNode(nodes)


class ShieldedNode(Node):
    def __init__(self, nodes: NodeList) -> None:
        self.nodelist = nodes

    def render(self, context: template.Context) -> SafeString:
        try:
            return self.nodelist.render(context)
        except Exception:
            log.exception("a part of a page could not be shown")
            return mark_safe("")
