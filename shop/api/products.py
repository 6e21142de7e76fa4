"""Products: the list with facets, filters and sorting, one product, its reviews."""

from typing import Any

from django.utils.translation import get_language
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers, status
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from shop.api.base import LANGUAGE, Id, Money, ShopView, Text, optional
from shop.api.catalogue import CategoryOut
from shop.api.outputs import OfferOut, PictureField, ProductCardOut
from shop.api.pagination import Pages, links
from shop.models import Department, Event, Product, Review
from shop.refusals import RefusalCode, Refused
from shop.selectors import catalogue
from shop.selectors import search as searching
from shop.selectors.comparison import attributes, local_text
from shop.selectors.filters import (
    BANDS,
    FACETS,
    MAX_CHOSEN,
    MAX_PAGE,
    MAX_VALUE,
    OFFERS,
    RATINGS,
    SORTS,
    Filters,
)
from shop.selectors.listing import PAGE_SIZE, Listing, listing
from shop.selectors.reviews import display_name, histogram, may_review, published
from shop.services import browsing, reviews
from shop.services.checkout import adult_age


def _values() -> serializers.ListField:
    """Some values of a facet; repeat the parameter for several."""
    return serializers.ListField(
        child=Text(MAX_VALUE), max_length=MAX_CHOSEN, required=False, default=list
    )


def _choices(known: Any) -> serializers.ListField:
    child = serializers.ChoiceField(choices=[str(value) for value in known])
    return serializers.ListField(child=child, max_length=MAX_CHOSEN, required=False, default=list)


class ProductsIn(serializers.Serializer):
    """The same filters as on the list's page. Values of one facet are alternatives."""

    q = Text(
        searching.MAX_QUERY,
        required=False,
        allow_blank=True,
        default="",
        help_text="Words or a sentence, Chinese or English; ranks the list.",
    )
    department = serializers.SlugField(max_length=80, required=False, default="")
    category = _values()
    price = _choices(BANDS)
    brand = _values()
    size = _values()
    rating = _choices(RATINGS)
    offer = _choices(OFFERS)
    sort = serializers.ChoiceField(choices=list(SORTS), required=False, default="")
    page = serializers.IntegerField(min_value=1, max_value=MAX_PAGE, default=1)
    page_size = serializers.IntegerField(min_value=1, max_value=Pages.max_page_size, default=24)


class FacetValueOut(serializers.Serializer):
    value = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    count = serializers.IntegerField(help_text="Products, under the filters of all other facets.")
    selected = serializers.BooleanField()


class FacetOut(serializers.Serializer):
    key = serializers.ChoiceField(choices=list(FACETS))
    label = serializers.CharField()  # type: ignore[assignment]
    values = FacetValueOut(many=True)


class SortOut(serializers.Serializer):
    key = serializers.ChoiceField(choices=list(SORTS))
    label = serializers.CharField()  # type: ignore[assignment]
    selected = serializers.BooleanField()


class ProductListOut(serializers.Serializer):
    """One page of a list of products. Prices in dollars."""

    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    query = serializers.CharField()
    degraded = serializers.BooleanField(
        help_text="The plain search answered in place of the ranked one."
    )
    hidden = serializers.IntegerField(
        help_text="Left out because the reader has not said to be of age."
    )
    facets = FacetOut(many=True)
    sorts = SortOut(many=True)
    results = ProductCardOut(many=True)


class AttributeOut(serializers.Serializer):
    key = serializers.CharField()
    name = serializers.CharField()
    value = serializers.CharField()


class VariantOut(serializers.Serializer):
    id = serializers.IntegerField(source="variant.pk")
    sku = serializers.CharField(source="variant.sku")
    label = serializers.CharField(source="variant.label")  # type: ignore[assignment]
    options = serializers.SerializerMethodField()
    offer = OfferOut()

    def get_options(self, row: catalogue.VariantOffer) -> dict[str, str]:
        raw = row.variant.options if isinstance(row.variant.options, dict) else {}
        return {str(key): local_text(value) for key, value in raw.items()}


class ChannelStockOut(serializers.Serializer):
    channel = serializers.CharField(source="channel.code")
    name = serializers.CharField(source="channel.name")
    units = serializers.IntegerField()


class CouponPriceOut(serializers.Serializer):
    code = serializers.CharField(source="coupon.code")
    name = serializers.CharField(source="coupon.name")
    price = Money(
        allow_null=True, help_text="Null when one unit does not reach the coupon's minimum."
    )


class BarOut(serializers.Serializer):
    stars = serializers.IntegerField()
    count = serializers.IntegerField()
    percent = serializers.IntegerField()


class RatingOut(serializers.Serializer):
    mean = serializers.FloatField(allow_null=True)
    count = serializers.IntegerField()
    histogram = BarOut(many=True)


class ProductOut(serializers.Serializer):
    """Everything the product page says."""

    id = serializers.IntegerField(source="product.pk")
    slug = serializers.CharField(source="product.slug")
    title = serializers.CharField(source="product.title")
    description = serializers.CharField(source="product.description")
    brand = serializers.CharField(source="product.brand")
    size = serializers.CharField(source="product.size")
    url = serializers.CharField(source="product.get_absolute_url")
    picture = PictureField(source="product")
    category = CategoryOut(source="product.category")
    attributes = AttributeOut(many=True)
    variants = VariantOut(many=True, source="choices")
    chosen = serializers.IntegerField(
        allow_null=True, help_text="Id of the variant that coupons are counted for."
    )
    stock = ChannelStockOut(many=True, source="channels")
    coupons = CouponPriceOut(many=True)
    rating = RatingOut()
    is_wished = serializers.BooleanField()
    is_compared = serializers.BooleanField()
    may_review = serializers.BooleanField()


class ProductIn(serializers.Serializer):
    variant = Id(required=False, help_text="The variant to count coupons for.")
    surface = optional(40, help_text="Where the reader came from; recorded with the view.")


class ReviewOut(serializers.Serializer):
    id = serializers.IntegerField()
    author = serializers.SerializerMethodField()
    rating = serializers.IntegerField()
    title = serializers.CharField()
    body = serializers.CharField()
    language = serializers.CharField()
    is_sample = serializers.BooleanField(help_text="Written for the demo.")
    created_at = serializers.DateTimeField()
    photos = serializers.SerializerMethodField(help_text="Addresses of the pictures.")

    def get_photos(self, review: Review) -> list[str]:
        return [photo.get_absolute_url() for photo in review.photos.all()]

    def get_author(self, review: Review) -> str:
        return display_name(review.customer)


class ReviewPostedOut(ReviewOut):
    state = serializers.ChoiceField(choices=Review.State.choices)


class ReviewIn(serializers.Serializer):
    rating = serializers.IntegerField(min_value=1, max_value=5)
    title = optional(120)
    body = optional(4000)


class ProductList(ShopView):
    @extend_schema(
        operation_id="products_list", parameters=[ProductsIn, LANGUAGE], responses=ProductListOut
    )
    def get(self, request: Request) -> Response:
        """Products by department, words and facets, with the counts of every facet's values."""
        asked = self.query(ProductsIn)
        query = searching.clean_query(asked["q"])
        filters = Filters(
            chosen={
                facet: tuple(dict.fromkeys(asked[facet])) for facet in FACETS if asked.get(facet)
            },
            sort=asked["sort"],
            page=asked["page"],
            query=query,
        )
        found = searching.search(query, customer=self.customer, language=get_language() or "en")
        result = self._listing(asked, filters, found.ids if query else None)
        if asked["page"] > result.page.paginator.num_pages:
            raise NotFound
        if query and not filters.any and filters.page == 1:
            browsing.record(
                self.plain,
                Event.Kind.SEARCH,
                query=query,
                surface="api",
                data={"results": result.total},
            )
        sorts = [
            {"key": key, "label": label, "selected": selected}
            for key, label, selected in result.sorts
        ]
        answer = {
            **links(request, result.page),
            "count": result.total,
            "query": query,
            "degraded": found.degraded,
            "hidden": result.hidden,
            "facets": result.facets,
            "sorts": sorts,
            "results": result.cards,
        }
        return Response(ProductListOut(answer).data)

    def _listing(self, asked: dict, filters: Filters, ranking: list[int] | None) -> Listing:
        products, everything = catalogue.on_sale(), ranking is None
        if asked["department"]:
            department = Department.objects.filter(slug=asked["department"]).first()
            if department is None:
                raise ValidationError({"department": [RefusalCode.NOT_FOUND.label]})
            products = products.filter(category__department=department)
            everything = False
        return listing(
            products,
            filters,
            ranking=ranking,
            adult=browsing.is_adult(self.plain.session),
            with_category=True,
            remember="everything" if everything else "",
            page_size=asked["page_size"] or PAGE_SIZE,
        )


class _ProductView(ShopView):
    def product(self, slug: str) -> Product:
        """The product, if the reader may see it."""
        row, _ = catalogue.product_among(slug, (), self.customer)
        if row is None:
            raise Refused(RefusalCode.NOT_FOUND)
        if row.category.age_gated and not browsing.is_adult(self.plain.session):
            raise Refused(RefusalCode.AGE_REQUIRED, age=adult_age())
        return row


class ProductDetail(_ProductView):
    @extend_schema(
        operation_id="products_retrieve", parameters=[ProductIn, LANGUAGE], responses=ProductOut
    )
    def get(self, request: Request, slug: str) -> Response:
        """A product with its variants' offers, stock by channel, coupons and ratings.

        Goods for adults are refused (`age_required`) until the session says that the reader is
        of age.
        """
        asked = self.query(ProductIn)
        row = self.product(slug)
        surface = asked["surface"] or "api"
        browsing.record(self.plain, Event.Kind.VIEW, product_id=row.pk, surface=surface)
        session, customer = self.plain.session, self.customer
        page = catalogue.product_page(row, variant_id=asked.get("variant"), customer=customer)
        bars = histogram(row)
        answer = {
            **{name: getattr(page, name) for name in ("product", "choices", "channels", "coupons")},
            "attributes": attributes(row),
            "chosen": page.chosen.variant.pk if page.chosen else None,
            "rating": {"mean": row.rating_mean, "count": row.rating_count, "histogram": bars},
            "is_wished": row.is_wished,  # type: ignore[attr-defined]
            "is_compared": row.pk in browsing.compared(session),
            "may_review": may_review(row, customer),
        }
        browsing.remember_view(self.plain, row.pk)
        return Response(ProductOut(answer).data)


class ReviewList(_ProductView, generics.GenericAPIView):
    serializer_class = ReviewOut
    queryset = Review.objects.none()
    permission_classes = [IsAuthenticatedOrReadOnly]
    filter_backends: list = []

    @extend_schema(
        operation_id="reviews_list",
        responses=ReviewOut(many=True),
        parameters=[
            OpenApiParameter("page", int, required=False),
            OpenApiParameter("page_size", int, required=False),
        ],
    )
    def get(self, request: Request, slug: str) -> Response:
        """A product's published reviews, newest first."""
        rows = published(self.product(slug)).order_by("-created_at", "-pk")
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(ReviewOut(page, many=True).data)

    @extend_schema(
        operation_id="reviews_create", request=ReviewIn, responses={201: ReviewPostedOut}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Write a review. Only for buyers, once a product; it is shown after moderation."""
        product = self.product(slug)
        given = self.body(ReviewIn)
        assert self.customer is not None  # the permission lets nobody else through
        review = reviews.post(
            customer=self.customer,
            product=product,
            language=get_language() or "en",
            visitor=self.visitor,
            **given,
        )
        return Response(ReviewPostedOut(review).data, status=status.HTTP_201_CREATED)
