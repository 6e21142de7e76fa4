"""Recommendations and search over the API."""

from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from recommend.selectors import Reason, recommend
from recommend.selectors.rails import MAX_LIMIT, SURFACES
from shop import events
from shop.models import Event, Product
from shop.selectors import carts
from shop.selectors.catalogue import Card, cards
from shop.selectors.search import search
from shop.views.catalogue import is_adult

MAX_ID = 2**63 - 1
PAGE = 24


class _Query(serializers.Serializer):
    """A text without control characters, at most 200 of them."""

    q = serializers.CharField(max_length=200, help_text=_("What is looked for, in any words."))
    limit = serializers.IntegerField(min_value=1, max_value=100, default=PAGE)


class _Ask(serializers.Serializer):
    surface = serializers.ChoiceField(choices=SURFACES, default="home")
    product = serializers.IntegerField(min_value=1, max_value=MAX_ID, required=False)
    limit = serializers.IntegerField(min_value=1, max_value=MAX_LIMIT, default=12)
    explain = serializers.BooleanField(default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["surface"] == "product" and "product" not in attrs:
            raise serializers.ValidationError({"product": _("Name the product.")})
        return attrs


class FoundProduct(serializers.Serializer):
    """A product as lists show it. Prices in dollars."""

    id = serializers.IntegerField(source="product.pk")
    slug = serializers.CharField(source="product.slug")
    title = serializers.CharField(source="product.title")
    url = serializers.CharField(source="product.get_absolute_url")
    category = serializers.CharField(source="product.category.slug")
    variant = serializers.IntegerField(source="offer.variant_id")
    price = serializers.DecimalField(source="offer.price", max_digits=12, decimal_places=2)
    list_price = serializers.DecimalField(
        source="offer.list_price", max_digits=12, decimal_places=2
    )
    in_stock = serializers.BooleanField(source="offer.availability.in_stock")


class SearchAnswer(serializers.Serializer):
    query = serializers.CharField()
    degraded = serializers.BooleanField(
        help_text=_("Whether the plain search answered in place of the ranked one.")
    )
    total = serializers.IntegerField()
    results = FoundProduct(many=True)


class Recommended(serializers.Serializer):
    reason = serializers.ChoiceField(choices=Reason.choices)
    score = serializers.FloatField(required=False, help_text=_("With explain=1."))
    explanation = serializers.CharField(required=False, help_text=_("With explain=1."))
    product = FoundProduct()


class RecommendationAnswer(serializers.Serializer):
    surface = serializers.ChoiceField(choices=SURFACES)
    results = Recommended(many=True)


class RecommendationsView(APIView):
    """Products for the reader: on sale, in stock, with the reason."""

    @extend_schema(
        operation_id="recommendations",
        parameters=[_Ask],
        responses=RecommendationAnswer,
        description="Recommendations for the start page, a product page or the reader's cart.",
    )
    def get(self, request: Request) -> Response:
        ask = _validated(_Ask, request)
        product = None
        if "product" in ask:
            product = (
                Product.objects.select_related("category")
                .filter(pk=ask["product"], is_active=True)
                .first()
            )
            if product is None:
                raise NotFound
        plain = request._request
        cart = carts.find(plain)
        found = recommend(
            ask["surface"],
            customer=plain.customer or None,  # type: ignore[attr-defined]
            visitor=str(plain.visitor_key),  # type: ignore[attr-defined]
            product=product,
            cart_variant_ids=list(cart.lines.values_list("variant_id", flat=True)) if cart else [],
            limit=ask["limit"],
        )
        by_id = {card.product.pk: card for card in cards([item.product_id for item in found])}
        results = []
        for item in found:
            if item.product_id not in by_id:
                continue
            row: dict[str, Any] = {"reason": item.reason_code, "product": by_id[item.product_id]}
            if ask["explain"]:
                row["score"] = item.score
                row["explanation"] = str(Reason(item.reason_code).label)
            results.append(row)
        answer = {"surface": ask["surface"], "results": results}
        return Response(RecommendationAnswer(answer).data)


class SearchView(APIView):
    """Ranked search for products."""

    @extend_schema(
        operation_id="search",
        parameters=[
            _Query,
            OpenApiParameter("Accept-Language", str, OpenApiParameter.HEADER, required=False),
        ],
        responses=SearchAnswer,
        description=(
            "Search in Chinese or English, in whole sentences if you like; limits of price "
            "in the text are kept. Titles come in the language of Accept-Language."
        ),
    )
    def get(self, request: Request) -> Response:
        asked = _validated(_Query, request)
        plain = request._request
        customer = plain.customer or None  # type: ignore[attr-defined]
        found = search(asked["q"], customer=customer, language=get_language() or "en")
        shown: list[Card] = cards(found.ids)
        if not is_adult(plain):
            shown = [card for card in shown if not card.product.category.age_gated]
        events.record(
            Event.Kind.SEARCH,
            visitor=str(plain.visitor_key),  # type: ignore[attr-defined]
            customer_id=customer.pk if customer else None,
            surface="api",
            query=asked["q"],
            data={"results": len(shown)},
        )
        answer = {
            "query": asked["q"],
            "degraded": found.degraded,
            "total": len(shown),
            "results": shown[: asked["limit"]],
        }
        return Response(SearchAnswer(answer).data)


def _validated(serializer: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    checked = serializer(data=request.query_params)
    checked.is_valid(raise_exception=True)
    return checked.validated_data
