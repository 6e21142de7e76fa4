"""Risk's place in the checkout: screen the order before money moves."""

from django.urls import reverse

from risk import memory, services
from risk.models import Assessment, Decision
from shop.checkout.protocol import CheckoutRun
from shop.models import Order
from shop.payments.fingerprint import card_fingerprint
from shop.refusals import RefusalCode, Refused

HELD = (Decision.REVIEW, Decision.CHALLENGE)


class ScreenOrder:
    """Block, hold for review, or let pass. The assessment is kept whatever happens next."""

    def run(self, run: CheckoutRun) -> None:
        assessment = services.screen(run, card_fingerprint=card_fingerprint(run.card.number))
        if assessment.decision == Decision.BLOCK:
            appeal = reverse("risk:appeal", args=[run.checkout.uuid])
            raise Refused(
                RefusalCode.ORDER_BLOCKED, appeal_url=appeal, checkout=str(run.checkout.uuid)
            )
        if assessment.decision in HELD:
            run.hold_reasons.append("risk")

    def undo(self, run: CheckoutRun) -> None:
        """What was thought stays on record; a payment that the bank refused is remembered."""
        memory.declined(run)

    def placed(self, run: CheckoutRun, order: Order) -> None:
        assessment = Assessment.objects.filter(checkout_uuid=run.checkout.uuid).first()
        if assessment is None:
            return
        assessment.order = order
        assessment.save(update_fields=["order"])
        event = memory.activity_of(run, card=assessment.card_fingerprint, at=order.placed_at)
        memory.remember(event, reference=f"order-{order.pk}", order=order)
        if assessment.decision in HELD:
            services.open_review(assessment=assessment)
