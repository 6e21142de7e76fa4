"""Recommendations and search over the API."""

from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from recommend.selectors import Reason
from recommend.selectors.rails import MAX_LIMIT, SURFACES, explained
from recommend.selectors.why import explain
from shop.api.base import LANGUAGE, Id, ShopView, Text
from shop.api.outputs import ProductCardOut
from shop.models import Event, Product
from shop.privacy import consent
from shop.selectors import carts, orders
from shop.selectors.catalogue import Card, cards
from shop.selectors.search import search
from shop.services import browsing

PAGE = 24


class _Query(serializers.Serializer):
    q = Text(200, help_text=_("What is looked for, in any words."))
    limit = serializers.IntegerField(min_value=1, max_value=100, default=PAGE)


class _Ask(serializers.Serializer):
    surface = serializers.ChoiceField(choices=SURFACES, default="home")
    product = Id(required=False)
    order = Text(40, required=False, help_text=_("The number of one of your own orders."))
    limit = serializers.IntegerField(min_value=1, max_value=MAX_LIMIT, default=12)
    explain = serializers.BooleanField(default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["surface"] == "product" and "product" not in attrs:
            raise serializers.ValidationError({"product": _("Name the product.")})
        if attrs["surface"] == "order" and "order" not in attrs:
            raise serializers.ValidationError({"order": _("Name the order.")})
        return attrs


class SearchAnswer(serializers.Serializer):
    query = serializers.CharField()
    degraded = serializers.BooleanField(
        help_text=_("Whether the plain search answered in place of the ranked one.")
    )
    total = serializers.IntegerField()
    results = ProductCardOut(many=True)


class Recommended(serializers.Serializer):
    reason = serializers.ChoiceField(choices=Reason.choices)
    score = serializers.FloatField(required=False, help_text=_("With explain=1."))
    explanation = serializers.CharField(required=False, help_text=_("With explain=1."))
    product = ProductCardOut()


class RecommendationAnswer(serializers.Serializer):
    surface = serializers.ChoiceField(choices=SURFACES)
    results = Recommended(many=True)


class RecommendationsView(ShopView):
    """Products for the reader: on sale, in stock, with the reason."""

    @extend_schema(
        operation_id="recommendations",
        parameters=[_Ask],
        responses=RecommendationAnswer,
        description=(
            "Recommendations for the start page, a product page, the reader's cart or an order of "
            "the reader's."
        ),
    )
    def get(self, request: Request) -> Response:
        ask = self.query(_Ask)
        product = None
        if "product" in ask:
            product = (
                Product.objects.select_related("category")
                .filter(pk=ask["product"], is_active=True)
                .first()
            )
            if product is None:
                raise NotFound
        order = orders.find(self.plain, ask["order"]) if ask["surface"] == "order" else None
        cart = carts.find(self.plain)
        found, known = explained(
            ask["surface"],
            customer=self.customer,
            visitor=consent.trace(self.plain).visitor,
            product=product,
            order=order,
            cart_variant_ids=list(cart.lines.values_list("variant_id", flat=True)) if cart else [],
            limit=ask["limit"],
        )
        by_id = {card.product.pk: card for card in cards([item.product_id for item in found])}
        asked = [(item.product_id, item.reason_code) for item in found] if ask["explain"] else []
        why = explain(asked, known)
        results = []
        for item in found:
            if item.product_id not in by_id:
                continue
            row: dict[str, Any] = {"reason": item.reason_code, "product": by_id[item.product_id]}
            if ask["explain"]:
                row["score"] = item.score
                row["explanation"] = why[item.product_id].text
            results.append(row)
        answer = {"surface": ask["surface"], "results": results}
        return Response(RecommendationAnswer(answer).data)


class SearchView(ShopView):
    """Ranked search for products."""

    @extend_schema(
        operation_id="search",
        parameters=[
            _Query,
            LANGUAGE,
        ],
        responses=SearchAnswer,
        description=(
            "Search in Chinese or English, in whole sentences if you like; limits of price "
            "in the text are kept. Titles come in the language of Accept-Language."
        ),
    )
    def get(self, request: Request) -> Response:
        asked = self.query(_Query)
        found = search(asked["q"], customer=self.customer, language=get_language() or "en")
        shown: list[Card] = cards(found.ids)
        if not browsing.is_adult(self.plain.session):
            shown = [card for card in shown if not card.product.category.age_gated]
        browsing.record(
            self.plain,
            Event.Kind.SEARCH,
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
