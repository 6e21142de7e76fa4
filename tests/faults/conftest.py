"""The whole chain of the checkout, as the settings name it, and threads that are really many."""

from tests.inventory.conftest import in_threads

__all__ = ["in_threads"]
