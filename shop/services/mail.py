"""Mail to customers, written in the language of their order."""

import logging

from celery import current_app
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext, override

from shop.models import Order

log = logging.getLogger(__name__)


def queue(task: str, *args: object) -> None:
    """Hand a task to the worker after the commit; a broker that is down is logged, not raised."""

    def send() -> None:
        try:
            current_app.send_task(task, args=args)
        except Exception as error:
            log.error("task %s could not be queued: %s", task, type(error).__name__)

    transaction.on_commit(send)


def send_order_confirmation(*, order_id: int) -> None:
    order = Order.objects.get(pk=order_id)
    if not order.email:
        return
    with override(order.language):
        lines = order.lines.select_related("variant__product")
        scheme = settings.ACCOUNT_DEFAULT_HTTP_PROTOCOL
        site = f"{scheme}://{settings.SITE_DOMAIN}"
        context = {"order": order, "lines": lines, "site": site}
        send_mail(
            subject=gettext("Your order %(number)s") % {"number": order.number},
            message=render_to_string("shop/email/order.txt", context),
            from_email=None,
            recipient_list=[order.email],
        )
