"""Risk's API for staff: assessments, cases and their decision."""

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, permissions, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from risk import services
from risk.models import Assessment, Case
from risk.rules import reason_text
from shop.models import User


class AssessmentOut(serializers.ModelSerializer):
    reasons = serializers.SerializerMethodField()

    class Meta:
        model = Assessment
        fields = ["id", "checkout_uuid", "order", "score", "decision", "reasons", "features", "at"]

    def get_reasons(self, row: Assessment) -> list[str]:
        return [reason_text(reason) for reason in row.reasons]


class CaseOut(serializers.ModelSerializer):
    assessment = AssessmentOut()

    class Meta:
        model = Case
        fields = ["id", "kind", "state", "message", "note", "opened_at", "decided_at", "assessment"]


class DecisionIn(serializers.Serializer):
    fraud = serializers.BooleanField()
    note = serializers.CharField(max_length=2000, required=False, default="", allow_blank=True)


class AssessmentFilter(filters.FilterSet):
    class Meta:
        model = Assessment
        fields = {"decision": ["exact"], "at": ["gte", "lt"]}


class AssessmentViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Assessments, newest first."""

    queryset = Assessment.objects.select_related("order")
    serializer_class = AssessmentOut
    permission_classes = [permissions.IsAdminUser, permissions.DjangoModelPermissions]
    filterset_class = AssessmentFilter


class CaseViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Review cases and appeals, newest first."""

    queryset = Case.objects.select_related("assessment__order")
    serializer_class = CaseOut
    permission_classes = [permissions.IsAdminUser, permissions.DjangoModelPermissions]
    filterset_fields = ["state", "kind"]
    lookup_value_regex = r"\d{1,18}"

    @extend_schema(request=DecisionIn, responses=CaseOut)
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: str | None = None) -> Response:
        """Clear the case or confirm fraud."""
        given = DecisionIn(data=request.data)
        given.is_valid(raise_exception=True)
        assert isinstance(request.user, User)  # the permissions let nobody else through
        case = services.decide_case(case=self.get_object(), by=request.user, **given.validated_data)
        return Response(CaseOut(case).data)
