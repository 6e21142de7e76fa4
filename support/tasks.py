"""What the worker does for support."""

from celery import shared_task

from foundation.encoders import EncoderUnavailable
from foundation.runs import training_run
from support import training
from support.serving import INTENTS


@shared_task(autoretry_for=(OSError,), retry_backoff=30, max_retries=3)
def train_intents() -> None:
    """Train the intent model; nothing to do when no utterance or correction is new."""
    with training_run(INTENTS) as run:
        try:
            run.finish_with(training.train_intents(run.report))
        except EncoderUnavailable as error:
            # Nothing a retry would mend; the run's row and the log say what to do.
            run.report(0, 1, str(error))
            raise
