"""Where stock keepers and buyers work."""

from inventory.admin import planning, purchasing, stock

__all__ = ["planning", "purchasing", "stock"]
