"""Whatever happens in whatever order: 0 <= reserved <= on hand, and the ledger's sums are it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from inventory import selectors, services
from inventory.models import Lot, Reservation, StockLevel, Transfer, TransferLine
from inventory.services import Wanted
from shop.refusals import Refused
from tests.inventory.factories import WarehouseFactory
from tests.shop.factories import VariantFactory

SLOTS = st.integers(0, 2)
UNITS = st.integers(-1, 12)


class Stock(RuleBasedStateMachine):
    """Two variants, three warehouses, three checkouts; a refusal must change nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    @initialize()
    def prepare(self) -> None:
        self.variants = [VariantFactory(), VariantFactory()]
        self.warehouses = [WarehouseFactory(), *WarehouseFactory.create_batch(2, store=True)]
        self.checkouts = [uuid4() for _ in range(3)]
        self.wanted: dict[int, list[Wanted]] = {}
        self.sold: dict[int, int] = {}
        self.received = 0
        self.gone = 0
        self.transfers: list[Transfer] = []

    def snapshot(self) -> list[tuple]:
        levels = StockLevel.objects.order_by("pk").values_list("pk", "on_hand", "reserved")
        return [row for row in levels if row[1] or row[2]]

    def attempt(self, work) -> bool:
        before = self.snapshot()
        try:
            work()
        except Refused:
            assert self.snapshot() == before
            return False
        return True

    @rule(
        variant=st.integers(0, 1),
        warehouse=SLOTS,
        units=UNITS,
        delivery=st.integers(0, 20),
        keeps=st.sampled_from([None, 0, 1, 5]),
    )
    def receive(
        self, variant: int, warehouse: int, units: int, delivery: int, keeps: int | None
    ) -> None:
        expires_on = None if keeps is None else timezone.localdate() + timedelta(days=keeps)
        booked = []
        self.attempt(
            lambda: booked.append(
                services.receive(
                    variant=self.variants[variant],
                    warehouse=self.warehouses[warehouse],
                    quantity=units,
                    reference=f"delivery {delivery}",
                    expires_on=expires_on,
                )
            )
        )
        self.received += units if booked == [True] else 0

    @rule(slot=SLOTS, first=st.integers(0, 9), second=st.integers(0, 9))
    def reserve(self, slot: int, first: int, second: int) -> None:
        pairs = zip(self.variants, (first, second), strict=True)
        wanted = [Wanted(variant, units) for variant, units in pairs if units]
        if slot in self.sold or not wanted:
            return
        if self.attempt(
            lambda: services.reserve(checkout_uuid=self.checkouts[slot], wanted=wanted)
        ):
            self.wanted[slot] = wanted

    @rule(slot=SLOTS)
    def release(self, slot: int) -> None:
        services.release(checkout_uuid=self.checkouts[slot])

    @rule(slot=SLOTS)
    def consume(self, slot: int) -> None:
        wanted = self.wanted.get(slot)
        if wanted is None:
            return
        if self.attempt(
            lambda: services.consume(checkout_uuid=self.checkouts[slot], wanted=wanted)
        ):
            self.sold.setdefault(slot, sum(item.quantity for item in wanted))

    @rule(slot=SLOTS, units=UNITS, number=st.integers(0, 5))
    def bring_back(self, slot: int, units: int, number: int) -> None:
        if slot not in self.sold:
            return
        left = Reservation.objects.filter(
            checkout_uuid=self.checkouts[slot], variant=self.variants[0]
        )
        if units > sum(row.quantity - row.returned for row in left):
            return
        booked: list[int] = []
        self.attempt(
            lambda: booked.append(
                services.return_goods(
                    checkout_uuid=self.checkouts[slot],
                    units={self.variants[0].pk: units},
                    fallback=None,
                    reference=f"return {slot} {number}",
                )
            )
        )
        self.sold[slot] -= sum(booked)

    @rule(slot=SLOTS)
    def cancel(self, slot: int) -> None:
        back = services.put_back_cancelled(
            checkout_uuid=self.checkouts[slot], reference=f"cancel {slot}"
        )
        if slot in self.sold:
            self.sold[slot] -= back
            assert self.sold[slot] == 0

    @rule(variant=st.integers(0, 1), warehouse=SLOTS, units=UNITS, number=st.integers(0, 5))
    def damage(self, variant: int, warehouse: int, units: int, number: int) -> None:
        booked: list[bool] = []
        self.attempt(
            lambda: booked.append(
                services.adjust(
                    variant=self.variants[variant],
                    warehouse=self.warehouses[warehouse],
                    quantity=units,
                    reference=f"damage {number}",
                )
            )
        )
        self.gone += units if booked == [True] else 0

    @rule(variant=st.integers(0, 1), source=SLOTS, place=SLOTS, units=UNITS)
    def write_transfer(self, variant: int, source: int, place: int, units: int) -> None:
        def work() -> None:
            self.transfers.append(
                services.create_transfer(
                    source=self.warehouses[source],
                    target=self.warehouses[place],
                    quantities={self.variants[variant].pk: units},
                )
            )

        self.attempt(work)

    @rule(number=st.integers(0, 3))
    def dispatch(self, number: int) -> None:
        if number < len(self.transfers):
            transfer = self.transfers[number]
            self.attempt(lambda: services.dispatch_transfer(transfer=transfer, by=None))

    @rule(
        number=st.integers(0, 3), units=UNITS, why=st.sampled_from(["", *TransferLine.Short.values])
    )
    def arrive(self, number: int, units: int, why: str) -> None:
        if number >= len(self.transfers):
            return
        transfer = Transfer.objects.get(pk=self.transfers[number].pk)
        line = transfer.lines.get()
        arrived = self.attempt(
            lambda: services.receive_transfer(
                transfer=transfer,
                by=None,
                arrived={line.variant_id: units},
                reasons={line.variant_id: why},
            )
        )
        if arrived and transfer.state == Transfer.State.DISPATCHED and why != "not_sent":
            self.gone += line.quantity - units

    @rule(number=st.integers(0, 3))
    def call_back(self, number: int) -> None:
        if number < len(self.transfers):
            transfer = self.transfers[number]
            self.attempt(lambda: services.cancel_transfer(transfer=transfer, by=None))

    @rule()
    def a_day_passes(self) -> None:
        for lot in Lot.objects.order_by("expires_on"):
            lot.expires_on -= timedelta(days=1)
            lot.save()
        self.gone += services.expire_lots()

    @invariant()
    def nothing_is_lost(self) -> None:
        levels = list(StockLevel.objects.all())
        assert all(0 <= row.reserved <= row.on_hand for row in levels)
        moving = TransferLine.objects.filter(transfer__state=Transfer.State.DISPATCHED)
        on_hand = sum(row.on_hand for row in levels) + sum(line.quantity for line in moving)
        assert on_hand == self.received - self.gone - sum(self.sold.values())
        assert selectors.differences() == []


@pytest.mark.django_db
def test_any_sequence_of_movements_keeps_the_books() -> None:
    run_state_machine_as_test(
        Stock,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
