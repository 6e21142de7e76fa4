"""What a member of staff keeps of a list: its filters, its search and its order, under a name."""

from django.http import QueryDict

from shop.models import SavedFilter, User
from shop.refusals import RefusalCode, Refused

MOST = 20
"""Of one person for one list."""
NOT_KEPT = ("p", "all", "_changelist_filters", "_popup")
"""Parameters that say where in the list somebody was."""


def save(*, owner: User, page: str, name: str, query: str) -> SavedFilter:
    """Keep a filter; the same name again replaces it. Refuses an empty name and a filter too many.

    ``query`` is the query string of the list.
    """
    given = QueryDict(query.lstrip("?")[:2000], mutable=True)
    for part in NOT_KEPT:
        given.pop(part, None)
    name, query = name.replace("\x00", "").strip()[:60], given.urlencode()
    kept = SavedFilter.objects.filter(owner=owner, page=page)
    known = kept.filter(name=name).exists()
    if not name or len(query) > 500 or (not known and kept.count() >= MOST):
        raise Refused(RefusalCode.INVALID_INPUT)
    return SavedFilter.objects.update_or_create(
        owner=owner, page=page, name=name, defaults={"query": query}
    )[0]


def forget(*, owner: User, pk: int) -> SavedFilter | None:
    """Delete the owner's filter and return it; None when it is not the owner's or gone."""
    kept = SavedFilter.objects.filter(owner=owner, pk=pk).first()
    if kept is not None:
        SavedFilter.objects.filter(pk=pk).delete()
    return kept
