"""The weekly letter: what the shop would show its reader this week, to who allows personal offers.

The outbox's key names the week and the customer, so however often the worker asks, a customer gets
one letter a week. Consent is asked again when the letter is composed. It carries a link to end it
without signing in: mailboxes that know RFC 8058 (One-Click Unsubscribe, 2017) do so with one press,
by POST, as programs that look at mails before their readers do open every link in them.
"""

from datetime import date, timedelta

from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from foundation import outbox
from foundation.addresses import shop_address
from foundation.models import OutboxMessage
from recommend.selectors.rails import explained
from recommend.selectors.reasons import GROUP_TITLES, Reason
from recommend.selectors.why import with_cards
from shop.models import ConsentDecision, Customer
from shop.privacy import consent

KIND = "recommend.digest"
SALT = "recommend.digest.off"
EACH = 4
"""So many products of each reason."""


class BadLink(Exception):
    """The link to end the letters was cut or made up."""


def put_due() -> int:
    """Put this week's letter to everybody who wants it and has none into the outbox."""
    today = timezone.localdate()
    week = (today - timedelta(days=today.weekday())).isoformat()
    begins = f"{KIND}:{week}:"
    keys = OutboxMessage.objects.filter(key__startswith=begins).values_list("key", flat=True)
    done = {int(key.removeprefix(begins)) for key in keys}
    wanted = Customer.objects.filter(
        consent.granted(consent.ADVERTISING), user__is_active=True
    ).exclude(user__email="")
    count = 0
    for pk in wanted.order_by("pk").values_list("pk", flat=True):
        if pk in done:
            continue
        with transaction.atomic():
            outbox.put(KIND, f"{week}:{pk}", customer_id=pk, week=week)
        count += 1
    return count


def letter(*, customer_id: int, week: str) -> EmailMultiAlternatives | None:
    """Compose a customer's letter; None when they said no meanwhile, or the week is over."""
    if timezone.localdate() - date.fromisoformat(week) >= timedelta(days=7):
        return None
    wanted = Customer.objects.filter(consent.granted(consent.ADVERTISING), user__is_active=True)
    customer = wanted.select_related("user").filter(pk=customer_id).first()
    if customer is None or customer.user is None or not customer.user.email:
        return None
    with override(customer.language):
        groups = _groups(customer)
        if not groups:
            return None
        off = shop_address(reverse("recommend:letters_off", args=[token(customer)]))
        subject = _("Your week at Mercato")
        context = {"subject": subject, "groups": groups, "off": off, "site": shop_address()}
        message = EmailMultiAlternatives(
            subject=subject,
            body=render_to_string("recommend/email/digest.txt", context),
            to=[customer.user.email],
            headers={
                "List-Unsubscribe": f"<{off}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            },
        )
        message.attach_alternative(
            render_to_string("recommend/email/digest.html", context), "text/html"
        )
    return message


def _groups(customer: Customer) -> list[dict]:
    """Title, and cards with a sentence why, by reason, as the templates take them."""
    found, known = explained("digest", customer=customer, limit=EACH)
    by_id, why = with_cards([(item.product_id, item.reason_code) for item in found], known)
    groups: dict[str, dict] = {}
    for item in found:
        if item.product_id in by_id:
            title = GROUP_TITLES[Reason(item.reason_code)]
            group = groups.setdefault(
                item.reason_code,
                {"title": title, "from": f"rail-digest-{item.reason_code}", "items": []},
            )
            group["items"].append((by_id[item.product_id], why[item.product_id].text))
    return list(groups.values())


def token(customer: Customer) -> str:
    """What ends this customer's letters, for whoever holds the mail; it does not expire."""
    return signing.dumps(customer.pk, salt=SALT)


def stop(made: str) -> None:
    """Take back the consent to personal offers, on which the letters rest. Twice is once.

    Raises BadLink.
    """
    customer = whose(made)
    if customer is not None and consent.customer_allows(customer, consent.ADVERTISING):
        consent.switch(
            customer=customer,
            purpose=consent.ADVERTISING,
            on=False,
            source=ConsentDecision.Source.MAIL,
        )


def whose(made: str) -> Customer | None:
    """Return the customer of a link; None when there is no such account any more."""
    try:
        pk = signing.loads(made, salt=SALT)
    except signing.BadSignature as error:
        raise BadLink from error
    return Customer.objects.filter(pk=pk).first()
