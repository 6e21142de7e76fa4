"""Mail that risk sends to customers."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext, override

from risk.models import Case
from risk.services import confirmation_token


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
