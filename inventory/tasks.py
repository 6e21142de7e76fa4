"""Celery entry points."""

from celery import shared_task

HELPERS = 16
"""Other workers asked to forecast with the one that began; who comes late finds nothing to do."""


def _call_helpers(count: int) -> None:
    for _ in range(min(count, HELPERS)):
        help_forecasting.delay()


@shared_task
def forecast_demand() -> None:
    """Train when the model is a week old, forecast all variants, then plan what to order."""
    from inventory import services

    services.train_demand_model()
    services.forecast_all(call_helpers=_call_helpers)
    services.plan_replenishment()


@shared_task
def help_forecasting() -> None:
    """Make parts of the forecasts that another worker has begun."""
    from inventory import services

    services.help_forecasting()


@shared_task
def plan_replenishment() -> None:
    """Write the reorder list anew from the last forecasts, when stock has moved a lot at once."""
    from inventory import services

    services.plan_replenishment()


@shared_task
def train_demand() -> None:
    """Train the demand model whatever the age of the one that serves."""
    from inventory import services

    services.train_demand_model(force=True)


@shared_task
def expire_reservations() -> None:
    """Give back what checkouts held for too long."""
    from inventory import services

    services.expire_reservations()


@shared_task
def expire_lots() -> None:
    """Write off what may not be sold any more."""
    from inventory import services

    services.expire_lots()


@shared_task
def reconcile() -> None:
    """Compare stock levels with ledger, reservations and purchase orders."""
    from inventory import services

    services.reconcile()
