"""Staff work on departments, categories, products, their variants and deals."""

from collections.abc import Iterable

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline

from foundation.admin_base import EditedListAdmin
from shop.admin.bulk import PercentForm, PromotionForm, asked, preview
from shop.models import Category, Channel, Deal, Department, Product, Variant
from shop.selectors import pictures
from shop.services import bulk
from shop.services.catalogue import refresh_min_price


class NoDelete:
    """Rows that others point to are switched off, never deleted."""

    def has_delete_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False


class CategoryInline(TabularInline):
    model = Category
    fields = ["name_en", "name_zh", "slug", "icon", "age_gated", "position"]
    extra = 0
    can_delete = False
    show_change_link = True


@admin.register(Department)
class DepartmentAdmin(NoDelete, EditedListAdmin):
    list_display = ["name_en", "name_zh", "slug", "icon", "position"]
    list_editable = ["position"]
    search_fields = ["name_en", "name_zh", "slug"]
    prepopulated_fields = {"slug": ["name_en"]}
    inlines = [CategoryInline]


@admin.register(Category)
class CategoryAdmin(NoDelete, ModelAdmin):
    list_display = ["name_en", "name_zh", "department", "age_gated", "position"]
    list_filter = ["department", "age_gated"]
    list_select_related = ["department"]
    search_fields = ["name_en", "name_zh", "slug"]
    prepopulated_fields = {"slug": ["name_en"]}
    autocomplete_fields = ["department"]


class VariantInline(TabularInline):
    model = Variant
    fields = ["sku", "label_en", "label_zh", "price", "is_active", "position"]
    extra = 0
    can_delete = False
    show_change_link = True


class DealInline(TabularInline):
    model = Deal
    fields = ["price", "starts_at", "ends_at"]
    extra = 0
    ordering = ["-starts_at"]
    # The import may leave a deal per week; the latest are the ones people change.
    per_page = 20


@admin.register(Product)
class ProductAdmin(NoDelete, ModelAdmin):
    list_display = [
        "picture",
        "title_en",
        "title_zh",
        "category",
        "min_price",
        "recent_units",
        "rating",
        "is_active",
    ]
    list_display_links = ["title_en"]
    list_filter = ["is_active", "source", "category__department"]
    list_select_related = ["category"]
    list_per_page = 50
    search_fields = ["title_en", "title_zh", "brand_en", "brand_zh", "slug", "variants__sku"]
    search_help_text = _("Title, brand, address or SKU, in English or Chinese.")
    autocomplete_fields = ["category"]
    prepopulated_fields = {"slug": ["title_en"]}
    readonly_fields = [
        "source",
        "min_price",
        "units_sold",
        "recent_units",
        "rating_mean",
        "rating_count",
        "created_at",
        "updated_at",
    ]
    fieldsets = [
        (None, {"fields": ["category", ("title_en", "title_zh"), "slug", "is_active"]}),
        (
            _("Texts"),
            {
                "fields": [
                    ("brand_en", "brand_zh"),
                    ("size_en", "size_zh"),
                    "description_en",
                    "description_zh",
                ]
            },
        ),
        (_("Details"), {"fields": ["icon", "product_type", "attributes"]}),
        (_("Kept by the shop"), {"classes": ["collapse"], "fields": readonly_fields}),
    ]
    inlines = [VariantInline]
    actions = ["put_on_sale", "take_off_sale", "change_prices", "put_on_promotion"]

    @admin.display(description=_("picture"))
    def picture(self, product: Product) -> str:
        return format_html(
            '<img src="{}" alt="" width="44" height="44">', pictures.address(product)
        )

    @admin.display(description=_("rating"), ordering="rating_mean")
    def rating(self, product: Product) -> str:
        if not product.rating_count:
            return "–"
        return f"{product.rating_mean:.1f} ({product.rating_count})"

    @admin.action(description=_("Put on sale"), permissions=["change"])
    def put_on_sale(self, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse | None:
        deed = bulk.PutOnSale(on=True)
        return preview(self, request, queryset, title=_("Put on sale"), deed=deed)

    @admin.action(description=_("Take off sale"), permissions=["change"])
    def take_off_sale(
        self, request: HttpRequest, queryset: QuerySet[Product]
    ) -> HttpResponse | None:
        deed = bulk.PutOnSale(on=False)
        return preview(self, request, queryset, title=_("Take off sale"), deed=deed)

    @admin.action(description=_("Change prices"), permissions=["change"])
    def change_prices(
        self, request: HttpRequest, queryset: QuerySet[Product]
    ) -> HttpResponse | None:
        form = asked(request, PercentForm)
        return preview(
            self,
            request,
            queryset,
            title=_("Change prices"),
            form=form,
            make=lambda: bulk.ChangePrices(form.cleaned_data["percent"]),
        )

    def has_promote_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("shop.add_deal")

    @admin.action(description=_("Put on promotion"), permissions=["promote"])
    def put_on_promotion(
        self, request: HttpRequest, queryset: QuerySet[Product]
    ) -> HttpResponse | None:
        form = asked(request, PromotionForm, percent=20, days=7)
        return preview(
            self,
            request,
            queryset,
            title=_("Put on promotion"),
            form=form,
            make=form.deed,
        )

    def save_related(
        self, request: HttpRequest, form: ModelForm, formsets: Iterable, change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        refresh_min_price(product=form.instance)


@admin.register(Variant)
class VariantAdmin(NoDelete, ModelAdmin):
    list_display = ["sku", "product", "label_en", "price", "is_active"]
    list_filter = ["is_active", "product__category__department"]
    list_select_related = ["product"]
    list_per_page = 50
    search_fields = ["sku", "product__title_en", "product__title_zh", "label_en", "label_zh"]
    autocomplete_fields = ["product"]
    readonly_fields = ["source_product_id"]
    inlines = [DealInline]

    def save_model(self, request: HttpRequest, obj: Variant, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        refresh_min_price(product=obj.product)


@admin.register(Deal)
class DealAdmin(EditedListAdmin):
    list_display = ["variant", "shelf_price", "price", "starts_at", "ends_at"]
    list_editable = ["price", "ends_at"]
    list_filter = ["starts_at", "ends_at"]
    list_select_related = ["variant__product"]
    date_hierarchy = "starts_at"
    search_fields = ["variant__sku", "variant__product__title_en", "variant__product__title_zh"]
    autocomplete_fields = ["variant"]

    @admin.display(description=_("shelf price"), ordering="variant__price")
    def shelf_price(self, deal: Deal) -> str:
        return f"${deal.variant.price}"


@admin.register(Channel)
class ChannelAdmin(NoDelete, ModelAdmin):
    list_display = ["name_en", "name_zh", "code", "kind", "position"]
    list_filter = ["kind"]
    search_fields = ["name_en", "name_zh", "code"]
    readonly_fields = ["source_store_id"]
