"""Pages of the recommend app."""

from django.urls import path

from recommend import views

app_name = "recommend"
urlpatterns = [
    path("ad/<int:creative>/", views.advertised, name="ad"),
    path("forget/", views.forget, name="forget"),
    path("letters/off/<str:token>/", views.letters_off, name="letters_off"),
    path("off/", views.turn_off, name="off"),
]
