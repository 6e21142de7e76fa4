"""What recommendations hold about people, for the register of :mod:`shop.privacy.register`."""

from django.utils.translation import gettext_lazy as _

from shop.privacy.register import (
    ACCOUNT,
    BEHAVIOUR,
    PURPOSES,
    STAFF,
    Erasure,
    NotPersonal,
    Period,
    Personal,
    Reader,
)

EXPOSURE = Period(1, _("until the day is over"))
_SEEN = (Reader.MARKETING, Reader.ADMINISTRATORS)
DECLARED = (
    Personal(
        "recommend.Forgotten",
        ("customer", "visitor", "product", "at"),
        _("Products you told us to forget"),
        *(PURPOSES["choices"], ACCOUNT, _SEEN, Erasure.DELETE),
        person="customer",
    ),
    Personal(
        "recommend.PlannedCustomer",
        ("customer", "chance", "basket", "group", "mailed_at"),
        _("How likely you use a campaign's coupons, and whether you were written to"),
        *(PURPOSES["advertising"], BEHAVIOUR, _SEEN, Erasure.DELETE),
        person="customer",
        since="plan__made_at",
    ),
    Personal(
        "recommend.AdExposure",
        ("customer", "campaign", "day", "at", "times"),
        _("How often you were shown an advertisement on a day"),
        *(PURPOSES["advertising"], EXPOSURE, (Reader.NOBODY,), Erasure.DELETE),
        person="customer",
        since="at",
    ),
    Personal(
        "recommend.CampaignPlan",
        ("made_by",),
        _("Who of the staff planned a campaign"),
        *(PURPOSES["work"], STAFF, (Reader.ADMINISTRATORS,), Erasure.KEEP),
        since="made_at",
        exported=False,
        ends={"made_by": None},
    ),
    NotPersonal("recommend.AdCampaign", ("name",), "what staff call an advertising campaign"),
    NotPersonal(
        "recommend.SearchWords",
        ("names_en", "names_zh", "needs_en", "needs_zh"),
        "what staff call goods and needs",
    ),
)
