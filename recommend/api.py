"""Recommendations and search over the API."""

from typing import Any

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from recommend import ads
from recommend.selectors import Reason
from recommend.selectors.rails import MAX_LIMIT, SURFACES, explained
from recommend.selectors.why import with_cards
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
            "Recommendations for the start page, a product page, the reader's cart, an order of "
            "the reader's or the weekly letter."
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
        found, known = explained(
            ask["surface"],
            customer=self.customer,
            visitor=consent.trace(self.plain).visitor,
            product=product,
            order=order,
            cart=[line.product_id for line in carts.held(self.plain)],
            limit=ask["limit"],
        )
        by_id, why = with_cards([(item.product_id, item.reason_code) for item in found], known)
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


class _AdAsk(serializers.Serializer):
    slot = serializers.ChoiceField(choices=ads.SLOTS, default="home")
    product = Id(required=False, help_text=_("What the page is about."))
    explain = serializers.BooleanField(default=False)


class AdOut(serializers.Serializer):
    notice = serializers.CharField(help_text=_("To be shown with it: that it is advertising."))
    text = serializers.CharField()
    link = serializers.CharField(help_text=_("Counts the click and leads to the product."))
    personal = serializers.BooleanField()
    explanation = serializers.CharField(required=False, help_text=_("With explain=1."))
    product = ProductCardOut()


class AdAnswer(serializers.Serializer):
    slot = serializers.ChoiceField(choices=ads.SLOTS)
    ad = AdOut(allow_null=True)


class AdView(ShopView):
    """An advertisement for a slot, or none."""

    @extend_schema(
        operation_id="advertisement",
        parameters=[_AdAsk],
        responses=AdAnswer,
        description=(
            "An advertisement, counted as shown. Own purchases choose it with the reader's consent "
            "to personal offers; otherwise the product the page is about does, or there is none."
        ),
    )
    def get(self, request: Request) -> Response:
        ask = self.query(_AdAsk)
        product = None
        if "product" in ask:
            product = Product.objects.filter(pk=ask["product"], is_active=True).first()
            if product is None:
                raise NotFound
        taken = [line.product_id for line in carts.held(self.plain)]
        found = ads.serve(ask["slot"], customer=self.customer, product=product, taken=taken)
        shown = cards([found.creative.product_id]) if found else []
        row: dict[str, Any] | None = None
        if found and shown:
            browsing.record(
                self.plain,
                Event.Kind.IMPRESSION,
                product_id=found.creative.product_id,
                surface=f"{ads.SURFACE}api",
                data=ads.event_data(found.creative, personal=found.personal),
            )
            row = {
                "notice": _("Advertisement"),
                "text": found.creative.text,
                "link": reverse("recommend:ad", args=[found.creative.pk]),
                "personal": found.personal,
                "product": shown[0],
            }
            if ask["explain"]:
                row["explanation"] = found.why
        return Response(AdAnswer({"slot": ask["slot"], "ad": row}).data)


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
