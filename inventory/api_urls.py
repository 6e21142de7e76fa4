"""API of the inventory app."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from inventory import api

router = SimpleRouter()
router.register("inventory/warehouses", api.WarehouseViewSet)
router.register("inventory/forecasts", api.ForecastViewSet)
router.register("inventory/reorder", api.ReorderViewSet)
urlpatterns = [
    path("inventory/stock/", api.StockView.as_view(), name="inventory-stock"),
    path("", include(router.urls)),
]
