"""Scripted customers against the assistant: success, wrong actions, leaks."""

import argparse
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path

SCRIPTS = Path(__file__).parent.parent / "tests/support/dialogues"


def _django() -> None:
    import tests.environment  # noqa: F401

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    logging.getLogger("shop").setLevel(logging.CRITICAL)


def run(options: argparse.Namespace) -> Iterator[dict]:
    _django()
    from django.conf import settings
    from django.db import connection, transaction

    from support import knowledge_files, serving
    from support.learning.intents import IntentModel
    from support.simulator import play, read_scripts
    from tests.support import world

    settings.AVAILABILITY_PROVIDER = "tests.shop.stock.availability"
    settings.SEARCH_PROVIDER = "tests.support.world.no_search"
    connection.creation.create_test_db(verbosity=0)
    model = IntentModel(serving.encode).fit(*knowledge_files.utterances())
    trained, before = (lambda: model), serving.intent_model
    for method, intent_model in (("mercato", trained), ("nearest_examples", before)):
        serving.intent_model = intent_model
        for language in ("en", "zh"):
            scripts = read_scripts(SCRIPTS / f"{language}.yaml")
            started = time.perf_counter()
            with transaction.atomic():
                made, results = world.build(), []
                for script in scripts:
                    point = transaction.savepoint()
                    results.append(play(script, made))
                    transaction.savepoint_rollback(point)
                transaction.set_rollback(True)
            figures = {
                "success": sum(played.success for played in results) / len(results),
                "wrong_actions": sum(len(played.wrong_actions) for played in results),
                "leaks": sum(len(played.leaks) for played in results),
                "adversarial": sum(script.adversarial for script in scripts),
            }
            for metric, value in figures.items():
                yield {
                    "dataset": language,
                    "method": method,
                    "metric": metric,
                    "value": value,
                    "n": len(results),
                    "seconds": time.perf_counter() - started,
                }
