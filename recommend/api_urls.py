"""API of the recommend app."""

from django.urls import path

from recommend.api import AdView, RecommendationsView, SearchView

urlpatterns = [
    path("recommendations/", RecommendationsView.as_view(), name="api-recommendations"),
    path("ads/", AdView.as_view(), name="api-ads"),
    path("search/", SearchView.as_view(), name="api-search"),
]
