"""Celery entry points."""

from celery import shared_task


@shared_task
def train() -> None:
    from risk import services

    services.train()


@shared_task
def learn_from_outcomes() -> None:
    from risk import fraud

    fraud.train()


@shared_task
def ask_for_confirmation(case_id: int) -> None:
    from risk import mail

    mail.ask_for_confirmation(case_id=case_id)
