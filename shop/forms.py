"""What shoppers type. Forms parse and check; services decide."""

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import RegexValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shop.checkout.delivery import PICKUP, RATES
from shop.checkout.protocol import CardInput
from shop.models import ApiToken, Channel, Customer
from shop.payments.cards import card_valid
from shop.selectors.carts import MAX_QUANTITY
from shop.services.accounts import AddressInput, plausible_birth_date
from shop.services.returns import REASONS

COUNTRIES = (
    ("US", _("United States")),
    ("CA", _("Canada")),
    ("CN", _("China")),
    ("GB", _("United Kingdom")),
    ("DE", _("Germany")),
    ("FR", _("France")),
    ("JP", _("Japan")),
    ("SG", _("Singapore")),
)
NEW_ADDRESS = "new"
MAX_ID = 2**63 - 1
"""The largest key a database column holds."""
PHONE = RegexValidator(r"^[0-9+()./ -]{0,40}$", _("Please enter a phone number."))


def text(label: Any, length: int, autocomplete: str, **options: Any) -> forms.CharField:
    """A line of text that browsers know how to fill in."""
    widget = forms.TextInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, max_length=length, widget=widget, **options)


class CartAddForm(forms.Form):
    variant = forms.IntegerField(min_value=1, max_value=MAX_ID)
    quantity = forms.IntegerField(min_value=1, max_value=MAX_QUANTITY, required=False)
    surface = forms.CharField(max_length=40, required=False)


class QuantityForm(forms.Form):
    quantity = forms.IntegerField(min_value=0, max_value=MAX_QUANTITY)


class CouponForm(forms.Form):
    code = forms.CharField(label=_("Coupon code"), max_length=40)


class AddressForm(forms.Form):
    recipient = text(_("Recipient"), 120, "name")
    line1 = text(_("Street and number"), 200, "address-line1")
    line2 = text(_("Flat, floor, company (optional)"), 200, "address-line2", required=False)
    postal_code = text(_("Postal code"), 20, "postal-code")
    city = text(_("City"), 100, "address-level2")
    region = text(_("State or province (optional)"), 100, "address-level1", required=False)
    country = forms.ChoiceField(
        label=_("Country"),
        choices=COUNTRIES,
        initial="US",
        widget=forms.Select(attrs={"autocomplete": "country"}),
    )
    phone = text(_("Phone (optional)"), 40, "tel", required=False, validators=[PHONE])
    is_default = forms.BooleanField(label=_("Use as my default address"), required=False)

    def address(self) -> AddressInput:
        data = {key: self.cleaned_data[key] for key in AddressInput.__dataclass_fields__}
        return AddressInput(**data)


class ProfileForm(forms.Form):
    name = text(_("Your name"), 120, "name", required=False)
    phone = text(_("Phone (optional)"), 40, "tel", required=False, validators=[PHONE])
    language = forms.ChoiceField(label=_("Language of the shop"), choices=settings.LANGUAGES)
    birth_date = forms.DateField(
        label=_("Date of birth (optional)"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "bday"}, format="%Y-%m-%d"),
        help_text=_("Needed only for goods that are sold to adults. It can be entered once."),
    )

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if customer.birth_date:
            self.fields["birth_date"].disabled = True

    def clean_birth_date(self) -> date | None:
        return _plausible_birth_date(self.cleaned_data["birth_date"])


class KeyForm(forms.Form):
    name = text(_("What is it for?"), 60, "off")
    scopes = forms.MultipleChoiceField(
        label=_("It may"),
        choices=ApiToken.Scope.choices,
        initial=[ApiToken.Scope.READ.value],
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.IntegerField(label=_("Days until it ends"), min_value=1, max_value=366, initial=90)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not user.is_staff:
            own = [row for row in ApiToken.Scope.choices if row[0] != ApiToken.Scope.STAFF.value]
            self.fields["scopes"].choices = own  # type: ignore[attr-defined]


def _plausible_birth_date(born: date | None) -> date | None:
    if born and not plausible_birth_date(born):
        raise forms.ValidationError(_("Please enter a date of birth in the past."))
    return born


class PicturesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class PicturesField(forms.FileField):
    """Any number of files; what is in them is for the service to judge."""

    widget = PicturesInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        return [super(PicturesField, self).clean(one, initial) for one in data or []]


class ReviewForm(forms.Form):
    rating = forms.TypedChoiceField(
        label=_("Your rating"),
        coerce=int,
        choices=[(5, "★★★★★"), (4, "★★★★"), (3, "★★★"), (2, "★★"), (1, "★")],
        widget=forms.RadioSelect,
    )
    title = forms.CharField(label=_("Title (optional)"), max_length=120, required=False)
    body = forms.CharField(
        label=_("Your review (optional)"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    photos = PicturesField(
        label=_("Pictures (optional)"),
        required=False,
        help_text=_("Up to three. Where and when they were taken is removed."),
        widget=PicturesInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )


class ReturnForm(forms.Form):
    """One quantity per line that can still be returned, and a reason."""

    reason = forms.ChoiceField(label=_("Why do you return it?"), choices=REASONS)
    comment = forms.CharField(
        label=_("Anything we should know (optional)"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, left: dict[int, int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.left = left
        for pk, units in left.items():
            self.fields[f"line_{pk}"] = forms.IntegerField(
                label=_("Units to return"),
                min_value=0,
                max_value=units,
                required=False,
                initial=0,
            )

    def quantities(self) -> dict[int, int]:
        return {pk: self.cleaned_data.get(f"line_{pk}") or 0 for pk in self.left}


class CheckoutForm(AddressForm):
    """The whole checkout on one page: who, where to, how, and with what.

    What is required depends on the choices made on the page, so that the browser must not insist
    on an address where a saved one or a store is chosen; ``clean`` does.
    """

    use_required_attribute = False
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    saved_address = forms.ChoiceField(required=False, widget=forms.RadioSelect)
    save_address = forms.BooleanField(label=_("Save this address for next time"), required=False)
    delivery = forms.ChoiceField(
        label=_("Delivery"), choices=[(rate[0], rate[1]) for rate in RATES]
    )
    pickup_store = forms.ChoiceField(label=_("Store"), required=False)
    card_holder = text(_("Name on the card (optional)"), 120, "cc-name", required=False)
    card_number = text(_("Card number"), 30, "cc-number")
    card_expiry = text(_("Valid until (MM/YY)"), 9, "cc-exp")
    card_code = text(_("Security code"), 4, "cc-csc")
    birth_date = forms.DateField(
        label=_("Date of birth"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "bday"}, format="%Y-%m-%d"),
    )

    def __init__(
        self,
        *args: Any,
        customer: Customer | None,
        stores: list[Channel],
        ask_age: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["is_default"]
        self.saved = list(customer.addresses.order_by("-is_default", "-pk")) if customer else []
        choices = [(str(address.pk), str(address)) for address in self.saved]
        self.fields["saved_address"].choices = [*choices, (NEW_ADDRESS, _("Another address"))]  # type: ignore[attr-defined]
        self.fields["pickup_store"].choices = [  # type: ignore[attr-defined]
            ("", _("Choose a store")),
            *((store.code, str(store)) for store in stores),
        ]
        for name in ("card_number", "card_expiry", "card_code"):
            self.fields[name].widget.attrs["inputmode"] = "numeric"
        for name in ("email", "card_number", "card_expiry", "card_code"):
            self.fields[name].widget.attrs["required"] = True
        # Card data never goes back into a page.
        for name in ("card_number", "card_code"):
            self.fields[name].widget = CardWidget(attrs=self.fields[name].widget.attrs)
        self.ask_age = ask_age
        if not ask_age:
            del self.fields["birth_date"]
        if self.is_bound:
            self._relax()

    def _relax(self) -> None:
        """A saved address or a store needs no address typed."""
        chosen = self.data.get("saved_address", "")
        pickup = self.data.get("delivery") == PICKUP
        if pickup or (chosen and chosen != NEW_ADDRESS):
            for name in ("line1", "city", "postal_code", "country"):
                self.fields[name].required = False
        if not pickup and chosen and chosen != NEW_ADDRESS:
            self.fields["recipient"].required = False

    def clean_birth_date(self) -> date | None:
        return _plausible_birth_date(self.cleaned_data["birth_date"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("delivery") == PICKUP and not data.get("pickup_store"):
            self.add_error("pickup_store", _("Please choose a store."))
        typed = ("card_number", "card_expiry", "card_code")
        if all(data.get(name) for name in typed) and not card_valid(
            self.card(), timezone.localdate()
        ):
            self.add_error("card_number", _("Please check the card number, expiry date and code."))
        if self.ask_age and not data.get("birth_date") and "birth_date" not in self.errors:
            self.add_error("birth_date", _("Your cart holds goods that are sold to adults only."))
        return data

    def card(self) -> CardInput:
        data = self.cleaned_data
        return CardInput(
            number=data["card_number"],
            expiry=data["card_expiry"],
            code=data["card_code"],
            holder=data.get("card_holder", ""),
        )

    def destination(self) -> dict[str, str]:
        """The address to send to: a saved one, or what was typed."""
        chosen = self.cleaned_data.get("saved_address")
        for address in self.saved:
            if str(address.pk) == chosen and self.cleaned_data["delivery"] != PICKUP:
                return {key: getattr(address, key) for key in AddressInput.__dataclass_fields__}
        return vars(self.address()).copy()

    @property
    def is_new_address(self) -> bool:
        return self.cleaned_data.get("saved_address") in ("", NEW_ADDRESS)


class CardWidget(forms.TextInput):
    """A text input that never shows again what was typed."""

    def format_value(self, value: Any) -> None:
        return None
