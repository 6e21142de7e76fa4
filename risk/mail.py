"""Mail of risk to customers; ``foundation.outbox`` sends it."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext, override

from foundation.addresses import shop_address
from risk.models import Case
from risk.services import confirmation_token
from shop.models import Customer, User


def confirmation_request(*, case_id: int) -> EmailMessage | None:
    """Ask the customer of a case that is still open to confirm the order."""
    case = (
        Case.objects.filter(pk=case_id, state=Case.State.OPEN)
        .select_related("assessment__order")
        .first()
    )
    order = case.assessment.order if case else None
    if case is None or order is None or not order.email:
        return None
    path = reverse("risk:confirm", args=[confirmation_token(case)])
    with override(order.language):
        subject = gettext("Please confirm your order %(number)s") % {"number": order.number}
        link = shop_address(path)
        body = render_to_string("risk/email/confirm.txt", {"order": order, "link": link})
    return EmailMessage(subject=subject, body=body, to=[order.email])


def new_device(*, user_id: int, agent: str) -> EmailMessage | None:
    """Tell somebody of a sign-in from a device that was not seen before."""
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        return None
    customer = Customer.objects.filter(user=user).first()
    with override(customer.language if customer else settings.LANGUAGE_CODE):
        subject = gettext("A new sign-in to your account")
        link = shop_address(reverse("account_reset_password"))
        body = render_to_string("risk/email/new_device.txt", {"agent": agent, "link": link})
    return EmailMessage(subject=subject, body=body, to=[user.email])
