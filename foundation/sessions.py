"""Sessions in the database with the cache before it."""

from django.contrib.sessions.backends import cached_db
from django.contrib.sessions.backends.base import UpdateError
from django.db import InterfaceError, OperationalError

UNREACHABLE = (InterfaceError, OperationalError)


class SessionStore(cached_db.SessionStore):
    """Django's own, but a database that cannot be reached is not a session that was deleted.

    Django takes every error of the database in :meth:`save` for a session that somebody ended
    meanwhile, and answers 400: do not ask again. After a checkout whose order was written just
    before, the shopper would take that for a refusal and never hear of the order.
    """

    def save(self, must_create: bool = False) -> None:
        try:
            super().save(must_create)
        except UpdateError as error:
            if isinstance(error.__context__, UNREACHABLE):
                raise error.__context__ from None
            raise
