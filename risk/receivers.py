"""What risk learns of without being asked: money paid back, who agreed to that, reviews, sign-ins
that worked or failed."""

import logging

from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.db import DatabaseError, transaction
from django.db.models.signals import post_save
from django.http import HttpRequest

from risk import audit, logins, memory
from shop.models import Refund, RefundApproval, Review, User
from shop.signals import refund_decided, refund_proposed, review_posted

log = logging.getLogger(__name__)


def _refund_saved(instance: Refund, created: bool, **kwargs: object) -> None:
    if created:
        transaction.on_commit(lambda: memory.refunded(instance), robust=True)


def _reviewed(review: Review, **kwargs: object) -> None:
    transaction.on_commit(lambda: memory.reviewed(review), robust=True)


def _refund_proposed(approval: RefundApproval, **kwargs: object) -> None:
    _audit_refund(approval, approval.requested_by, "propose_refund")


def _refund_decided(approval: RefundApproval, **kwargs: object) -> None:
    agreed = approval.state == RefundApproval.State.APPROVED
    _audit_refund(approval, approval.decided_by, "approve_refund" if agreed else "refuse_refund")


def _audit_refund(approval: RefundApproval, by: User | None, action: str) -> None:
    amount = str(approval.amount)
    audit.record(by=by, action=action, subject=f"order {approval.order.number}", amount=amount)


def _signed_in(request: HttpRequest | None, user: User, **kwargs: object) -> None:
    if request is None:
        return
    try:
        with transaction.atomic():
            logins.signed_in(request=request, user=user)
    except DatabaseError:
        # Nobody is kept out because their device could not be written down.
        log.exception("the device of user %s was not remembered", user.pk)


def _failed(credentials: dict, request: HttpRequest | None = None, **kwargs: object) -> None:
    email = str(credentials.get("email") or credentials.get("username") or "")
    logins.failed(request=request, email=email)


def connect() -> None:
    user_logged_in.connect(_signed_in, dispatch_uid="risk-signed-in")
    user_login_failed.connect(_failed, dispatch_uid="risk-login-failed")
    refund_proposed.connect(_refund_proposed, dispatch_uid="risk-refund-proposed")
    refund_decided.connect(_refund_decided, dispatch_uid="risk-refund-decided")
    review_posted.connect(_reviewed, dispatch_uid="risk-review")
    post_save.connect(_refund_saved, sender=Refund, dispatch_uid="risk-refund")
