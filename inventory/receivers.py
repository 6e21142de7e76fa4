"""Goods that come back: cancelled orders and received returns."""

from inventory import services
from inventory.models import Warehouse
from shop.models import Channel, Order, ReturnRequest
from shop.signals import order_cancelled, return_received


def connect() -> None:
    """Listen to the shop; called once when the app is ready."""
    order_cancelled.connect(put_back_cancelled, dispatch_uid="inventory.cancelled")
    return_received.connect(put_back_returned, dispatch_uid="inventory.returned")


def put_back_cancelled(sender: object, order: Order, **kwargs: object) -> None:
    """Imported orders have no checkout and took nothing from this stock."""
    checkout = getattr(order, "checkout", None)
    if checkout is not None:
        services.put_back_cancelled(checkout_uuid=checkout.uuid, reference=f"cancel {order.number}")


def put_back_returned(sender: object, request: ReturnRequest, **kwargs: object) -> None:
    """Returned goods go where they came from, else to the channel's warehouse or to online."""
    order = request.order
    checkout = getattr(order, "checkout", None)
    units: dict[int, int] = {}
    for line in request.lines.select_related("order_line"):
        variant_id = line.order_line.variant_id
        units[variant_id] = units.get(variant_id, 0) + line.quantity
    if not units:
        return
    services.return_goods(
        checkout_uuid=checkout.uuid if checkout else None,
        units=units,
        fallback=_warehouse_for(order),
        reference=f"return {request.pk}",
    )


def _warehouse_for(order: Order) -> Warehouse | None:
    warehouses = Warehouse.objects.order_by("position", "pk")
    return (
        warehouses.filter(channel=order.channel_id).first()
        or warehouses.filter(channel__kind=Channel.Kind.ONLINE).first()
        or warehouses.first()
    )
