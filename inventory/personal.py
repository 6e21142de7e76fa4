"""What inventory holds about people, for the register of :mod:`shop.privacy.register`."""

from django.utils.translation import gettext_lazy as _

from shop.privacy.register import BOOKS, PURPOSES, Erasure, NotPersonal, Personal, Reader

_STOCK = (Reader.STOCK, Reader.ADMINISTRATORS)

DECLARED = (
    Personal(
        "inventory.LedgerEntry",
        ("by",),
        _("Who of the staff booked a change of stock"),
        *(PURPOSES["work"], BOOKS, _STOCK, Erasure.KEEP),
        since="at",
        exported=False,
        ends={"by": None},
    ),
    Personal(
        "inventory.PurchaseOrder",
        ("approved_by",),
        _("Who of the staff approved a purchase"),
        *(PURPOSES["work"], BOOKS, _STOCK, Erasure.KEEP),
        since="created_at",
        exported=False,
        ends={"approved_by": None},
    ),
    NotPersonal("inventory.Supplier", ("name",), "a company"),
    NotPersonal("inventory.Forecast", ("daily", "low", "high", "spread"), "units of a product"),
    NotPersonal("inventory.ForecastChunk", ("variant_ids",), "keys of products"),
    NotPersonal("inventory.TransferLine", ("lots",), "units of a product"),
    NotPersonal("inventory.ReplenishmentLine", ("reason_data",), "figures of a product"),
)
