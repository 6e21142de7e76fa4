"""What a request costs as the catalogue and the customers grow: ``python -m benchmarks.scaling``.

A PostgreSQL and a Redis of its own are filled by SQL with copies of one product, customer and
order (other names, prices and sales), with 100 categories whatever the size. Each page is asked for
in this process, signed out or as one customer with one order; told are the queries of one request
and the median of ``RUNS`` in milliseconds of a core, this process's and the database's. Those do
not grow when the machine does other work too. Search is the shop's plain one by titles: the ranked
index is measured in ``benchmarks.recommend_serving``.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.rows import row
from benchmarks.serving import environment, measured, services

NAME = "scaling"
PRODUCTS, CUSTOMERS = (5_000, 50_000, 500_000), (2_000, 200_000)
CATEGORIES = 100
RUNS = 9
FIRST = 1_000
"""Keys below are the factories'."""
KEPT = {
    "product": ("shop.Product", "shop.Variant", "inventory.StockLevel"),
    "customer": ("shop.User", "shop.Customer"),
    "order": ("shop.Order",),
}
"""Tables with one row for each."""


def copy(model, base: int, first: int, last: int, **values: str) -> None:
    """Copies of row ``base`` with keys ``first`` to ``last``; ``values`` are SQL over ``g``."""
    from django.db import connection

    values["id"] = "g"
    names = [field.column for field in model._meta.concrete_fields]
    chosen = ", ".join(values.get(name, f'"{name}"') for name in names)
    into = ", ".join(f'"{name}"' for name in names)
    table = model._meta.db_table
    with connection.cursor() as cursor:
        # All names are the models' own.
        cursor.execute(
            f"INSERT INTO {table} ({into}) SELECT {chosen} FROM {table}, "
            f"generate_series({first:d}, {last:d}) g WHERE {table}.id = {base:d}"
        )


def running(process: Path) -> int:
    """Nanoseconds that a process has had a core, from its ``schedstat``."""
    return int(process.read_text().split()[0])


class Shop:
    def __init__(self) -> None:
        from django.core.management import call_command

        call_command("migrate", interactive=False, verbosity=0)
        from tests.inventory.factories import stocked
        from tests.shop import factories

        departments = [factories.DepartmentFactory() for _ in range(10)]
        self.categories = [
            factories.CategoryFactory(department=departments[number % 10])
            for number in range(CATEGORIES)
        ]
        self.variant, _ = stocked(1_000)
        self.customer = factories.CustomerFactory()
        self.order = factories.OrderFactory(customer=self.customer, lines=2)
        self.products = self.customers = FIRST

    def grow_products(self, more_until: int) -> None:
        from inventory.models import StockLevel
        from shop.models import Product, Variant

        first, last = self.products + 1, FIRST + more_until
        keys = ",".join(str(one.pk) for one in self.categories)
        words = "'milk','bread','cheese','tent','shoes','lamp','book','ball','tea','rope'"
        copy(
            Product,
            self.variant.product_id,
            first,
            last,
            slug="'scaled-' || g",
            title_en=f"(ARRAY[{words}])[1 + g / 7 % 10] || ' ' || g",
            title_zh="'商品 ' || g",
            brand_en="'Brand ' || g % 60",
            category_id=f"(ARRAY[{keys}])[1 + g % {CATEGORIES}]",
            recent_units="g % 997",
            units_sold="g % 9973",
            min_price="1 + g % 4999 / 100.0",
        )
        price = {"price": "1 + g % 4999 / 100.0"}
        copy(Variant, self.variant.pk, first, last, product_id="g", sku="'SCALED-' || g", **price)
        level = StockLevel.objects.get(variant=self.variant)
        copy(StockLevel, level.pk, first, last, variant_id="g")
        self.products = last

    def grow_customers(self, more_until: int) -> None:
        from shop.models import Customer, Order, User

        first, last = self.customers + 1, FIRST + more_until
        copy(User, self.customer.user_id, first, last, email="'scaled-' || g || '@example.com'")
        named = {"household_key": "g", "user_id": "g"}
        copy(Customer, self.customer.pk, first, last, **named)
        copy(Order, self.order.pk, first, last, number="'SC' || g", customer_id="g")
        self.customers = last

    def measure(self) -> Iterator[tuple[str, dict[str, float]]]:
        """Page, and what one request costs."""
        from django.core.cache import cache
        from django.db import connection
        from django.test import Client
        from django.test.utils import CaptureQueriesContext
        from django.urls import reverse

        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
            # Whatever another process of the database did would not be counted.
            cursor.execute("SET max_parallel_workers_per_gather = 0")
            cursor.execute("SELECT pg_backend_pid()")
            database = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
        cache.clear()
        guest, known = (Client(SERVER_NAME="127.0.0.1") for _ in range(2))
        known.force_login(self.customer.user)
        pages = {
            "home": (guest, "/"),
            "category": (guest, self.categories[5].get_absolute_url()),
            "all products": (guest, "/search/"),
            "search": (guest, "/search/?q=bread"),
            "product": (guest, f"/p/scaled-{FIRST + 500}/"),
            "add to cart": (guest, "/cart/add/"),
            "home, signed in": (known, "/"),
            "orders, signed in": (known, reverse("shop:orders")),
        }
        for name, (client, path) in pages.items():
            spent = []
            for _turn in range(RUNS + 1):
                before = np.array([time.process_time_ns(), running(database)])
                self._ask(client, path)
                spent.append(np.array([time.process_time_ns(), running(database)]) - before)
            with CaptureQueriesContext(connection) as seen:
                self._ask(client, path)
            web, stored = np.median(spent[1:], axis=0) / 1e6
            yield name, {"web_ms": web, "database_ms": stored, "queries": len(seen)}

    def stored(self) -> Iterator[tuple[str, float]]:
        """Bytes that a row takes, with its indexes and the rows that belong to it."""
        from django.apps import apps
        from django.db import connection

        for name, labels in KEPT.items():
            models = [apps.get_model(label) for label in labels]
            with connection.cursor() as cursor:
                sizes = []
                for model in models:
                    table = [model._meta.db_table]
                    cursor.execute("SELECT pg_total_relation_size(%s::regclass)", table)
                    sizes.append(cursor.fetchone()[0])
            yield name, sum(sizes) / models[0]._default_manager.count()

    def _ask(self, client, path: str) -> None:
        if path == "/cart/add/":
            answer = client.post(path, {"variant": FIRST + 500})
        else:
            answer = client.get(path)
        assert answer.status_code in (200, 302), (path, answer.status_code)


def run(folder: Path, products: list[int], customers: list[int]) -> Iterator[dict]:
    with services(folder, True) as urls:
        os.environ.update(environment(folder, "postgres", urls))
        import django

        django.setup()
        shop = Shop()
        plans = [(size, customers[0]) for size in products]
        plans += [(products[-1], size) for size in customers[1:]]
        for size, people in plans:
            started = time.monotonic()
            if FIRST + size > shop.products:
                shop.grow_products(size)
            if FIRST + people > shop.customers:
                shop.grow_customers(people)
            filled = time.monotonic() - started
            said = f"{size:,} products, {people:,} customers"
            yield row(NAME, "(filling)", "seconds", filled, dataset=said, n=size)
            for name, size_of_row in shop.stored():
                yield row(NAME, "(stored)", f"bytes_per_{name}", size_of_row, dataset=said, n=size)
            for name, costs in shop.measure():
                for metric, value in costs.items():
                    more = {"dataset": said, "n": size, "customers": people}
                    yield row(NAME, name, metric, value, **more)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--products", type=int, nargs="+", default=PRODUCTS)
    parser.add_argument("--customers", type=int, nargs="+", default=CUSTOMERS)
    options = parser.parse_args()
    return measured(
        "scaling",
        lambda folder: run(folder, options.products, options.customers),
        as_json=options.json,
    )


if __name__ == "__main__":
    sys.exit(main())
