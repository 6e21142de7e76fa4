"""Pages of the recommend app."""

from django.urls import path

from recommend import views

app_name = "recommend"
urlpatterns = [
    path("forget/", views.forget, name="forget"),
    path("off/", views.turn_off, name="off"),
]
