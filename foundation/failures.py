"""Why a training broke off, as a sentence for staff; the technical message is kept beside it."""

import errno

from django.db import DatabaseError, InterfaceError
from django.utils.translation import gettext_noop
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

from foundation.registry import ArtefactDamaged
from foundation.sayings import BROKE_OFF

DAMAGED = gettext_noop(
    "The file of a model is missing or damaged. Train it again, or roll back to another version."
)
LITTLE = gettext_noop("There is too little data to learn from yet. What serves now stays.")
MEMORY = gettext_noop("The memory ran out. Try again when less is at work, or with more memory.")
DISK = gettext_noop("The disk is full. Make room and start it again.")
STOPPED = gettext_noop("The worker was stopped while it was at it. Start it again.")
AWAY = gettext_noop("The database or the queue did not answer. Start it again when they do.")
FULL = (errno.ENOSPC, errno.EDQUOT)


class TooLittleData(Exception):
    """There is not enough to learn from."""


KINDS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((ArtefactDamaged,), DAMAGED),
    ((TooLittleData,), LITTLE),
    ((MemoryError,), MEMORY),
    ((DatabaseError, InterfaceError, BrokerError, RedisError, ConnectionError), AWAY),
    ((KeyboardInterrupt, SystemExit), STOPPED),
)


def sentence(error: BaseException) -> str:
    """Return what to tell staff, in English and to be translated.

    >>> sentence(OSError(errno.ENOSPC, "No space left on device")) == DISK
    True
    >>> sentence(ZeroDivisionError()) == BROKE_OFF
    True
    """
    if isinstance(error, OSError) and error.errno in FULL:
        return DISK
    # PyTorch says so by its text alone.
    if isinstance(error, RuntimeError) and "can't allocate memory" in str(error):
        return MEMORY
    return next((said for kinds, said in KINDS if isinstance(error, kinds)), BROKE_OFF)
