"""What recommendations hold about people, for the register of :mod:`shop.privacy.register`."""

from django.utils.translation import gettext_lazy as _

from shop.privacy.register import ACCOUNT, PURPOSES, Erasure, Personal, Reader

DECLARED = (
    Personal(
        "recommend.Forgotten",
        ("customer", "visitor", "product", "at"),
        _("Products you told us to forget"),
        *(PURPOSES["choices"], ACCOUNT, (Reader.MARKETING, Reader.ADMINISTRATORS), Erasure.DELETE),
        person="customer",
    ),
)
