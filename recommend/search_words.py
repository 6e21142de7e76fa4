"""What staff change about the words of search."""

from collections.abc import Sequence

from django.db import transaction

from foundation.tasks import train
from recommend.learning.aliases import Alias, load_aliases
from recommend.learning.tokens import has_chinese
from recommend.models import SearchWords
from recommend.serving import SEARCH


def save(words: SearchWords) -> None:
    """Keep what staff wrote and have the index built anew; all empty begins with the shipped."""
    if not any((words.names_en, words.names_zh, words.needs_en, words.needs_zh)):
        shipped = load_aliases().get(words.key, Alias())
        for side, chinese in (("en", False), ("zh", True)):
            for what, texts in (("names", shipped.names), ("needs", shipped.needs)):
                own = [text for text in texts if has_chinese(text) == chinese]
                setattr(words, f"{what}_{side}", "\n".join(own))
    with transaction.atomic():
        words.save()
        _index_anew()


def delete(ids: Sequence[int]) -> None:
    """Go back to the words the shop ships with."""
    with transaction.atomic():
        SearchWords.objects.filter(pk__in=ids).delete()
        _index_anew()


def _index_anew() -> None:
    """Nothing is lost while a build is at work: the nightly one sees that texts have changed."""
    transaction.on_commit(lambda: train.delay(SEARCH))
