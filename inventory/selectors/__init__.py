"""What inventory reads, a file per noun."""

from inventory.selectors.dashboard import dashboard
from inventory.selectors.demand import Demand, daily_demand, units_by_channel
from inventory.selectors.history import (
    Frame,
    History,
    history_frame,
    history_of,
    planned_days,
    promoted_within,
    sales_history,
    variants_sold,
)
from inventory.selectors.planning import latest_forecasts, leaving, on_order, reorder_list
from inventory.selectors.stock import Difference, availability, differences, expiring_lots

__all__ = [
    "Demand",
    "Difference",
    "Frame",
    "History",
    "availability",
    "daily_demand",
    "dashboard",
    "differences",
    "expiring_lots",
    "history_frame",
    "history_of",
    "latest_forecasts",
    "leaving",
    "on_order",
    "planned_days",
    "promoted_within",
    "reorder_list",
    "sales_history",
    "units_by_channel",
    "variants_sold",
]
