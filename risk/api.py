"""Risk's API for staff and banks: assessments, cases and their decision, chargebacks."""

from django.db import models
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from risk import services
from risk.models import Assessment, Case, Chargeback
from risk.rules import reason_text
from shop.api.base import MomentFilter, ShopView, StaffWhoMayView, Text
from shop.models import Order, User


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


class AppealIn(serializers.Serializer):
    """Why an order should not have been blocked."""

    checkout = serializers.UUIDField(help_text="`details.checkout` of the refusal.")
    contact = serializers.EmailField(max_length=254, help_text="Where to send the answer.")
    message = Text(2000)


class AppealOut(serializers.Serializer):
    state = serializers.ChoiceField(choices=Case.State.choices)
    opened_at = serializers.DateTimeField()


class AppealView(ShopView):
    @extend_schema(operation_id="appeals_create", request=AppealIn, responses={201: AppealOut})
    def post(self, request: Request) -> Response:
        """Appeal against a blocked checkout; a second appeal adds nothing."""
        given = self.body(AppealIn)
        case = services.appeal(
            checkout_uuid=given["checkout"], message=given["message"], contact=given["contact"]
        )
        return Response(AppealOut(case).data, status=status.HTTP_201_CREATED)


class AssessmentFilter(filters.FilterSet):
    class Meta:
        model = Assessment
        fields = {"decision": ["exact"], "at": ["gte", "lt"]}
        filter_overrides = {models.DateTimeField: {"filter_class": MomentFilter}}


class AssessmentViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Assessments, newest first."""

    queryset = Assessment.objects.select_related("order")
    serializer_class = AssessmentOut
    permission_classes = [StaffWhoMayView]
    filterset_class = AssessmentFilter


class CaseViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Review cases and appeals, newest first."""

    queryset = Case.objects.select_related("assessment__order")
    serializer_class = CaseOut
    permission_classes = [StaffWhoMayView]
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


class ChargebackIn(serializers.Serializer):
    """What a bank took back. A reference that is known changes nothing."""

    order: serializers.RelatedField = serializers.SlugRelatedField(
        slug_field="number", queryset=Order.objects.all()
    )
    reference = serializers.CharField(max_length=80)
    amount = serializers.DecimalField(max_digits=12, decimal_places=2, min_value=0)
    reason = serializers.CharField(max_length=80, required=False, default="", allow_blank=True)
    fraud = serializers.BooleanField(required=False, default=True)
    received_at = serializers.DateTimeField(required=False)


class ChargebackOut(serializers.ModelSerializer):
    order: serializers.RelatedField = serializers.SlugRelatedField(
        slug_field="number", read_only=True
    )

    class Meta:
        model = Chargeback
        fields = ["order", "reference", "amount", "reason", "fraud", "received_at"]


class ChargebackViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Chargebacks, newest first."""

    queryset = Chargeback.objects.select_related("order")
    serializer_class = ChargebackOut
    permission_classes = [StaffWhoMayView]
    filterset_fields = ["fraud"]

    @extend_schema(request=ChargebackIn, responses={201: ChargebackOut})
    def create(self, request: Request) -> Response:
        """Take in a chargeback; the order is labelled, and the next training learns from it."""
        given = ChargebackIn(data=request.data)
        given.is_valid(raise_exception=True)
        assert isinstance(request.user, User)  # the permissions let nobody else through
        values = dict(given.validated_data)
        row = services.charge_back(fraud_found=values.pop("fraud"), by=request.user, **values)
        return Response(ChargebackOut(row).data, status=status.HTTP_201_CREATED)
