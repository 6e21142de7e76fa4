"""The active models of this process. None until something has been trained."""

from foundation import registry
from recommend.learning.purchases import PurchaseModel
from recommend.learning.ranking import RankingModel
from recommend.learning.text import TextIndex

ORDERS = "recommend.orders"
RANKER = "recommend.ranker"
SEARCH = "recommend.search"


def purchase_model() -> PurchaseModel | None:
    return registry.active_artefact(ORDERS, lambda path, _version: PurchaseModel.load(path))


def ranking_model() -> RankingModel | None:
    return registry.active_artefact(RANKER, lambda path, _version: RankingModel.load(path))


def text_index() -> TextIndex | None:
    return registry.active_artefact(SEARCH, lambda path, _version: TextIndex.load(path))
