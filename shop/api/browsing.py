"""What a session keeps: the comparison, what was viewed, the language, the reader's age."""

from django.conf import settings
from django.middleware.csrf import get_token
from django.utils.translation import get_language, override
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from shop.api.base import Id, ShopView
from shop.api.outputs import ProductCardOut
from shop.selectors import catalogue
from shop.selectors.comparison import comparison
from shop.services import browsing
from shop.views.requests import keep_language


class RowOut(serializers.Serializer):
    label = serializers.CharField()  # type: ignore[assignment]
    cells = serializers.ListField(child=serializers.CharField(), help_text="One per product.")
    differs = serializers.BooleanField()


class ComparisonOut(serializers.Serializer):
    maximum = serializers.IntegerField()
    products = ProductCardOut(many=True, source="cards")
    rows = RowOut(many=True)


class ProductRefIn(serializers.Serializer):
    product = Id(help_text="Id of a product.")


class ViewedOut(serializers.Serializer):
    results = ProductCardOut(many=True)


class SessionOut(serializers.Serializer):
    """The browser session of whoever asks."""

    signed_in = serializers.BooleanField()
    email = serializers.CharField(help_text="Empty for guests.")
    language = serializers.ChoiceField(choices=settings.LANGUAGES)
    adult = serializers.BooleanField(help_text="The reader has said to be of age.")


class SessionIn(serializers.Serializer):
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)
    adult = serializers.BooleanField(required=False)


class CompareView(ShopView):
    def _answer(self, code: int = status.HTTP_200_OK) -> Response:
        table = comparison(catalogue.cards(browsing.compared(self.plain.session)))
        answer = {"maximum": browsing.MAX_COMPARED, "cards": table.cards, "rows": table.rows}
        return Response(ComparisonOut(answer).data, status=code)

    @extend_schema(operation_id="compare_retrieve", responses=ComparisonOut)
    def get(self, request: Request) -> Response:
        """Up to four products side by side."""
        return self._answer()

    @extend_schema(operation_id="compare_add", request=ProductRefIn, responses={201: ComparisonOut})
    def post(self, request: Request) -> Response:
        """Add a product; twice is once."""
        product_id = self.body(ProductRefIn)["product"]
        browsing.add_compared(session=self.plain.session, product_id=product_id)
        return self._answer(status.HTTP_201_CREATED)

    @extend_schema(operation_id="compare_clear", request=None, responses={204: None})
    def delete(self, request: Request) -> Response:
        """Take all products out."""
        browsing.remove_compared(session=self.plain.session, product_id=None)
        return Response(status=status.HTTP_204_NO_CONTENT)


class CompareItem(ShopView):
    @extend_schema(operation_id="compare_remove", request=None, responses={204: None})
    def delete(self, request: Request, product: int) -> Response:
        """Take a product out; one that is not in it is no error."""
        browsing.remove_compared(session=self.plain.session, product_id=product)
        return Response(status=status.HTTP_204_NO_CONTENT)


class RecentlyViewed(ShopView):
    @extend_schema(operation_id="recently_viewed", responses=ViewedOut)
    def get(self, request: Request) -> Response:
        """Products looked at in this session, newest first."""
        seen = browsing.recently_viewed(self.plain)
        return Response(ViewedOut({"results": catalogue.cards(seen)}).data)


class SessionView(ShopView):
    def _out(self) -> dict:
        user = self.plain.user
        return SessionOut(
            {
                "signed_in": user.is_authenticated,
                "email": user.email if user.is_authenticated else "",
                "language": get_language() or settings.LANGUAGE_CODE,
                "adult": browsing.is_adult(self.plain.session),
            }
        ).data

    @extend_schema(operation_id="session_retrieve", responses=SessionOut)
    def get(self, request: Request) -> Response:
        """Who is signed in and what the session has been told. Sets the CSRF cookie."""
        get_token(self.plain)
        return Response(self._out())

    @extend_schema(operation_id="session_update", request=SessionIn, responses=SessionOut)
    def patch(self, request: Request) -> Response:
        """Choose the language, or say whether the reader is of age."""
        given = self.body(SessionIn)
        if "adult" in given:
            browsing.confirm_age(session=self.plain.session, adult=given["adult"])
        if "language" not in given:
            return Response(self._out())
        with override(given["language"]):
            response = Response(self._out())
        keep_language(response, given["language"])
        return response
