"""Why a product is shown: the codes, and what the rails are called."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Reason(models.TextChoices):
    """Values are stored with impressions; labels explain one product to a person."""

    BUY_AGAIN = "buy_again", _("You have bought this before.")
    NEW_FOR_YOU = "new_for_you", _("It fits what you usually buy.")
    BECAUSE_VIEWED = "because_viewed", _("It is like what you have just looked at.")
    POPULAR = "popular", _("Many customers are buying this now.")
    GOES_WITH = "goes_with", _("Customers buy this together with it.")
    SIMILAR = "similar", _("It is much like this product.")
    MISSING = "missing", _("You usually buy this, and it is not in your cart.")
    NEXT_TIME = "next_time", _("You usually buy this, and it was not in this order.")


GROUP_TITLES = {
    Reason.BUY_AGAIN: _("Buy again"),
    Reason.NEW_FOR_YOU: _("New for you"),
    Reason.BECAUSE_VIEWED: _("Because of what you looked at"),
    Reason.POPULAR: _("Popular right now"),
    Reason.GOES_WITH: _("Goes well with"),
    Reason.SIMILAR: _("Similar products"),
    Reason.MISSING: _("Did you forget something?"),
    Reason.NEXT_TIME: _("For your next order"),
}
