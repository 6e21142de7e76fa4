"""Which supplier delivers what."""

from collections.abc import Iterable

from inventory.models import Supplier
from shop.models import Variant

DEFAULT_SUPPLIER = "Central supplier"


def suppliers_of(variant_ids: Iterable[int]) -> dict[int, Supplier]:
    """The supplier of each variant: its department's, or the first one (made when missing)."""
    suppliers = list(Supplier.objects.prefetch_related("departments"))
    if not suppliers:
        suppliers = [Supplier.objects.get_or_create(name=DEFAULT_SUPPLIER)[0]]
    by_department: dict[int, Supplier] = {}
    for supplier in reversed(suppliers):
        for department in supplier.departments.all():
            by_department[department.pk] = supplier
    wanted = set(variant_ids)
    rows = Variant.objects.order_by().values_list("pk", "product__category__department_id")
    return {pk: by_department.get(dep, suppliers[0]) for pk, dep in rows if pk in wanted}
