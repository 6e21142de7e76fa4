"""What the worker does for support."""

from celery import shared_task

from foundation.encoders import EncoderUnavailable
from foundation.runs import training_run
from support import contact, opinions, strategies, training
from support.serving import INTENTS


@shared_task(autoretry_for=(OSError,), retry_backoff=30, max_retries=3)
def train_intents() -> None:
    """Train the intent model; nothing to do when no utterance or correction is new."""
    _train()


@shared_task(autoretry_for=(OSError,), retry_backoff=30, max_retries=3)
def train_tuned_intents() -> None:
    """Train the tuned transformer; the gate decides whether it serves instead."""
    _train(training.TRANSFORMER)


def _train(kind: str = "") -> None:
    with training_run(INTENTS) as run:
        try:
            run.finish_with(training.train_intents(run.report, kind))
        except EncoderUnavailable as error:
            # Nothing a retry would mend; the run's row and the log say what to do.
            run.report(0, 1, str(error))
            raise


@shared_task(autoretry_for=(OSError,), retry_backoff=30, max_retries=5)
def mail_transcript(conversation_id: int, language: str) -> None:
    contact.mail_transcript(conversation_id=conversation_id, language=language)


@shared_task(autoretry_for=(OSError,), retry_backoff=30, max_retries=5)
def mail_answer(message_id: int) -> None:
    contact.mail_answer(message_id=message_id)


@shared_task
def gather_opinions() -> None:
    """What was said lately, by aspect; twice is once."""
    opinions.gather()


@shared_task(autoretry_for=(OSError,), retry_backoff=30, max_retries=3)
def train_strategies() -> None:
    """Learn which strategy answers best; nothing to do while too little was tried."""
    with training_run(strategies.CAPABILITY) as run:
        try:
            run.finish_with(strategies.train())
        except strategies.NotEnoughData as error:
            run.report(1, 1, str(error))
