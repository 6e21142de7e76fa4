"""What people call the intents; the models know them by their codes."""

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

INTENTS: dict[str, Promise] = {
    "change_address": pgettext_lazy("intent", "Change the address"),
    "add_address": pgettext_lazy("intent", "Add an address"),
    "returns_policy": pgettext_lazy("intent", "How returns work"),
    "return_item": pgettext_lazy("intent", "Return something"),
    "wrong_item": pgettext_lazy("intent", "Wrong or damaged item"),
    "refund_request": pgettext_lazy("intent", "Ask for a refund"),
    "refund_status": pgettext_lazy("intent", "Where the refund is"),
    "refund_policy": pgettext_lazy("intent", "How refunds work"),
    "invoice_get": pgettext_lazy("intent", "Get an invoice"),
    "invoice_check": pgettext_lazy("intent", "Look at an invoice"),
    "payment_methods": pgettext_lazy("intent", "Ways to pay"),
    "payment_problem": pgettext_lazy("intent", "Problem with a payment"),
    "account_create": pgettext_lazy("intent", "Open an account"),
    "account_edit": pgettext_lazy("intent", "Change the account"),
    "account_delete": pgettext_lazy("intent", "Delete the account"),
    "account_switch": pgettext_lazy("intent", "Use another account"),
    "password_recover": pgettext_lazy("intent", "Forgotten password"),
    "registration_problem": pgettext_lazy("intent", "Problem with signing up"),
    "newsletter": pgettext_lazy("intent", "Newsletter"),
    "privacy": pgettext_lazy("intent", "Privacy of data"),
    "track_order": pgettext_lazy("intent", "Where the order is"),
    "late_delivery": pgettext_lazy("intent", "Late delivery"),
    "cancel_order": pgettext_lazy("intent", "Cancel an order"),
    "change_order": pgettext_lazy("intent", "Change an order"),
    "place_order": pgettext_lazy("intent", "Place an order"),
    "cancellation_fee": pgettext_lazy("intent", "Cost of cancelling"),
    "delivery_options": pgettext_lazy("intent", "Ways of delivery"),
    "delivery_period": pgettext_lazy("intent", "Time of delivery"),
    "product_question": pgettext_lazy("intent", "Question about a product"),
    "availability": pgettext_lazy("intent", "Whether it is in stock"),
    "price": pgettext_lazy("intent", "What it costs"),
    "coupon": pgettext_lazy("intent", "Coupons and deals"),
    "recommendation": pgettext_lazy("intent", "Looking for something"),
    "compare": pgettext_lazy("intent", "Compare products"),
    "complaint": pgettext_lazy("intent", "Complaint"),
    "praise": pgettext_lazy("intent", "Praise"),
    "contact_service": pgettext_lazy("intent", "How to reach the service"),
    "human": pgettext_lazy("intent", "Wants a person"),
    "review": pgettext_lazy("intent", "Write a review"),
    "warranty": pgettext_lazy("intent", "Warranty"),
    "greet": pgettext_lazy("intent", "Greeting"),
    "bye": pgettext_lazy("intent", "Goodbye"),
    "thanks": pgettext_lazy("intent", "Thanks"),
    "bot": pgettext_lazy("intent", "Who answers here"),
    "out_of_scope": pgettext_lazy("intent", "Nothing of the shop"),
    # What is said in a review and not in the chat.
    "reviews": pgettext_lazy("intent", "Reviews of products"),
}


def intent(code: str) -> str:
    """The intent's name in the reader's language; its code when it has none."""
    return str(INTENTS.get(code, code))
