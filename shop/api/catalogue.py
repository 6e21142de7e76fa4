"""Departments, categories, the start page's lists, suggestions."""

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from shop.api.base import LANGUAGE, ShopView, Text
from shop.api.outputs import PictureField, ProductCardOut, ProductRefOut
from shop.models import Category, Department
from shop.selectors import catalogue
from shop.selectors import search as searching
from shop.services import browsing


class CategoryRefOut(serializers.Serializer):
    slug = serializers.CharField()
    name = serializers.CharField()
    url = serializers.CharField(source="get_absolute_url")


class DepartmentOut(CategoryRefOut):
    picture = PictureField(source="*")
    categories = CategoryRefOut(many=True, source="categories.all")


class CategoryOut(CategoryRefOut):
    picture = PictureField(source="*")
    age_gated = serializers.BooleanField(help_text="For adults only.")
    department = CategoryRefOut()


class HomeOut(serializers.Serializer):
    deals = ProductCardOut(many=True)
    bestsellers = ProductCardOut(many=True)
    arrivals = ProductCardOut(many=True)


class GroupOut(CategoryRefOut):
    kind = serializers.SerializerMethodField()

    def get_kind(self, row: Category | Department) -> str:
        return "department" if isinstance(row, Department) else "category"


class SuggestOut(serializers.Serializer):
    query = serializers.CharField(help_text="As it was understood.")
    products = ProductRefOut(many=True)
    categories = GroupOut(many=True)


class _Typed(serializers.Serializer):
    q = Text(200, help_text="What has been typed so far.", required=False, allow_blank=True)


@extend_schema(parameters=[LANGUAGE])
class DepartmentList(generics.ListAPIView):
    """Departments with their categories, in the order of the menu."""

    queryset = Department.objects.prefetch_related("categories")
    serializer_class = DepartmentOut
    pagination_class = None


@extend_schema(parameters=[LANGUAGE])
class DepartmentDetail(generics.RetrieveAPIView):
    """One department."""

    queryset = Department.objects.prefetch_related("categories")
    serializer_class = DepartmentOut
    lookup_field = "slug"


class CategoryFilter(filters.FilterSet):
    department = filters.CharFilter(
        field_name="department__slug", max_length=80, label="Slug of a department."
    )

    class Meta:
        model = Category
        fields: list[str] = []


@extend_schema(parameters=[LANGUAGE])
class CategoryList(generics.ListAPIView):
    """Categories, in the order of the menu."""

    queryset = Category.objects.select_related("department").order_by(
        "department__position", "department", "position", "id"
    )
    serializer_class = CategoryOut
    filterset_class = CategoryFilter


@extend_schema(parameters=[LANGUAGE])
class CategoryDetail(generics.RetrieveAPIView):
    """One category."""

    queryset = Category.objects.select_related("department")
    serializer_class = CategoryOut
    lookup_field = "slug"


class HomeView(ShopView):
    @extend_schema(operation_id="home", parameters=[LANGUAGE], responses=HomeOut)
    def get(self, request: Request) -> Response:
        """The start page's lists: deals, bestsellers, arrivals."""
        return Response(HomeOut(catalogue.home()).data)


class SuggestView(ShopView):
    @extend_schema(operation_id="suggest", parameters=[_Typed, LANGUAGE], responses=SuggestOut)
    def get(self, request: Request) -> Response:
        """What the words typed so far may become: products, categories, departments."""
        query = searching.clean_query(self.query(_Typed).get("q", ""))
        found = searching.suggest(query, adult=browsing.is_adult(self.plain.session))
        answer = {"query": query, "products": found.products, "categories": found.categories}
        return Response(SuggestOut(answer).data)
