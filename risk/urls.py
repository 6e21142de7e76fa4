"""Pages of the risk app."""

from django.urls import path

from risk import views

app_name = "risk"
urlpatterns = [
    path("appeal/<uuid:checkout_uuid>/", views.appeal, name="appeal"),
    path("confirm/<str:token>/", views.confirm, name="confirm"),
]
