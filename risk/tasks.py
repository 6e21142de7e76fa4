"""Celery entry points."""

from celery import shared_task


@shared_task
def train() -> None:
    from risk import services

    services.train()
