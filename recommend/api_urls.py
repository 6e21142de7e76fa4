"""API of the recommend app."""

from django.urls import path

from recommend.api import RecommendationsView, SearchView

urlpatterns = [
    path("recommendations/", RecommendationsView.as_view(), name="api-recommendations"),
    path("search/", SearchView.as_view(), name="api-search"),
]
