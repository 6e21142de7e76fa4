"""The active models of this process. None until something has been trained."""

import logging
from dataclasses import dataclass
from pathlib import Path

from foundation import registry
from foundation.encoders import Encoder, EncoderUnavailable, get_encoder
from foundation.models import ModelVersion
from recommend.learning.coupons import RedemptionModel
from recommend.learning.purchases import PurchaseModel
from recommend.learning.ranking import RankingModel
from recommend.learning.sequence import SequenceModel
from recommend.learning.text import TextIndex

log = logging.getLogger(__name__)
COUPONS = "recommend.coupons"
ORDERS = "recommend.orders"
RANKER = "recommend.ranker"
SEARCH = "recommend.search"
SEQUENCE = "recommend.sequence"


def purchase_model() -> PurchaseModel | None:
    return registry.active_artefact(ORDERS, lambda path, _version: PurchaseModel.load(path))


def redemption_model() -> RedemptionModel | None:
    return registry.active_artefact(COUPONS, lambda path, _version: RedemptionModel.load(path))


def ranking_model() -> RankingModel | None:
    return registry.active_artefact(RANKER, lambda path, _version: RankingModel.load(path))


def sequence_model() -> SequenceModel | None:
    return registry.active_artefact(SEQUENCE, lambda path, _version: SequenceModel.load(path))


@dataclass(frozen=True)
class SearchModel:
    """An index with the encoder that made its vectors; None where words alone have to do."""

    index: TextIndex
    encoder: Encoder | None


def search_model() -> SearchModel | None:
    return registry.active_artefact(SEARCH, _load_search)


def text_index() -> TextIndex | None:
    model = search_model()
    return model.index if model else None


def _load_search(path: Path, version: ModelVersion) -> SearchModel:
    """Index and encoder together, so that no query meets the one without the other."""
    index = TextIndex.load(path)
    try:
        encoder = get_encoder(version.parameters.get("wanted_encoder", ""))
        encoder.encode([""])  # the first text is slow, and no shopper should wait for it
    except EncoderUnavailable as error:
        log.error("search goes by words alone: %s", error)
        return SearchModel(index, None)
    if encoder.name != index.encoder:
        log.error("search goes by words alone: %s was made by another encoder", version)
        return SearchModel(index, None)
    return SearchModel(index, encoder)
