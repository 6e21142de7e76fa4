"""What several answers of the API have in common."""

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from shop.api.base import Money
from shop.models import Category, Department, Product
from shop.selectors import pictures


def picture_of(row: Product | Category | Department) -> str:
    """The address of a product's picture, or of the drawing of a category or department."""
    if isinstance(row, Product):
        return pictures.address(row)
    return reverse("shop:picture", args=[row.icon or "-"])


@extend_schema_field(OpenApiTypes.STR)
class PictureField(serializers.Field):
    """Address of an SVG. The value is a product, a category or a department."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(read_only=True, **kwargs)  # type: ignore[arg-type]

    def to_representation(self, value: Product | Category | Department) -> str:
        return picture_of(value)


class OfferOut(serializers.Serializer):
    """What a variant costs now, per unit, and whether it can be had."""

    list_price = Money()
    price = Money()
    discount = Money()
    percent_off = serializers.IntegerField()
    on_promotion = serializers.BooleanField()
    deal_ends_at = serializers.DateTimeField(allow_null=True)
    in_stock = serializers.BooleanField(source="availability.in_stock")
    available = serializers.IntegerField(
        source="availability.total", help_text="Units that can be promised."
    )


class ProductRefOut(serializers.Serializer):
    """Just enough of a product to show and to open it."""

    id = serializers.IntegerField()
    slug = serializers.CharField()
    title = serializers.CharField()
    url = serializers.CharField(source="get_absolute_url")
    picture = PictureField(source="*")


class ProductCardOut(serializers.Serializer):
    """A product as lists show it, with the offer of its cheapest variant that can be had."""

    id = serializers.IntegerField(source="product.pk")
    slug = serializers.CharField(source="product.slug")
    title = serializers.CharField(source="product.title")
    brand = serializers.CharField(source="product.brand")
    size = serializers.CharField(source="product.size")
    url = serializers.CharField(source="product.get_absolute_url")
    picture = PictureField(source="product")
    category = serializers.CharField(source="product.category.slug")
    rating = serializers.FloatField(source="product.rating_mean", allow_null=True)
    rating_count = serializers.IntegerField(source="product.rating_count")
    variant = serializers.IntegerField(source="offer.variant_id")
    variant_count = serializers.IntegerField()
    price_varies = serializers.BooleanField(
        source="varied", help_text="Variants differ in price; the price is the one to start from."
    )
    price = Money(source="offer.price")
    list_price = Money(source="offer.list_price")
    percent_off = serializers.IntegerField(source="offer.percent_off")
    in_stock = serializers.BooleanField(source="offer.availability.in_stock")
