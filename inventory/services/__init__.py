"""What changes stock and its plan, a file per noun. Every change of units is in the ledger."""

from inventory.services.forecasting import forecast_all, forecast_past, help_forecasting
from inventory.services.purchasing import (
    approve_purchase_order,
    cancel_purchase_order,
    order_replenishment,
    order_to_reorder_point,
    receive_purchase_order,
    send_purchase_order,
)
from inventory.services.reconciliation import reconcile
from inventory.services.replenishment import plan_replenishment
from inventory.services.reservations import (
    Wanted,
    consume,
    expire_reservations,
    put_back_cancelled,
    release,
    reserve,
    return_goods,
)
from inventory.services.sheets import (
    MAX_BYTES,
    RowError,
    SheetRefused,
    export_levels,
    import_counts,
    read_sheet,
)
from inventory.services.stock import adjust, count, expire_lots, receive, transfer
from inventory.services.training import train_demand_model
from inventory.services.transfers import (
    cancel_transfer,
    create_transfer,
    dispatch_transfer,
    receive_transfer,
    transfer_replenishment,
)

__all__ = [
    "MAX_BYTES",
    "RowError",
    "SheetRefused",
    "Wanted",
    "adjust",
    "approve_purchase_order",
    "cancel_purchase_order",
    "cancel_transfer",
    "consume",
    "count",
    "create_transfer",
    "dispatch_transfer",
    "expire_lots",
    "expire_reservations",
    "export_levels",
    "forecast_all",
    "forecast_past",
    "help_forecasting",
    "import_counts",
    "order_replenishment",
    "order_to_reorder_point",
    "plan_replenishment",
    "put_back_cancelled",
    "read_sheet",
    "receive",
    "receive_purchase_order",
    "receive_transfer",
    "reconcile",
    "release",
    "reserve",
    "return_goods",
    "send_purchase_order",
    "train_demand_model",
    "transfer",
    "transfer_replenishment",
]
