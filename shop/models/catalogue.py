"""Departments, categories, products (one page each) and their variants (what is sold)."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from shop.models.base import Bilingual, Timestamped, money_field


class Channel(models.Model):
    """Where things are sold: the online shop or a store."""

    class Kind(models.TextChoices):
        ONLINE = "online", _("Online")
        STORE = "store", _("Store")

    code = models.SlugField(max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    name_en = models.CharField(max_length=80)
    name_zh = models.CharField(max_length=80)
    source_store_id = models.PositiveIntegerField(null=True, blank=True, unique=True)
    position = models.PositiveSmallIntegerField(default=0)
    name = Bilingual()

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("sales channel")
        verbose_name_plural = _("sales channels")

    def __str__(self) -> str:
        return str(self.name)


class Department(models.Model):
    slug = models.SlugField(max_length=80, unique=True)
    name_en = models.CharField(max_length=80)
    name_zh = models.CharField(max_length=80)
    icon = models.CharField(max_length=40, help_text=_("OpenMoji code point."))
    position = models.PositiveSmallIntegerField(default=0)
    name = Bilingual()

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("department")
        verbose_name_plural = _("departments")

    def __str__(self) -> str:
        return str(self.name)

    def get_absolute_url(self) -> str:
        return reverse("shop:department", args=[self.slug])


class Category(models.Model):
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="categories")
    slug = models.SlugField(max_length=80, unique=True)
    name_en = models.CharField(max_length=80)
    name_zh = models.CharField(max_length=80)
    icon = models.CharField(max_length=40, help_text=_("OpenMoji code point."))
    age_gated = models.BooleanField(_("adults only"), default=False)
    position = models.PositiveSmallIntegerField(default=0)
    name = Bilingual()

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("category")
        verbose_name_plural = _("categories")

    def __str__(self) -> str:
        return str(self.name)

    def get_absolute_url(self) -> str:
        return reverse("shop:category", args=[self.slug])


class Product(Timestamped):
    """One product page. What is put into a cart is one of its variants."""

    class Source(models.TextChoices):
        COMPLETE_JOURNEY = "complete_journey", _("Complete Journey data set")
        HAND_WRITTEN = "hand_written", _("Mercato's own catalogue")
        STAFF = "staff", _("Added by staff")

    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="products")
    slug = models.SlugField(max_length=160, unique=True)
    title_en = models.CharField(_("title (English)"), max_length=160, unique=True)
    title_zh = models.CharField(_("title (Chinese)"), max_length=160, unique=True)
    description_en = models.TextField(_("description (English)"), blank=True)
    description_zh = models.TextField(_("description (Chinese)"), blank=True)
    brand_en = models.CharField(_("brand (English)"), max_length=80, blank=True, db_index=True)
    brand_zh = models.CharField(_("brand (Chinese)"), max_length=80, blank=True)
    size_en = models.CharField(_("size (English)"), max_length=40, blank=True)
    size_zh = models.CharField(_("size (Chinese)"), max_length=40, blank=True)
    product_type = models.CharField(
        max_length=80, blank=True, db_index=True, help_text=_("Type in the data set.")
    )
    icon = models.CharField(max_length=40, blank=True, help_text=_("OpenMoji code point."))
    attributes = models.JSONField(
        _("attributes"),
        default=list,
        blank=True,
        help_text=_('[{"key": "material", "name": {"en", "zh"}, "value": {"en", "zh"}}, …]'),
    )
    source = models.CharField(max_length=20, choices=Source.choices, default=Source.STAFF)
    is_active = models.BooleanField(_("on sale"), default=True)
    # Denormalised for lists: kept by services, never written elsewhere.
    min_price = money_field(default=0, editable=False)
    units_sold = models.PositiveIntegerField(_("units sold"), default=0, editable=False)
    recent_units = models.PositiveIntegerField(
        default=0, editable=False, help_text=_("Units sold in the last 28 days of the data.")
    )
    rating_mean = models.FloatField(_("rating"), null=True, blank=True, editable=False)
    rating_count = models.PositiveIntegerField(default=0, editable=False)
    title = Bilingual()
    description = Bilingual()
    brand = Bilingual()
    size = Bilingual()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        indexes = [
            models.Index(fields=["category", "-units_sold"], name="product_cat_units"),
            models.Index(fields=["-recent_units", "-units_sold", "id"], name="product_popular"),
            models.Index(fields=["category", "min_price"], name="product_cat_price"),
        ]

    def __str__(self) -> str:
        return str(self.title)

    def get_absolute_url(self) -> str:
        return reverse("shop:product", args=[self.slug])


class Variant(models.Model):
    """What is sold and stocked: one source product, or one colour and size."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="variants")
    sku = models.CharField("SKU", max_length=60, unique=True)
    source_product_id = models.PositiveIntegerField(null=True, blank=True, unique=True)
    label_en = models.CharField(_("label (English)"), max_length=120, blank=True)
    label_zh = models.CharField(_("label (Chinese)"), max_length=120, blank=True)
    options = models.JSONField(
        _("options"), default=dict, blank=True, help_text=_('{"colour": {"en", "zh"}, "size": …}')
    )
    price = money_field(verbose_name=_("shelf price"))
    is_active = models.BooleanField(_("on sale"), default=True)
    position = models.PositiveSmallIntegerField(default=0)
    label = Bilingual()

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        constraints = [
            models.CheckConstraint(condition=models.Q(price__gte=0), name="variant_price_gte_0")
        ]

    def __str__(self) -> str:
        return f"{self.product} – {self.label}" if self.label else str(self.product)
