"""How the shop says no: one exception class, one enumeration of codes, texts in one place.

Pages, API and chat render a refusal their own way from ``code`` and ``data``.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class RefusalCode(models.TextChoices):
    OUT_OF_STOCK = (
        "out_of_stock",
        _("There is not enough stock: only %(available)s left of %(title)s."),
    )
    NOT_ON_SALE = "not_on_sale", _("%(title)s is no longer on sale.")
    INVALID_QUANTITY = "invalid_quantity", _("Please choose a quantity between 1 and %(maximum)s.")
    CART_EMPTY = "cart_empty", _("Your cart is empty.")
    CART_FULL = "cart_full", _("A cart holds at most %(maximum)s different items.")
    NOT_FOUND = "not_found", _("We could not find that.")
    NOT_YOURS = "not_yours", _("We could not find that.")
    COUPON_UNKNOWN = "coupon_unknown", _("We do not know the coupon code %(code)s.")
    COUPON_EXPIRED = "coupon_expired", _("The coupon %(code)s is not valid at this time.")
    COUPON_USED = "coupon_used", _("The coupon %(code)s has already been used.")
    COUPON_NOT_FOR_YOU = (
        "coupon_not_for_you",
        _("The coupon %(code)s was issued to other customers."),
    )
    COUPON_MINIMUM = (
        "coupon_minimum",
        _("The coupon %(code)s needs an order of at least %(minimum)s."),
    )
    COUPON_NOTHING = "coupon_nothing", _("The coupon %(code)s fits nothing in your cart.")
    PRICE_CHANGED = "price_changed", _("A price has changed. Please check your order again.")
    AGE_REQUIRED = "age_required", _("You must be at least %(age)s years old to buy this.")
    DELIVERY_UNKNOWN = "delivery_unknown", _("Please choose one of the delivery options.")
    PAYMENT_DECLINED = "payment_declined", _("The card was declined. You have not been charged.")
    PAYMENT_INVALID = "payment_invalid", _("Please check the card number, expiry date and code.")
    PAYMENT_TIMEOUT = (
        "payment_timeout",
        _("The payment service did not answer. You have not been charged twice; please try again."),
    )
    CHECKOUT_FAILED = (
        "checkout_failed",
        _("Something went wrong on our side. You have not been charged; please try again."),
    )
    PAYMENT_CHALLENGE_FAILED = (
        "payment_challenge_failed",
        _("The confirmation was not right. You have not been charged."),
    )
    ORDER_BLOCKED = (
        "order_blocked",
        _(
            "We could not accept this order. You have not been charged. If you think that is a "
            "mistake, write to us and a person will look at it."
        ),
    )
    TAKEN = "taken", _("%(agent)s already has this conversation.")
    AGENT_FULL = "agent_full", _("%(agent)s has as many chats as they take at once.")
    SIGN_IN = "sign_in", _("Please sign in first.")
    ALREADY_RUNNING = "already_running", _("This order is already being processed.")
    TOO_LATE = "too_late", _("It is too late for that: the order is %(status)s.")
    NOTHING_TO_RETURN = "nothing_to_return", _("There is nothing left to return in this order.")
    NOT_BOUGHT = "not_bought", _("Only customers who bought this product can review it.")
    ALREADY_REVIEWED = "already_reviewed", _("You have already reviewed this product.")
    AMOUNT_TOO_HIGH = "amount_too_high", _("At most %(maximum)s can be refunded.")
    OWN_REFUND = "own_refund", _("Somebody else has to agree to a refund that you asked for.")
    COMPARE_FULL = "compare_full", _("You can compare up to %(maximum)s products.")
    MESSAGE_LENGTH = "message_length", _("A message has between 1 and %(maximum)s characters.")
    BAD_PICTURE = (
        "bad_picture",
        _("A picture is a JPEG, PNG or WebP file of at most %(megabytes)s MB."),
    )
    TOO_MANY_PICTURES = (
        "too_many_pictures",
        _("A review shows at most %(maximum)s pictures."),
    )
    STAFF_ACCOUNT = (
        "staff_account",
        _("This is an account of staff. An administrator has to end that first."),
    )
    SECOND_PERSON = "second_person", _("A second person has to say so, too.")
    PASSWORD_WRONG = "password_wrong", _("That is not your password.")  # pragma: allowlist secret
    TOO_MANY_ROWS = (
        "too_many_rows",
        _("Please choose at most %(maximum)s rows at a time."),
    )
    NO_CONSENT = (
        "no_consent",
        _("This customer does not allow the assistant to learn from the chat."),
    )
    INVALID_INPUT = "invalid_input", _("Please check what you entered.")


class Refused(Exception):
    """A request that is understood and declined. Nothing has been changed.

    Parameters
    ----------
    code
        Which refusal it is.
    data
        What the text needs: JSON-ready values only, so that it can be stored and sent.
    """

    def __init__(self, code: RefusalCode, /, **data: object) -> None:
        super().__init__(code.value)
        self.code = code
        self.data = data

    @property
    def message(self) -> str:
        """The text in the reader's language."""
        text = str(self.code.label)
        return text % self.data if self.data else text

    def __str__(self) -> str:
        return f"{self.code.value} {self.data}" if self.data else self.code.value
