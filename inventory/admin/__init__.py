"""Where stock keepers and buyers work."""

from inventory.admin import planning, purchasing, stock, transfers

__all__ = ["planning", "purchasing", "stock", "transfers"]
