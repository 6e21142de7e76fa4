"""Celery entry points."""

from celery import Task, shared_task


@shared_task
def train() -> None:
    from risk import services

    services.train()


@shared_task
def learn_from_outcomes() -> None:
    from risk import costs, fraud

    fraud.train()
    costs.learn()


@shared_task
def ask_for_confirmation(case_id: int) -> None:
    from risk import mail

    mail.ask_for_confirmation(case_id=case_id)


@shared_task(bind=True, max_retries=10)
def deliver_alert(self: Task, alert_id: int) -> None:
    from risk import alerts
    from risk.models import Alert

    alert = Alert.objects.filter(pk=alert_id).first()
    if alert is not None and not alerts.deliver(alert):
        self.retry(countdown=alerts.FIRST_RETRY_SECONDS * 2**self.request.retries)


@shared_task
def tell_of_new_device(user_id: int, agent: str) -> None:
    from risk import mail

    mail.tell_of_new_device(user_id=user_id, agent=agent)
