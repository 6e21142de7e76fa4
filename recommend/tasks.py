"""What the worker does for recommendations."""

from celery import shared_task

from foundation.encoders import ADAPTED, DEFAULT, EncoderUnavailable, configured
from foundation.runs import training_run
from recommend import (
    coupon_training,
    digest,
    experiments,
    planning,
    ranker_training,
    sequence_training,
    services,
)
from recommend.experiments import CAPABILITY as LAYOUTS
from recommend.serving import COUPONS, ORDERS, RANKER, SEARCH, SEQUENCE


@shared_task(autoretry_for=(OSError,), retry_backoff=30, max_retries=3)
def train() -> None:
    """Train the purchase models and refresh the search index; each only when its data changed."""
    train_search()
    try:
        train_orders()
    except services.NotEnoughData:
        # A shop that has not sold anything yet; the run's row says so.
        return
    # Before the ranker, which learns how far to believe it.
    train_sequence()
    train_ranker()
    train_coupons()
    train_layouts()


@shared_task
def train_search() -> None:
    """Encode the product texts anew; nothing to do when none has changed."""
    with training_run(SEARCH) as run:
        try:
            run.finish_with(services.build_search_index(run.report))
        except EncoderUnavailable as error:
            # Nothing a retry would mend; the run's row and the log say what to do.
            run.report(0, 1, str(error))
            raise


@shared_task
def train_orders() -> None:
    """Train the purchase model; nothing to do when nothing was sold."""
    with training_run(ORDERS) as run:
        run.finish_with(services.train_recommender(run.report))


@shared_task(autoretry_for=(OSError,), retry_backoff=30, max_retries=3)
def train_ranker() -> None:
    """Train the learned ranker; a minute or two, so the demo leaves it to the worker."""
    with training_run(RANKER) as run:
        try:
            run.finish_with(ranker_training.train_ranker(run.report))
        except services.NotEnoughData as error:
            # A young shop is no failure: the run's row says so and the blend goes on serving.
            run.report(1, 1, str(error))


@shared_task(autoretry_for=(OSError,), retry_backoff=30, max_retries=3)
def train_sequence() -> None:
    """Train the sequence model on baskets; some minutes of one core."""
    with training_run(SEQUENCE) as run:
        try:
            run.finish_with(sequence_training.train_sequence(run.report))
        except services.NotEnoughData as error:
            run.report(1, 1, str(error))


@shared_task(autoretry_for=(OSError,), retry_backoff=30, max_retries=3)
def train_coupons() -> None:
    """Train the redemption model; nothing to do when no campaign was sent or answered since."""
    with training_run(COUPONS) as run:
        try:
            run.finish_with(coupon_training.train_coupons(run.report))
        except services.NotEnoughData as error:
            run.report(1, 1, str(error))


@shared_task(autoretry_for=(OSError,), retry_backoff=30, max_retries=3)
def train_layouts() -> None:
    """Learn the start page's layouts from the running experiment; nothing to do without one."""
    with training_run(LAYOUTS) as run:
        try:
            run.finish_with(experiments.train())
        except services.NotEnoughData as error:
            run.report(1, 1, str(error))


@shared_task
def work_out_plan(plan_id: int) -> None:
    """Work out whom a campaign would reach; doing it twice writes the same rows."""
    planning.work_out(plan_id=plan_id)


@shared_task(autoretry_for=(OSError,), retry_backoff=30, max_retries=3)
def mail_campaign(plan_id: int) -> None:
    """Put the letters to a sent plan's customers into the outbox, each once."""
    planning.mail(plan_id=plan_id)


@shared_task(autoretry_for=(OSError,), retry_backoff=30, max_retries=3)
def put_digests() -> None:
    """Put this week's letters into the outbox, each once."""
    digest.put_due()


def search_with(encoder: str) -> None:
    """Encode the catalogue by another encoder, then switch; search goes on by the old one.

    ``manage.py train recommend.search:...`` and the admin's page of trainings start it.
    """
    with training_run(SEARCH) as run:
        run.finish_with(services.build_search_index(run.report, encoder))


def search_with_default() -> None:
    search_with(DEFAULT)


def search_with_e5() -> None:
    search_with("e5")


def search_with_adapted() -> None:
    search_with(ADAPTED)


def search_with_configured() -> None:
    search_with(configured())
