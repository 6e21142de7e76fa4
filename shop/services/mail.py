"""Mail to customers, written in the language of their order."""

import logging

from celery import current_app
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext, override

from shop.models import Order, OrderEvent, ReturnRequest

log = logging.getLogger(__name__)
CONFIRMED = "confirmation_sent"
"""The order event that remembers that the confirmation went out."""


def queue(task: str, *args: object) -> None:
    """Hand a task to the worker after the commit; a broker that is down is logged, not raised."""

    def send() -> None:
        try:
            current_app.send_task(task, args=args)
        except Exception as error:
            log.error("task %s could not be queued: %s", task, type(error).__name__)

    transaction.on_commit(send)


def send_order_confirmation(*, order_id: int) -> bool:
    """Send an order's confirmation, once; return whether it was sent now."""
    order = Order.objects.filter(pk=order_id).first()
    if order is None or order.events.filter(status=CONFIRMED).exists():
        return False
    with override(order.language):
        subject = gettext("Your order %(number)s") % {"number": order.number}
    sent = _send(order, subject, "order")
    if sent:
        OrderEvent.objects.create(order=order, status=CONFIRMED, at=timezone.now())
    return sent


def send_status(*, order_id: int, status: str) -> bool:
    """Tell the customer that the order was shipped or cancelled."""
    order = Order.objects.filter(pk=order_id, status=status).first()
    if order is None:
        return False
    with override(order.language):
        texts = {
            Order.Status.SHIPPED.value: gettext("Your order %(number)s is on its way"),
            Order.Status.CANCELLED.value: gettext("Your order %(number)s is cancelled"),
        }
        subject = texts.get(status, gettext("Your order %(number)s")) % {"number": order.number}
    return _send(order, subject, "status")


def send_return_decision(*, request_id: int) -> bool:
    """Tell the customer what became of a return."""
    request = ReturnRequest.objects.select_related("order").filter(pk=request_id).first()
    if request is None:
        return False
    with override(request.order.language):
        subject = gettext("Your return of order %(number)s") % {"number": request.order.number}
    return _send(request.order, subject, "return", request=request)


def _send(order: Order, subject: str, template: str, **extra: object) -> bool:
    if not order.email:
        return False
    with override(order.language):
        context = {
            "order": order,
            "lines": order.lines.select_related("variant__product"),
            "site": f"{settings.ACCOUNT_DEFAULT_HTTP_PROTOCOL}://{settings.SITE_DOMAIN}",
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
    message.send()
    return True
