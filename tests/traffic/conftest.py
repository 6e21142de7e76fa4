"""The whole shop, stocked and with a year of orders, for virtual customers to walk through."""

from tests.recommend.conftest import clean_process, trained, world

__all__ = ["clean_process", "trained", "world"]
