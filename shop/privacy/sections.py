"""What the shop itself knows of a person, as sections of a copy of their data."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shop.models import (
    Address,
    ApiToken,
    CampaignTarget,
    CartLine,
    Checkout,
    ConsentDecision,
    CouponRedemption,
    Customer,
    DataDownload,
    ErasureRequest,
    Event,
    Order,
    OrderEvent,
    OrderLine,
    Payment,
    PersonalRead,
    Refund,
    ReturnRequest,
    Review,
    ReviewPhoto,
    WishlistItem,
)
from shop.privacy import outgoing
from shop.privacy.download import Section, table
from shop.privacy.people import Person

WHEN, STATE, AMOUNT = _("time"), _("state"), _("amount")
PRODUCT, QUANTITY, NAME = _("product"), _("quantity"), _("name")
NUMBER = _("order")


def sections(person: Person) -> Iterator[Section]:
    customer = Customer.objects.select_related("user", "home_channel").get(pk=person.customer)
    yield from _profile(customer)
    yield from _orders(person)
    yield from _given(person)
    yield from _behaviour(person)
    yield from _account(person)
    yield reads(_read_pages(person))


def _profile(customer: Customer) -> Iterator[Section]:
    columns = {
        "email": (_("e-mail address"), "user.email"),
        "name": (NAME, "name"),
        "phone": (_("phone"), "phone"),
        "language": (_("language"), "language"),
        "birth_date": (_("date of birth"), "birth_date"),
        "demographics": (_("demographics"), "demographics"),
        "household": (_("household"), "household_key"),
        "store": (_("channel"), "home_channel.name"),
        "personalisation": (_("personal recommendations"), "personalisation"),
        "advertising": (_("personal offers"), "advertising"),
        "chat_training": (_("learning from chats"), "chat_training"),
        "since": (_("customer since"), "created_at"),
        "changed": (_("changed"), "updated_at"),
    }
    yield table("profile", _("Profile"), [customer], columns)
    yield table(
        "addresses",
        _("Addresses"),
        Address.objects.filter(customer=customer).order_by("pk"),
        {
            "recipient": (_("recipient"), "recipient"),
            "line1": (_("address"), "line1"),
            "line2": (_("address, second line"), "line2"),
            "postal_code": (_("postal code"), "postal_code"),
            "city": (_("city"), "city"),
            "region": (_("state or province"), "region"),
            "country": (_("country"), "country"),
            "phone": (_("phone"), "phone"),
            "default": (_("default address"), "is_default"),
        },
    )


def _orders(person: Person) -> Iterator[Section]:
    orders = Order.objects.filter(pk__in=person.orders).select_related("channel").order_by("pk")
    yield table(
        "orders",
        _("Orders"),
        orders,
        {
            "number": (_("number"), "number"),
            "placed": (_("placed"), "placed_at"),
            "status": (_("status"), lambda row: row.get_status_display()),
            "channel": (_("channel"), "channel.name"),
            "email": (_("e-mail address"), "email"),
            "address": (_("address"), "address"),
            "subtotal": (_("subtotal"), "subtotal"),
            "discount": (_("discount"), "discount"),
            "delivery": (_("delivery"), "delivery_fee"),
            "total": (_("total"), "total"),
            "paid_back": (_("paid back"), "refunded"),
        },
    )
    lines = OrderLine.objects.filter(order__in=orders).select_related("order", "variant__product")
    yield table(
        "order_lines",
        _("What you ordered"),
        lines.order_by("order_id", "pk"),
        {
            "order": (NUMBER, "order.number"),
            "product": (PRODUCT, lambda row: str(row.variant)),
            "quantity": (QUANTITY, "quantity"),
            "unit_price": (_("unit price"), "unit_price"),
            "discount": (_("discount"), "discount"),
            "coupons": (_("coupons"), "coupon_discount"),
            "total": (_("total"), "total"),
        },
    )
    steps = OrderEvent.objects.filter(order__in=orders).select_related("order")
    yield table(
        "order_events",
        _("What happened to your orders"),
        steps,
        {
            "order": (NUMBER, "order.number"),
            "at": (WHEN, "at"),
            "status": (_("status"), "status"),
            "note": (_("note"), "note"),
        },
    )
    mine = Q(order__in=orders) | Q(checkout__uuid__in=person.checkouts)
    yield table(
        "payments",
        _("Payments"),
        Payment.objects.filter(mine).select_related("order"),
        {
            "order": (NUMBER, "order.number"),
            "at": (WHEN, "created_at"),
            "amount": (AMOUNT, "amount"),
            "state": (STATE, lambda row: row.get_state_display()),
            "card": (_("card"), lambda row: f"{row.card_brand} {row.card_last4}".strip()),
        },
    )
    yield table(
        "refunds",
        _("Money paid back"),
        Refund.objects.filter(payment__order__in=orders).select_related("payment__order"),
        {
            "order": (NUMBER, "payment.order.number"),
            "at": (WHEN, "created_at"),
            "amount": (AMOUNT, "amount"),
            "reason": (_("reason"), "reason"),
        },
    )
    yield table(
        "returns",
        _("Returns"),
        ReturnRequest.objects.filter(order__in=orders).select_related("order"),
        {
            "order": (NUMBER, "order.number"),
            "at": (WHEN, "created_at"),
            "state": (STATE, lambda row: row.get_state_display()),
            "reason": (_("reason"), "reason"),
            "comment": (_("comment"), "comment"),
            "amount": (AMOUNT, "amount"),
        },
    )
    yield table(
        "checkouts",
        _("Attempts to order"),
        Checkout.objects.filter(uuid__in=person.checkouts).select_related("order"),
        {
            "at": (WHEN, "created_at"),
            "state": (STATE, lambda row: row.get_state_display()),
            "order": (NUMBER, "order.number"),
            "total": (_("total"), "total"),
            "email": (_("e-mail address"), lambda row: row.details.get("email", "")),
            "address": (_("address"), lambda row: row.details.get("address", {})),
        },
    )


def _given(person: Person) -> Iterator[Section]:
    reviews = Review.objects.filter(customer_id=person.customer).select_related("product")
    photos = ReviewPhoto.objects.filter(review__in=reviews)
    found = table(
        "reviews",
        _("Reviews"),
        reviews,
        {
            "product": (PRODUCT, lambda row: str(row.product)),
            "at": (WHEN, "created_at"),
            "rating": (_("rating"), "rating"),
            "title": (_("title"), "title"),
            "text": (_("review"), "body"),
            "state": (STATE, lambda row: row.get_state_display()),
            "pictures": (
                _("pictures"),
                lambda row: [
                    f"pictures/{one.key}.jpg" for one in photos if one.review_id == row.pk
                ],
            ),
        },
    )
    for photo in photos:
        if photo.file.storage.exists(str(photo.file.name)):
            with photo.file.open() as file:
                found.files[f"pictures/{photo.key}.jpg"] = file.read()
    yield found
    yield table(
        "wishlist",
        _("Wishlist"),
        WishlistItem.objects.filter(customer_id=person.customer).select_related("product"),
        {"product": (PRODUCT, lambda row: str(row.product)), "at": (WHEN, "added_at")},
    )
    lines = CartLine.objects.filter(cart__customer_id=person.customer, cart__is_open=True)
    yield table(
        "cart",
        _("Cart"),
        lines.select_related("variant__product"),
        {
            "product": (PRODUCT, lambda row: str(row.variant)),
            "quantity": (QUANTITY, "quantity"),
            "at": (WHEN, "added_at"),
        },
    )
    as_guest = Q(customer=None, visitor__in=person.visitors)
    choices = ConsentDecision.objects.filter(Q(customer_id=person.customer) | as_guest)
    yield table(
        "privacy_choices",
        _("What you chose"),
        choices,
        {
            "at": (WHEN, "at"),
            "allowed": (_("allowed"), lambda row: ", ".join(row.given)),
            "where": (_("where"), lambda row: str(row.get_source_display())),
            "question": (_("version of the question"), "version"),
            "policy": (_("version of the policy"), "policy_version"),
        },
    )
    targets = CampaignTarget.objects.filter(customer_id=person.customer)
    yield table(
        "campaigns",
        _("Campaigns you were chosen for"),
        targets.select_related("campaign"),
        {
            "campaign": (_("campaign"), lambda row: str(row.campaign)),
            "from": (_("starts"), "campaign.starts_on"),
            "until": (_("ends"), "campaign.ends_on"),
        },
    )
    used = CouponRedemption.objects.filter(
        Q(customer_id=person.customer) | Q(order__in=person.orders)
    )
    yield table(
        "coupons",
        _("Coupons you used"),
        used.select_related("coupon", "order"),
        {
            "code": (_("code"), "coupon.code"),
            "at": (WHEN, "redeemed_at"),
            "order": (NUMBER, "order.number"),
            "discount": (_("discount"), "discount"),
        },
    )


def _behaviour(person: Person) -> Iterator[Section]:
    mine = Q(customer_id=person.customer) | Q(customer=None, visitor__in=person.visitors)
    rows = Event.objects.filter(mine).select_related("product").order_by("at", "pk")
    yield table(
        "events",
        _("What you looked at and searched for"),
        rows,
        {
            "at": (WHEN, "at"),
            "kind": (_("kind"), lambda row: row.get_kind_display()),
            "product": (PRODUCT, lambda row: str(row.product) if row.product else ""),
            "query": (_("search"), "query"),
            "where": (_("place"), "surface"),
            "more": (_("details"), "data"),
        },
    )


def _account(person: Person) -> Iterator[Section]:
    if person.user is None:
        return
    yield table(
        "emails",
        _("E-mail addresses"),
        EmailAddress.objects.filter(user=person.user),
        {
            "email": (_("e-mail address"), "email"),
            "verified": (_("verified"), "verified"),
            "primary": (_("primary"), "primary"),
        },
    )
    yield table(
        "sessions",
        _("Where you are signed in"),
        UserSession.objects.filter(user=person.user),
        {
            "since": (_("since"), "created_at"),
            "seen": (_("last seen"), "last_seen_at"),
            "ip": (_("network address"), "ip"),
            "browser": (_("browser"), "user_agent"),
        },
    )
    yield table(
        "second_factor",
        _("Second factor"),
        Authenticator.objects.filter(user=person.user),
        {
            "kind": (_("kind"), lambda row: row.get_type_display()),
            "since": (_("since"), "created_at"),
            "used": (_("last used"), "last_used_at"),
        },
    )
    yield table(
        "api_keys",
        _("API keys"),
        ApiToken.objects.filter(user=person.user),
        {
            "name": (NAME, "name"),
            "begins": (_("begins with"), "prefix"),
            "may": (_("may"), lambda row: row.scopes),
            "made": (_("made"), "created_at"),
            "expires": (_("expires"), "expires_at"),
            "used": (_("last used"), "last_used_at"),
            "revoked": (_("revoked"), "revoked_at"),
        },
    )
    yield table(
        "messages",
        _("Mails to you that are on their way"),
        outgoing.messages(person),
        {
            "at": (WHEN, "created_at"),
            "about": (_("about"), lambda row: row.args.get("subject") or row.kind),
            "state": (STATE, lambda row: row.get_state_display()),
            "attempts": (_("attempts"), "attempts"),
        },
    )
    downloads = DataDownload.objects.filter(customer_id=person.customer)
    yield table(
        "downloads",
        _("Copies of your data"),
        downloads,
        {
            "asked": (_("asked for"), "requested_at"),
            "fetched": (_("times fetched"), "fetched"),
            "last": (_("last fetched"), "fetched_at"),
        },
    )
    yield table(
        "erasures",
        _("Requests to erase your data"),
        ErasureRequest.objects.filter(customer_id=person.customer),
        {
            "asked": (_("asked for"), "requested_at"),
            "due": (_("due"), "due_at"),
            "state": (STATE, lambda row: row.get_state_display()),
        },
    )


def _read_pages(person: Person) -> dict[str, Collection[object]]:
    """Pages of staff about this person, by the beginning of their name."""
    reviews = Review.objects.filter(customer_id=person.customer).values_list("pk", flat=True)
    returns = ReturnRequest.objects.filter(order__in=person.orders).values_list("pk", flat=True)
    return {
        "admin:shop_customer_": [person.customer],
        "admin:shop_user_": [person.user] if person.user else [],
        "admin:shop_order_": person.orders,
        "admin:shop_returnrequest_": list(returns),
        "admin:shop_review_": list(reviews),
    }


def read_rows(pages: Mapping[str, Collection[object]]) -> Iterable[PersonalRead]:
    """Reads by staff of pages that show exactly these rows."""
    wanted = Q(pk=None)
    for start, ids in pages.items():
        wanted |= Q(page__startswith=start, subject__in=[str(pk) for pk in ids])
    return PersonalRead.objects.filter(wanted)


def reads(pages: Mapping[str, Collection[object]], key: str = "reads") -> Section:
    """Who of the staff looked, by their role: a customer is told what was read, not by whom."""
    rows = read_rows(pages).select_related("by").prefetch_related("by__groups")  # type: ignore[attr-defined]
    return table(
        key,
        _("What our staff read about you"),
        rows,
        {
            "at": (WHEN, "at"),
            "page": (_("page"), lambda row: row.page.partition(":")[2] or row.page),
            "role": (
                _("role"),
                lambda row: [group.name for group in row.by.groups.all()] if row.by else [],
            ),
        },
    )
