"""Inventory's tables: what is there and why (``stock``), what is to come (``planning``)."""

from inventory.models.planning import (
    Forecast,
    ForecastChunk,
    PurchaseOrder,
    PurchaseOrderLine,
    ReplenishmentLine,
    Supplier,
    Transfer,
    TransferLine,
)
from inventory.models.stock import (
    AppendOnlyError,
    LedgerEntry,
    Lot,
    Reservation,
    StockDifference,
    StockLevel,
    Warehouse,
)

__all__ = [
    "AppendOnlyError",
    "Forecast",
    "ForecastChunk",
    "LedgerEntry",
    "Lot",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "ReplenishmentLine",
    "Reservation",
    "StockDifference",
    "StockLevel",
    "Supplier",
    "Transfer",
    "TransferLine",
    "Warehouse",
]
