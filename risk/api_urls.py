"""API of the risk app."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from risk import api

router = SimpleRouter()
router.register("risk/assessments", api.AssessmentViewSet)
router.register("risk/cases", api.CaseViewSet)
router.register("risk/chargebacks", api.ChargebackViewSet)
urlpatterns = [
    path("risk/appeals/", api.AppealView.as_view(), name="api-appeals"),
    path("", include(router.urls)),
]
