"""Rows of inventory for tests. Stock is made by receiving it, so the ledger agrees."""

from itertools import count

import factory
from factory.django import DjangoModelFactory

from inventory import services
from inventory.models import Supplier, Warehouse
from shop.models import Variant
from tests.shop.factories import ChannelFactory, VariantFactory

_references = count(1)


class WarehouseFactory(DjangoModelFactory):
    """The online warehouse by default; ``WarehouseFactory(store=True)`` makes a store's."""

    class Meta:
        model = Warehouse
        django_get_or_create = ("code",)

    class Params:
        store = factory.Trait(
            code=factory.Sequence(lambda n: f"test-warehouse-{n}"),
            channel=factory.SubFactory(ChannelFactory, store=True),
            name_en=factory.Sequence(lambda n: f"Test warehouse {n}"),
            name_zh=factory.Sequence(lambda n: f"测试仓库 {n}"),
            position=5,
        )

    code = "online"
    name_en = "Central warehouse"
    name_zh = "中央仓库"
    channel = factory.SubFactory(ChannelFactory)


class SupplierFactory(DjangoModelFactory):
    class Meta:
        model = Supplier

    name = factory.Sequence(lambda n: f"Supplier {n}")
    lead_time_days = 5


def stocked(*units: int, variant: Variant | None = None) -> tuple[Variant, list[Warehouse]]:
    """A variant with ``units[0]`` online and the rest in stores, one each."""
    variant = variant or VariantFactory()
    warehouses = []
    for index, number in enumerate(units):
        warehouse = WarehouseFactory() if index == 0 else WarehouseFactory(store=True)
        warehouses.append(warehouse)
        if number:
            services.receive(
                variant=variant,
                warehouse=warehouse,
                quantity=number,
                reference=f"test {next(_references)}",
            )
    return variant, warehouses
