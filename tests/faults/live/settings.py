"""The shop's settings with parts that break when they are told to; see parts.py and apps.py."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS as _APPS
from config.settings import VAR_DIR

INSTALLED_APPS = [*_APPS, "tests.faults.live.apps.Parts"]
FAULTS_DIR = VAR_DIR / "faults"
"""A file a part; what stands in it is what the part does."""
PAYMENT_PROVIDER = "tests.faults.live.parts.Payment"
EMAIL_DELIVERY_BACKEND = "tests.faults.live.parts.Mail"
SEARCH_PROVIDER = "tests.faults.live.parts.search"
MODEL_TRAINERS = {"tests.numbers": "tests.faults.live.parts.train"}
CELERY_BEAT_SCHEDULE = {
    "foundation-deliver": {"task": "foundation.tasks.deliver_due", "schedule": 2},
    "foundation-sweep": {"task": "foundation.tasks.sweep_runs", "schedule": 2},
    "shop-recover-checkouts": {"task": "shop.tasks.recover_checkouts", "schedule": 5},
    "inventory-expire-reservations": {
        "task": "inventory.tasks.expire_reservations",
        "schedule": 5,
    },
}
CELERY_BEAT_MAX_LOOP_INTERVAL = 1
