"""Catalogue pages."""

from django.urls import path
from django.views.generic import RedirectView

from shop.views import catalogue, pages, tour

urlpatterns = [
    path("", pages.home, name="home"),
    path("d/<slug:slug>/", catalogue.department, name="department"),
    path("c/<slug:slug>/", catalogue.category, name="category"),
    path("p/<slug:slug>/", catalogue.product, name="product"),
    path("search/", catalogue.search, name="search"),
    path("search/suggest/", catalogue.suggest, name="suggest"),
    path("compare/", catalogue.compare, name="compare"),
    path("compare/toggle/", catalogue.compare_toggle, name="compare_toggle"),
    path("adults/", catalogue.adults, name="adults"),
    path("favicon.ico", RedirectView.as_view(url="/icon/1F6CD.svg", permanent=True)),
    path("icon/<str:code>.svg", pages.picture, name="picture"),
    path(
        "picture/<str:language>/<int:pk>-<int:variant>-<str:mark>.svg",
        pages.product_picture,
        name="product_picture",
    ),
    path("about/data/", pages.about_data, name="about_data"),
    path("demo/tour/", tour.tour, name="tour"),
    path("demo/tour/live/", tour.live, name="tour_live"),
    path("demo/tour/be/<int:pk>/", tour.be, name="tour_be"),
    path("demo/tour/work/<slug:role>/", tour.work, name="tour_work"),
    path("demo/tour/<slug:name>/", tour.tell, name="tour_story"),
]
