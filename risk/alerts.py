"""Alerts: what people have to hear of at once, grouped so that a storm is one message.

An alert goes to ``RISK_ALERT_EMAILS`` and to ``RISK_WEBHOOK_URL``. The webhook's body is JSON and
signed: ``X-Mercato-Signature`` is the HMAC-SHA-256 of the body under ``RISK_WEBHOOK_SECRET``. Both
go through ``foundation.outbox``, which tries again what was not taken.
"""

import hashlib
import hmac
import json
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from foundation import outbox
from foundation.sayings import parts_of
from risk.models import Alert

GROUP_FOR = timedelta(minutes=15)
"""Alerts of one kind about one subject within this time are one alert."""


def raise_alert(*, kind: str, subject: str, text: str) -> Alert:
    """Tell people, or count one more if they were just told of the same.

    ``text`` is English; as a :class:`foundation.learning.said.Said` the admin translates it.
    """
    since = timezone.now() - GROUP_FOR
    recent = Alert.objects.filter(kind=kind, subject=subject[:120], at__gte=since).first()
    if recent is not None:
        Alert.objects.filter(pk=recent.pk).update(times=F("times") + 1)
        recent.refresh_from_db()
        return recent
    with transaction.atomic():
        alert = Alert.objects.create(
            kind=kind, subject=subject[:120], text=text[:1000], parts=parts_of(text)
        )
        if settings.RISK_ALERT_EMAILS:
            outbox.put("risk.alert_mail", str(alert.pk), alert_id=alert.pk)
        if settings.RISK_WEBHOOK_URL:
            outbox.put("risk.alert_webhook", str(alert.pk), alert_id=alert.pk)
    return alert


def as_mail(*, alert_id: int) -> EmailMessage | None:
    """The alert as a mail to staff."""
    alert = Alert.objects.filter(pk=alert_id).first()
    if alert is None or not settings.RISK_ALERT_EMAILS:
        return None
    return EmailMessage(
        subject=f"[{settings.SITE_NAME}] {alert.get_kind_display()}: {alert.subject}",
        body=alert.text,
        to=list(settings.RISK_ALERT_EMAILS),
    )


def as_webhook(*, alert_id: int) -> outbox.Webhook | None:
    """The alert as signed JSON; ``id`` tells a receiver that it has had this one."""
    alert = Alert.objects.filter(pk=alert_id).first()
    if alert is None or not settings.RISK_WEBHOOK_URL:
        return None
    body = json.dumps(
        {
            "id": alert.pk,
            "kind": alert.kind,
            "subject": alert.subject,
            "text": alert.text,
            "times": alert.times,
            "at": alert.at.isoformat(),
        }
    ).encode()
    headers = {"Content-Type": "application/json", "X-Mercato-Signature": signature(body)}
    return outbox.Webhook(settings.RISK_WEBHOOK_URL, body, headers)


def signature(body: bytes) -> str:
    """Hex HMAC-SHA-256 of the body; receivers compute the same and compare in constant time."""
    return hmac.new(settings.RISK_WEBHOOK_SECRET.encode(), body, hashlib.sha256).hexdigest()
