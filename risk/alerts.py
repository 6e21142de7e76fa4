"""Alerts: what people have to hear of at once, grouped so that a storm is one message.

An alert goes to ``RISK_ALERT_EMAILS`` and to ``RISK_WEBHOOK_URL``. The webhook's body is JSON and
signed: ``X-Mercato-Signature`` is the HMAC-SHA-256 of the body under ``RISK_WEBHOOK_SECRET``. What
cannot be delivered is tried again, at growing distances, for about a day.
"""

import hashlib
import hmac
import json
import logging
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F
from django.utils import timezone

from foundation import outbound
from risk.models import Alert
from shop.services.mail import queue

log = logging.getLogger(__name__)
GROUP_FOR = timedelta(minutes=15)
"""Alerts of one kind about one subject within this time are one alert."""
TIMEOUT_SECONDS = 5
FIRST_RETRY_SECONDS = 60


def raise_alert(*, kind: str, subject: str, text: str) -> Alert:
    """Tell people, or count one more if they were just told of the same."""
    since = timezone.now() - GROUP_FOR
    recent = Alert.objects.filter(kind=kind, subject=subject[:120], at__gte=since).first()
    if recent is not None:
        Alert.objects.filter(pk=recent.pk).update(times=F("times") + 1)
        recent.refresh_from_db()
        return recent
    alert = Alert.objects.create(kind=kind, subject=subject[:120], text=text[:1000])
    queue("risk.tasks.deliver_alert", alert.pk)
    return alert


def deliver(alert: Alert) -> bool:
    """Mail and post an alert; what has gone out is not sent twice. Return whether all is out."""
    if settings.RISK_ALERT_EMAILS and not alert.mailed:
        EmailMessage(
            subject=f"[{settings.SITE_NAME}] {alert.get_kind_display()}: {alert.subject}",
            body=alert.text,
            to=list(settings.RISK_ALERT_EMAILS),
        ).send()
        alert.mailed = True
    if settings.RISK_WEBHOOK_URL and not alert.posted:
        alert.posted = _post(alert)
    alert.attempts += 1
    alert.save(update_fields=["mailed", "posted", "attempts"])
    return alert.posted or not settings.RISK_WEBHOOK_URL


def _post(alert: Alert) -> bool:
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
    try:
        status = outbound.post(
            settings.RISK_WEBHOOK_URL, body=body, headers=headers, timeout=TIMEOUT_SECONDS
        )
    except OSError as error:
        log.warning("alert %s was not taken: %s", alert.pk, error)
        return False
    return 200 <= status < 300


def signature(body: bytes) -> str:
    """Hex HMAC-SHA-256 of the body; receivers compute the same and compare in constant time."""
    return hmac.new(settings.RISK_WEBHOOK_SECRET.encode(), body, hashlib.sha256).hexdigest()
