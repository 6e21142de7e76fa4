"""The active models of this process. None until something has been trained."""

from foundation import registry
from recommend.learning.purchases import PurchaseModel
from recommend.learning.text import TextIndex

ORDERS = "recommend.orders"
SEARCH = "recommend.search"


def purchase_model() -> PurchaseModel | None:
    return registry.active_artefact(ORDERS, lambda path, _version: PurchaseModel.load(path))


def text_index() -> TextIndex | None:
    return registry.active_artefact(SEARCH, lambda path, _version: TextIndex.load(path))
