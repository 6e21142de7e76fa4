"""Celery entry points."""

from celery import shared_task


@shared_task
def send_order_mail(order_id: int) -> None:
    from shop.services import mail

    mail.send_order_confirmation(order_id=order_id)


@shared_task
def recover_checkouts() -> None:
    from shop.services import checkout

    checkout.recover_stuck()
