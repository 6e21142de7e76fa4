"""What customers change about themselves: profile, addresses, wishlist; and signing in."""

from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from shop import events
from shop.middleware import visitor_key
from shop.models import Address, Cart, Customer, Event, Order, Product, User, WishlistItem
from shop.privacy import consent
from shop.refusals import RefusalCode, Refused
from shop.selectors.carts import CART_KEY
from shop.services import carts

MAX_ADDRESSES = 20
MAX_WISHES = 200
ORDERS_KEY = "orders"
"""Session key: numbers of orders that this browser placed as a guest or opened by their link."""


@dataclass(frozen=True)
class AddressInput:
    """A postal address as typed; ``country`` is an ISO 3166-1 alpha-2 code."""

    recipient: str
    line1: str
    city: str
    postal_code: str
    line2: str = ""
    region: str = ""
    country: str = "US"
    phone: str = ""


def signed_in(*, request: HttpRequest, user: User) -> Customer:
    """Merge the guest's cart and choices into the customer's and record the login."""
    customer, _ = Customer.objects.get_or_create(
        user=user, defaults={"name": user.get_full_name()[:120]}
    )
    token = request.session.pop(CART_KEY, None)
    guest = Cart.objects.filter(token=token, customer=None, is_open=True).first() if token else None
    if guest is not None:
        carts.merge(guest=guest, customer=customer)
    consent.carry_over(request, customer)
    who = consent.trace_of(customer, visitor_key(request))
    events.record(Event.Kind.LOGIN, visitor=who.visitor, customer_id=who.customer_id)
    return customer


def remember_order(request: HttpRequest, order: Order) -> None:
    """Let this browser session open an order that belongs to no account."""
    known = [number for number in request.session.get(ORDERS_KEY, []) if number != order.number]
    request.session[ORDERS_KEY] = [*known, order.number][-20:]


def plausible_birth_date(born: date) -> bool:
    """Whether somebody alive can have been born on that day."""
    return date(1900, 1, 1) <= born <= timezone.localdate()


def update_profile(
    *,
    customer: Customer,
    name: str,
    phone: str,
    language: str,
    birth_date: date | None,
) -> Customer:
    """Change a customer's profile. A date of birth is given once; staff can correct it."""
    customer.name, customer.phone, customer.language = name, phone, language
    if customer.birth_date is None:
        customer.birth_date = birth_date
    customer.full_clean(exclude=["user", "demographics"])
    customer.save()
    return customer


@transaction.atomic
def save_address(
    *, customer: Customer, given: AddressInput, pk: int | None = None, default: bool = False
) -> Address:
    """Add an address, or change the customer's address ``pk``; one of them is the default."""
    Customer.objects.select_for_update().get(pk=customer.pk)
    mine = customer.addresses.all()
    if pk is None:
        if mine.count() >= MAX_ADDRESSES:
            raise Refused(RefusalCode.INVALID_INPUT)
        address = Address(customer=customer)
    else:
        address = address_of(customer, pk)
    for name, value in vars(given).items():
        setattr(address, name, value)
    first = not mine.filter(is_default=True).exclude(pk=address.pk).exists()
    address.is_default = default or first
    address.full_clean()
    if address.is_default:
        mine.exclude(pk=address.pk).update(is_default=False)
    address.save()
    return address


def as_input(address: Address) -> AddressInput:
    """An address of the book as if it had been typed."""
    return AddressInput(
        **{name: getattr(address, name) for name in AddressInput.__dataclass_fields__}
    )


def keep_address(*, customer: Customer, given: AddressInput) -> None:
    """Add an address that was typed at the checkout; a full address book spoils no order."""
    try:
        save_address(customer=customer, given=given)
    except (Refused, ValidationError):
        return


@transaction.atomic
def delete_address(*, customer: Customer, pk: int) -> None:
    """Forget an address; another one becomes the default if it was."""
    address = address_of(customer, pk)
    address.delete()
    if address.is_default:
        heir = customer.addresses.order_by("-updated_at").first()
        if heir is not None:
            heir.is_default = True
            heir.save(update_fields=["is_default", "updated_at"])


def address_of(customer: Customer, pk: int) -> Address:
    """Return one of the customer's own addresses; any other is not found."""
    address = customer.addresses.filter(pk=pk).first()
    if address is None:
        raise Refused(RefusalCode.NOT_FOUND)
    return address


def wish(*, customer: Customer, product_id: int) -> WishlistItem:
    """Put a product on the wishlist; twice is once."""
    if not Product.objects.filter(pk=product_id, is_active=True).exists():
        raise Refused(RefusalCode.NOT_FOUND)
    if customer.wishlist.count() >= MAX_WISHES:
        oldest = customer.wishlist.order_by("added_at").first()
        if oldest is not None:
            oldest.delete()
    return WishlistItem.objects.get_or_create(customer=customer, product_id=product_id)[0]


def unwish(*, customer: Customer, product_id: int) -> None:
    customer.wishlist.filter(product__pk=product_id).delete()
