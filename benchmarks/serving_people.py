"""Visitors for locust: what they ask for, how often, and how long they think in between.

Read by ``benchmarks.serving``; alone: ``locust -f benchmarks/serving_people.py --host URL``.
"""

import random
from uuid import uuid4

from locust import FastHttpUser, between, task

WORDS = ("milk", "bread", "running shoes", "运动鞋", "牛奶", "cheese", "tent")
ADDRESS = {
    "recipient": "Ada Lovelace",
    "line1": "12 Analytical Road",
    "city": "Cincinnati",
    "region": "OH",
    "postal_code": "45202",
    "country": "US",
}
THINK = (1.0, 5.0)
"""Seconds between two requests of one visitor, uniform: 3 on average."""


class Visitor(FastHttpUser):
    wait_time = between(*THINK)

    def on_start(self) -> None:
        found = self.client.get("/api/v1/products/", name="api: products").json()["results"]
        self.slugs = [row["slug"] for row in found]

    @task(20)
    def home(self) -> None:
        self.client.get("/", name="home with rails")

    @task(20)
    def product(self) -> None:
        self.client.get(f"/p/{random.choice(self.slugs)}/", name="product with rails")

    @task(15)
    def search(self) -> None:
        self.client.get("/search/", params={"q": random.choice(WORDS)}, name="search")

    @task(5)
    def recommendations(self) -> None:
        self.client.get("/api/v1/recommendations/", name="api: recommendations")

    @task(8)
    def cart(self) -> None:
        self.client.get("/cart/", name="cart")

    @task(5)
    def add(self) -> dict | None:
        address = f"/api/v1/products/{random.choice(self.slugs)}/"
        variants = self.client.get(address, name="api: product").json().get("variants", [])
        sold = [row for row in variants if row.get("available", 1)]
        if not sold:
            return None
        line = {"variant": sold[0]["id"], "quantity": 1}
        with self.client.post(
            "/api/v1/cart/lines/", json=line, name="api: add to cart", catch_response=True
        ) as answer:
            if answer.status_code in (201, 409):
                # Sold out is an answer, not an error.
                answer.success()
        return line

    @task(2)
    def checkout(self) -> None:
        if self.add() is None:
            return
        choices = self.client.get("/api/v1/checkout/", name="api: checkout choices").json()
        standard = [row for row in choices.get("delivery", ()) if row["code"] == "standard"]
        if not standard or choices.get("needs_birth_date"):
            return
        body = {
            "idempotency_key": uuid4().hex,
            "email": "ada@example.com",
            "delivery": "standard",
            "address": ADDRESS,
            "card": {"number": "4242424242424242", "expiry": "12/40", "code": "123"},
            "expected_total": standard[0]["total"],
        }
        with self.client.post(
            "/api/v1/checkout/", json=body, name="api: checkout", catch_response=True
        ) as answer:
            if answer.status_code in (201, 409):
                # The same card by many visitors is refused in time, as it should be.
                answer.success()

    @task(5)
    def chat(self) -> None:
        body = {"id": uuid4().hex, "text": random.choice(("hello", "where is my order?", "你好"))}
        self.client.post("/api/v1/support/messages/", json=body, name="api: chat")
