"""What recommendations add to the demo: a trained model and a search index."""

from foundation.models import Measurement, Node
from foundation.queueing import queue
from foundation.runs import training_run
from recommend import services
from recommend.graph import CAPABILITY
from recommend.serving import ORDERS, SEARCH
from shop.demo.steps import DemoPlan, Progress

TOTAL = 100
SHARE = 40
"""Of a hundred, how much of the bar the search index takes."""


def load(plan: DemoPlan, progress: Progress) -> str:
    """Build the search index and train on the imported orders. Does nothing the second time."""
    with training_run(SEARCH) as run:

        def encoded(done: int, total: int) -> None:
            run.report(done, total)
            progress(SHARE * done // max(total, 1), TOTAL)

        index = services.build_search_index(encoded)
        run.finish_with(index)
    with training_run(ORDERS) as run:

        def trained(done: int, total: int) -> None:
            run.report(done, total)
            progress(SHARE + (TOTAL - SHARE) * done // max(total, 1), TOTAL)

        model = services.train_recommender(trained)
        run.finish_with(model)
    _leave_to_the_worker()
    return (
        f"recommend: {index.metrics['documents']:,} products searchable, "
        f"{model.metrics['products']:,} in the purchase model "
        f"(NDCG@10 on the last four weeks: repeat {model.metrics['repeat_ndcg@10']:.3f}, "
        f"discovery {model.metrics['discovery_ndcg@10']:.3f})"
    )


def _leave_to_the_worker() -> None:
    """Nobody waits for these, but nobody should wait for their hour of the schedule either."""
    if not Node.objects.exists():
        queue("foundation.tasks.train", CAPABILITY)
    if not Measurement.objects.exists():
        queue("foundation.tasks.watch")
