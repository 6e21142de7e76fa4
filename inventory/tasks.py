"""Celery entry points."""

from celery import shared_task


@shared_task
def forecast_demand() -> None:
    from inventory import services

    services.forecast_all()


@shared_task
def expire_reservations() -> None:
    from inventory import services

    services.expire_reservations()


@shared_task
def reconcile() -> None:
    from inventory import services

    services.reconcile()
