"""Inventory's place in the checkout: hold the stock, then sell it or give it back."""

from inventory import services
from inventory.services import Wanted
from shop.checkout.protocol import CheckoutRun
from shop.models import Order


def wanted_of(run: CheckoutRun) -> list[Wanted]:
    """What a checkout asks for."""
    return [Wanted(line.variant, line.quantity) for line in run.lines]


class ReserveStock:
    """The first step: nobody is charged for what is not there.

    Every checkout of the storefront sells online, so online stock is taken first.
    """

    def run(self, run: CheckoutRun) -> None:
        services.reserve(checkout_uuid=run.checkout.uuid, wanted=wanted_of(run))

    def undo(self, run: CheckoutRun) -> None:
        services.release(checkout_uuid=run.checkout.uuid)

    def placed(self, run: CheckoutRun, order: Order) -> None:
        services.consume(
            checkout_uuid=run.checkout.uuid, wanted=wanted_of(run), channel=order.channel
        )
