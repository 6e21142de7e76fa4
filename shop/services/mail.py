"""Mail to customers, written in the language of their order; ``foundation.outbox`` sends it."""

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.translation import gettext, override

from foundation.addresses import shop_address
from foundation.queueing import queue
from shop.models import Order, ReturnRequest

__all__ = ["order_confirmation", "queue", "return_decision", "status_news"]


def order_confirmation(*, order_id: int) -> EmailMultiAlternatives | None:
    """What a customer has ordered."""
    order = Order.objects.filter(pk=order_id).first()
    if order is None:
        return None
    with override(order.language):
        subject = gettext("Your order %(number)s") % {"number": order.number}
    return _mail(order, subject, "order")


def status_news(*, order_id: int, status: str) -> EmailMultiAlternatives | None:
    """An order was shipped or cancelled; nothing when that is no longer its state."""
    order = Order.objects.filter(pk=order_id, status=status).first()
    if order is None:
        return None
    with override(order.language):
        texts = {
            Order.Status.SHIPPED.value: gettext("Your order %(number)s is on its way"),
            Order.Status.CANCELLED.value: gettext("Your order %(number)s is cancelled"),
        }
        subject = texts.get(status, gettext("Your order %(number)s")) % {"number": order.number}
    return _mail(order, subject, "status")


def return_decision(*, request_id: int) -> EmailMultiAlternatives | None:
    """What became of a return."""
    request = ReturnRequest.objects.select_related("order").filter(pk=request_id).first()
    if request is None:
        return None
    with override(request.order.language):
        subject = gettext("Your return of order %(number)s") % {"number": request.order.number}
    return _mail(request.order, subject, "return", request=request)


def _mail(
    order: Order, subject: str, template: str, **extra: object
) -> EmailMultiAlternatives | None:
    """A mail about an order; nothing when there is nobody to write to."""
    if not order.email:
        return None
    with override(order.language):
        context = {
            "order": order,
            "lines": order.lines.select_related("variant__product"),
            "site": shop_address(),
            "subject": subject,
            **extra,
        }
        message = EmailMultiAlternatives(
            subject=subject,
            body=render_to_string(f"shop/email/{template}.txt", context),
            to=[order.email],
        )
        html = render_to_string(f"shop/email/{template}.html", context)
    message.attach_alternative(html, "text/html")
    return message
