"""Inventory's API: what is in stock for everybody, forecasts and the reorder list for staff."""

from django import forms
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, permissions, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from inventory import selectors
from inventory.models import Forecast, ReplenishmentLine, Warehouse
from inventory.reasons import reason_text
from shop.api.base import StaffWhoMayView
from shop.models import Variant
from shop.pricing import Availability

MAX_ID = 2**63 - 1
"""Databases refuse larger keys with an error of their own."""
MAX_VARIANTS = 100


class StockQuery(serializers.Serializer):
    variant = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MAX_ID),
        min_length=1,
        max_length=MAX_VARIANTS,
    )


class StockOut(serializers.Serializer):
    """Units of one variant that can be promised now."""

    variant = serializers.IntegerField()
    total = serializers.IntegerField(help_text="Free units in all warehouses.")
    in_stock = serializers.BooleanField()
    by_channel = serializers.DictField(
        child=serializers.IntegerField(), help_text="Free units by sales channel code."
    )


class StockView(APIView):
    permission_classes = [permissions.AllowAny]

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "variant",
                {
                    "type": "array",
                    "items": {"type": "integer", "minimum": 1, "maximum": MAX_ID},
                    "minItems": 1,
                    "maxItems": MAX_VARIANTS,
                },
                required=True,
                description="Ids of variants; repeat the parameter for several.",
            )
        ],
        responses=StockOut(many=True),
    )
    def get(self, request: Request) -> Response:
        """Availability of variants that are on sale; others are left out."""
        query = StockQuery(data={"variant": request.query_params.getlist("variant")})
        query.is_valid(raise_exception=True)
        asked = query.validated_data["variant"]
        on_sale = Variant.objects.filter(pk__in=asked, is_active=True, product__is_active=True)
        ids = sorted(on_sale.order_by().values_list("pk", flat=True))
        known = selectors.availability(ids)
        rows = []
        for pk in ids:
            found = known.get(pk, Availability(0))
            rows.append(
                {
                    "variant": pk,
                    "total": found.total,
                    "in_stock": found.in_stock,
                    "by_channel": dict(found.by_channel),
                }
            )
        return Response(StockOut(rows, many=True).data)


class IdField(forms.IntegerField):
    def __init__(self, **kwargs: object) -> None:
        super().__init__(min_value=1, max_value=MAX_ID, **kwargs)  # type: ignore[arg-type]


class IdFilter(filters.Filter):
    """Exact match on a key that a database can hold."""

    field_class = IdField


class WarehouseOut(serializers.ModelSerializer):
    channel: serializers.SlugRelatedField = serializers.SlugRelatedField(
        slug_field="code", read_only=True
    )

    class Meta:
        model = Warehouse
        fields = ["id", "code", "name_en", "name_zh", "channel", "position"]


class WarehouseViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Warehouses in their order."""

    queryset = Warehouse.objects.select_related("channel").order_by("position", "pk")
    serializer_class = WarehouseOut
    permission_classes = [StaffWhoMayView]


class ForecastOut(serializers.ModelSerializer):
    sku = serializers.CharField(source="variant.sku")
    title = serializers.CharField(source="variant.product.title")
    daily = serializers.ListField(child=serializers.FloatField())

    class Meta:
        model = Forecast
        fields = [
            "variant",
            "sku",
            "title",
            "made_on",
            "data_to",
            "method",
            "daily",
            "total",
            "total_q90",
            "deviation",
        ]


class ForecastFilter(filters.FilterSet):
    variant = IdFilter(field_name="variant_id")

    class Meta:
        model = Forecast
        fields: list[str] = []


class ForecastViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """The last batch's forecasts, the best sellers first."""

    queryset = Forecast.objects.none()
    serializer_class = ForecastOut
    permission_classes = [StaffWhoMayView]
    filterset_class = ForecastFilter

    def get_queryset(self):
        return selectors.latest_forecasts().order_by("-total", "pk")


class ReorderLineOut(serializers.ModelSerializer):
    sku = serializers.CharField(source="variant.sku")
    title = serializers.CharField(source="variant.product.title")
    warehouse: serializers.SlugRelatedField = serializers.SlugRelatedField(
        slug_field="code", read_only=True
    )
    supplier: serializers.StringRelatedField = serializers.StringRelatedField()
    reason_text = serializers.SerializerMethodField()

    class Meta:
        model = ReplenishmentLine
        fields = [
            "id",
            "variant",
            "sku",
            "title",
            "warehouse",
            "supplier",
            "quantity",
            "position",
            "reorder_point",
            "order_up_to",
            "days_left",
            "reason",
            "reason_text",
            "made_on",
        ]

    def get_reason_text(self, line: ReplenishmentLine) -> str:
        return reason_text(line)


class ReorderFilter(filters.FilterSet):
    variant = IdFilter(field_name="variant_id")
    warehouse = filters.CharFilter(field_name="warehouse__code", max_length=40)
    reason = filters.ChoiceFilter(choices=ReplenishmentLine.Reason.choices)

    class Meta:
        model = ReplenishmentLine
        fields: list[str] = []


class ReorderViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """The open reorder list, the most urgent line first."""

    queryset = ReplenishmentLine.objects.none()
    serializer_class = ReorderLineOut
    permission_classes = [StaffWhoMayView]
    filterset_class = ReorderFilter

    def get_queryset(self):
        return selectors.reorder_list()
