"""Somebody who has left a trace wherever the shop can keep one."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.utils import timezone

from foundation.models import OutboxMessage
from recommend import history
from recommend.models import AdCampaign, AdExposure, CampaignPlan, PlannedCustomer
from risk import audit, memory
from risk.learning.signals import Activity
from risk.models import (
    Assessment,
    Case,
    Chargeback,
    Freeze,
    KnownDevice,
    ListEntry,
    Signal,
)
from shop.models import (
    CampaignTarget,
    ConsentDecision,
    CouponRedemption,
    Customer,
    Event,
    Order,
    OrderEvent,
    PersonalRead,
    Refund,
    ReturnRequest,
    Review,
    ReviewPhoto,
    TestCharge,
    User,
    WishlistItem,
)
from shop.services import tokens
from support.models import Conversation, Correction, Glance, Message, Note
from tests.shop import factories


@dataclass
class Life:
    customer: Customer
    user: User
    order: Order
    guest_order: Order
    conversation: Conversation
    visitor: str
    secret: str
    """What their API key is: nobody may ever read it again."""
    words: list[str] = field(default_factory=list)
    """Whatever would tell who it was: e-mail, name, phone, street, what they wrote."""


def live(
    tag: str = "zephyrine",
    *,
    staff: User | None = None,
    status: str = Order.Status.DELIVERED,
    total: Decimal = Decimal("25.00"),
    quantity: int = 1,
    chats: int = 1,
) -> Life:
    """Make a customer with a trace in every table that can hold one. ``tag`` is in all of them."""
    staff = staff or factories.StaffFactory()
    now = timezone.now()
    number = str(int.from_bytes(tag.encode()))
    code = f"PC{number[-7:]}"
    email, name, phone = (
        f"{tag}@private.example",
        f"Dame {tag} Quill",
        f"+1 555 {number[:4]} {number[4:8]}",
    )
    street, visitor = f"77 {tag} Alley", f"browser-of-{tag}"[:40]
    place = {
        "recipient": name,
        "line1": street,
        "line2": "",
        "city": f"{tag}ville",
        "region": "OH",
        "postal_code": code,
        "country": "US",
        "phone": phone,
    }
    user = factories.UserFactory(email=email, first_name=name, password="a long pass phrase")
    customer = factories.CustomerFactory(user=user, name=name, phone=phone)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    factories.AddressFactory(customer=customer, **place)
    line = factories.OrderLineFactory(
        order=factories.OrderFactory(
            customer=customer,
            email=email,
            address=place,
            status=status,
            subtotal=total,
            total=total,
        ),
        quantity=quantity,
        unit_price=total,
        total=total,
    )
    order, product = line.order, line.variant.product
    payment = factories.PaymentFactory(order=order, card_fingerprint=f"card-of-{tag}")
    checkout = payment.checkout
    checkout.cart.customer, checkout.cart.is_open = customer, True
    checkout.cart.save()
    checkout.customer = customer
    checkout.details = {"email": email, "address": place, "lines": []}
    checkout.save()
    checkout.cart.lines.create(variant=line.variant, quantity=quantity)
    guest_order = factories.OrderFactory(
        customer=None, email=email.upper(), address=place, status=Order.Status.DELIVERED
    )
    OrderEvent.objects.create(order=order, status="placed", at=now, note=f"call {name}", by=staff)
    Refund.objects.create(
        payment=payment, amount=Decimal("1.00"), idempotency_key=uuid4().hex, reason=f"for {tag}"
    )
    Order.objects.filter(pk=order.pk).update(refunded=Decimal("1.00"))
    TestCharge.objects.filter(key=str(checkout.uuid)).update(refunded=Decimal("1.00"))
    ReturnRequest.objects.create(
        order=order,
        reason="damaged",
        comment=f"{name} says: broken",
        state=ReturnRequest.State.REFUNDED,
    )
    review = Review.objects.create(
        product=product,
        customer=customer,
        rating=4,
        body=f"{tag} liked it",
        state=Review.State.APPROVED,
    )
    ReviewPhoto(review=review).file.save("", ContentFile(f"photo of {tag}".encode()))
    CampaignTarget.objects.create(campaign=factories.CampaignFactory(), customer=customer)
    ConsentDecision.objects.create(customer=customer, given=["personalisation"], source="centre")
    ConsentDecision.objects.create(visitor=visitor, given=[], source="banner")
    OutboxMessage.objects.create(
        key=f"email:{uuid4().hex}",
        kind="email",
        args={"to": [email.upper()], "subject": f"News for {tag}", "body": f"Dear {name}"},
        next_at=now + timedelta(hours=1),
    )
    CouponRedemption.objects.create(
        coupon=factories.CouponFactory(), customer=customer, order=order, redeemed_at=now
    )
    WishlistItem.objects.create(customer=customer, product=product)
    plan = CampaignPlan.objects.create(campaign=factories.CampaignFactory())
    PlannedCustomer.objects.create(plan=plan, customer=customer, chance=0.2, basket=Decimal(30))
    history.forget(customer=customer, visitor=visitor, product=product)
    advertised = AdCampaign.objects.create(
        name="Shoes", starts_on=now.date(), ends_on=now.date(), budget=10
    )
    AdExposure.objects.create(customer=customer, campaign=advertised, day=now.date(), times=1)
    for who in (customer, None):
        Event.objects.create(
            kind="search",
            at=now - timedelta(days=2),
            visitor=visitor,
            customer=who,
            query=f"for {tag}",
        )
    _token, secret = tokens.make(user=user, name=f"key of {tag}", scopes=["read"], days=5)
    UserSession.objects.create(
        user=user, ip="192.0.2.77", user_agent=f"Browser of {tag}", session_key=uuid4().hex
    )
    talk = _chat(customer, visitor, name, tag, staff)
    for _ in range(chats - 1):
        _chat(customer, visitor, name, tag, staff)
    _screening(customer, order, checkout.uuid, place, email, tag, visitor, staff)
    for model, row in ((Customer, customer), (User, user), (Order, order)):
        page = f"admin:shop_{model._meta.model_name}_change"
        PersonalRead.objects.create(by=staff, page=page, subject=str(row.pk))
        LogEntry.objects.create(
            user=staff,
            content_type=ContentType.objects.get_for_model(model),
            object_id=str(row.pk),
            object_repr=f"{name} {email}",
            action_flag=CHANGE,
            change_message=f"changed {tag}",
        )
    return Life(
        customer,
        user,
        order,
        guest_order,
        talk,
        visitor,
        secret,
        [tag, phone, code],
    )


def _chat(customer: Customer, visitor: str, name: str, tag: str, staff: User) -> Conversation:
    talk = Conversation.objects.create(
        visitor=visitor,
        customer=customer,
        memory={"order_of": name},
        rating=5,
        rating_comment=f"{tag} is happy",
        state=Conversation.State.CLOSED,
    )
    said = Message.objects.create(
        conversation=talk, seq=1, author="customer", text=f"I am {name}", client_id=uuid4().hex
    )
    Message.objects.create(conversation=talk, seq=2, author="agent", text=f"Hello {name}")
    Glance.objects.create(conversation=talk, agent=staff, at=timezone.now())
    Note.objects.create(conversation=talk, author=staff, text=f"{name} is nice")
    Correction.objects.create(message=said, text=said.text, intent="greet", by=staff)
    return talk


def _screening(
    customer: Customer,
    order: Order,
    checkout: UUID,
    place: dict,
    email: str,
    tag: str,
    visitor: str,
    staff: User,
) -> None:
    now, address = timezone.now(), memory.address_key(place)
    assessment = Assessment.objects.create(
        order=order,
        customer=customer,
        checkout_uuid=checkout,
        decision="review",
        reasons=[
            {"code": "listed_block", "decision": "review", "data": {"what": f"email {email}"}}
        ],
        card_fingerprint=f"card-of-{tag}",
        visitor=visitor,
        at=now,
    )
    case = Case.objects.create(
        assessment=assessment,
        kind=Case.Kind.APPEAL,
        state=Case.State.CLEARED,
        message=f"I am {tag}",
        contact=email,
        note=f"spoke with {tag}",
    )
    Freeze.objects.create(customer=customer, reason=f"{tag} was odd", is_active=False)
    Chargeback.objects.create(
        order=order, reference=uuid4().hex, amount=Decimal("1.00"), received_at=now
    )
    for name, value in (("email", email), ("customer", str(customer.pk)), ("address", address)):
        ListEntry.objects.create(effect="block", field=name, value=value, reason=f"see {tag}")
    KnownDevice.objects.create(user=customer.user, digest="d" * 32)
    event = Activity(
        at=now.timestamp(),
        id=1,
        kind="order",
        customer=str(customer.pk),
        card=f"card-of-{tag}",
        visitor=visitor,
        address=address,
        domain="private.example",
        total=float(order.total),
        hour=12.0,
    )
    signal = memory.remember(event, reference=f"order-{order.pk}", order=order)
    memory.learn(memory.as_activity(Signal.objects.get(pk=signal.pk)))
    PersonalRead.objects.create(by=staff, page="admin:risk_case_change", subject=str(case.pk))
    audit.record(by=staff, action="freeze", subject="a customer", reason="odd")
