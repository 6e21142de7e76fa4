"""The settings of a worker whose only training takes minutes, to be killed in its midst."""

from config.settings import *  # noqa: F403

MODEL_TRAINERS = {"tests.numbers": "tests.worker.slow_settings.train_slowly"}


def train_slowly() -> None:
    import time

    from foundation import runs

    runs.HEARTBEAT_SECONDS = 0.2
    with runs.training_run("tests.numbers") as run:
        for step in range(3000):
            run.report(step, 3000, "slowly")
            time.sleep(0.1)
