"""Goods that come back: cancelled orders and received returns."""

from inventory import services
from inventory.models import Reservation, Warehouse
from shop.models import Order, ReturnRequest
from shop.signals import order_cancelled, return_received


def connect() -> None:
    order_cancelled.connect(put_back_cancelled, dispatch_uid="inventory.cancelled")
    return_received.connect(put_back_returned, dispatch_uid="inventory.returned")


def put_back_cancelled(sender: object, order: Order, **kwargs: object) -> None:
    checkout = getattr(order, "checkout", None)
    if checkout is not None:
        services.put_back(checkout_uuid=checkout.uuid)


def put_back_returned(sender: object, request: ReturnRequest, **kwargs: object) -> None:
    """Returned goods go to the warehouse they came from, or to the first one."""
    checkout = getattr(request.order, "checkout", None)
    first = Warehouse.objects.order_by("position").first()
    lines = request.lines.select_related("order_line__variant").order_by("order_line__variant")
    for line in lines:
        source = None
        if checkout is not None:
            source = Reservation.objects.filter(
                checkout_uuid=checkout.uuid, variant=line.order_line.variant
            ).first()
        warehouse = source.warehouse if source else first
        if warehouse is not None:
            services.receive(
                variant=line.order_line.variant,
                warehouse=warehouse,
                quantity=line.quantity,
                reason="return",
                reference=f"return {request.pk}",
            )
