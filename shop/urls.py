"""Pages of the shop, under one namespace."""

from shop import urls_catalogue, urls_orders

app_name = "shop"
urlpatterns = [*urls_catalogue.urlpatterns, *urls_orders.urlpatterns]
