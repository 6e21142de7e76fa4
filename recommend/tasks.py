"""What the worker does for recommendations."""

from celery import shared_task

from foundation.encoders import EncoderUnavailable
from foundation.runs import training_run
from recommend import services
from recommend.serving import ORDERS, SEARCH


@shared_task(autoretry_for=(OSError,), retry_backoff=30, max_retries=3)
def train() -> None:
    """Train the purchase model and refresh the search index; each only when its data changed."""
    with training_run(SEARCH) as run:
        try:
            run.finish_with(services.build_search_index(run.report))
        except EncoderUnavailable as error:
            # Nothing a retry would mend; the run's row and the log say what to do.
            run.report(0, 1, str(error))
            raise
    try:
        with training_run(ORDERS) as run:
            run.finish_with(services.train_recommender(run.report))
    except services.NotEnoughData:
        # A shop that has not sold anything yet; the run's row says so.
        return
