"""Celery entry points."""

from celery import shared_task


@shared_task
def train() -> None:
    from risk import services

    services.train()


@shared_task
def learn_from_outcomes() -> None:
    from risk import costs, fraud

    fraud.train()
    costs.learn()
