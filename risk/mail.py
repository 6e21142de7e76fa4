"""Mail that risk sends to customers."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext, override

from risk.models import Case
from risk.services import confirmation_token
from shop.models import Customer, User


def ask_for_confirmation(*, case_id: int) -> bool:
    """Ask the customer of an open case to confirm the order; return whether a mail was sent."""
    case = (
        Case.objects.filter(pk=case_id, state=Case.State.OPEN)
        .select_related("assessment__order")
        .first()
    )
    order = case.assessment.order if case else None
    if case is None or order is None or not order.email:
        return False
    path = reverse("risk:confirm", args=[confirmation_token(case)])
    with override(order.language):
        subject = gettext("Please confirm your order %(number)s") % {"number": order.number}
        link = f"{settings.ACCOUNT_DEFAULT_HTTP_PROTOCOL}://{settings.SITE_DOMAIN}{path}"
        body = render_to_string("risk/email/confirm.txt", {"order": order, "link": link})
    EmailMessage(subject=subject, body=body, to=[order.email]).send()
    return True


def tell_of_new_device(*, user_id: int, agent: str) -> bool:
    """Tell somebody of a sign-in from a device that was not seen before."""
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        return False
    customer = Customer.objects.filter(user=user).first()
    with override(customer.language if customer else settings.LANGUAGE_CODE):
        subject = gettext("A new sign-in to your account")
        link = (
            f"{settings.ACCOUNT_DEFAULT_HTTP_PROTOCOL}://{settings.SITE_DOMAIN}"
            f"{reverse('account_reset_password')}"
        )
        body = render_to_string("risk/email/new_device.txt", {"agent": agent, "link": link})
    EmailMessage(subject=subject, body=body, to=[user.email]).send()
    return True
