"""A checkout as the shopper confirmed it, kept so that it can go on later.

A bank's confirmation may take minutes in which the cart, a price or a coupon changes. What was
charged is what is ordered: a resumed checkout is read from its own record, not from the cart.
"""

from datetime import date
from decimal import Decimal

from shop.checkout.protocol import CardInput, CheckoutRun, PricedLine, Visitor
from shop.models import Checkout, Variant

NO_CARD = CardInput("", "", "")


def freeze(run: CheckoutRun) -> dict:
    """Return a JSON-ready record of everything but the card."""
    return {
        "email": run.email,
        "address": run.address,
        "delivery_option": run.delivery_option,
        "delivery_date": run.delivery_date.isoformat() if run.delivery_date else None,
        "subtotal": str(run.subtotal),
        "delivery_fee": str(run.delivery_fee),
        "language": run.visitor.language,
        "coupons": {code: str(cut) for code, cut in run.notes.get("coupons", {}).items()},
        "lines": [
            {
                "variant": line.variant.pk,
                "quantity": line.quantity,
                "unit_price": str(line.unit_price),
                "discount": str(line.discount),
                "coupon_discount": str(line.coupon_discount),
                "total": str(line.total),
            }
            for line in run.lines
        ],
    }


def thaw(
    checkout: Checkout,
    *,
    visitor: Visitor | None = None,
    card: CardInput = NO_CARD,
    challenge_answer: str = "",
) -> CheckoutRun:
    """Return the run that :func:`freeze` recorded in ``checkout.details``."""
    details = checkout.details
    coupons = {code: Decimal(cut) for code, cut in details.get("coupons", {}).items()}
    day = details.get("delivery_date")
    return CheckoutRun(
        checkout=checkout,
        customer=checkout.customer,
        email=details.get("email", ""),
        lines=_lines(details.get("lines", [])),
        subtotal=Decimal(details.get("subtotal", "0.00")),
        delivery_fee=Decimal(details.get("delivery_fee", "0.00")),
        total=checkout.total,
        address=details.get("address", {}),
        delivery_option=details.get("delivery_option", ""),
        delivery_date=date.fromisoformat(day) if day else None,
        card=card,
        visitor=visitor or Visitor("", "", "", details.get("language", "en")),
        coupon_codes=list(coupons),
        challenge_answer=challenge_answer,
        notes={"coupons": coupons},
    )


def _lines(rows: list[dict]) -> list[PricedLine]:
    variants = Variant.objects.select_related("product__category").in_bulk(
        [row["variant"] for row in rows]
    )
    return [
        PricedLine(
            variant=variants[row["variant"]],
            quantity=row["quantity"],
            unit_price=Decimal(row["unit_price"]),
            discount=Decimal(row["discount"]),
            coupon_discount=Decimal(row["coupon_discount"]),
            total=Decimal(row["total"]),
        )
        for row in rows
        if row["variant"] in variants
    ]
