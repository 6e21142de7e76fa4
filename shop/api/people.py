"""What customers keep with the shop: profile, addresses, wishlist."""

from datetime import date
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from shop.api.base import CustomerView, Id, Text, optional
from shop.api.outputs import OfferOut, ProductRefOut
from shop.forms import COUNTRIES, PHONE
from shop.models import Address, Customer
from shop.selectors.wishlist import wishes
from shop.services import accounts
from shop.services.accounts import AddressInput, plausible_birth_date
from shop.views.requests import keep_language

PROFILE = ("name", "phone", "language", "birth_date")


class ProfileOut(serializers.Serializer):
    email = serializers.CharField(source="user.email")
    name = serializers.CharField()
    phone = serializers.CharField()
    language = serializers.ChoiceField(choices=settings.LANGUAGES)
    birth_date = serializers.DateField(allow_null=True)
    home_store = serializers.CharField(source="home_channel.code", allow_null=True, default=None)


class ProfileIn(serializers.Serializer):
    """What is left out stays as it is."""

    name = Text(120, required=False, allow_blank=True)
    phone = Text(40, required=False, allow_blank=True, validators=[PHONE])
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)
    birth_date = serializers.DateField(
        required=False, allow_null=True, help_text="It can be entered once."
    )

    def validate_birth_date(self, born: date | None) -> date | None:
        customer: Customer = self.context["customer"]
        if customer.birth_date and born != customer.birth_date:
            raise serializers.ValidationError(_("A date of birth can be entered once."))
        if born and not plausible_birth_date(born):
            raise serializers.ValidationError(_("Please enter a date of birth in the past."))
        return born


class AddressFields(serializers.Serializer):
    """A postal address as typed."""

    recipient = Text(120)
    line1 = Text(200)
    line2 = optional(200)
    city = Text(100)
    region = optional(100)
    postal_code = Text(20)
    country = serializers.ChoiceField(choices=COUNTRIES, default="US")
    phone = optional(40, validators=[PHONE])


class AddressBookIn(AddressFields):
    is_default = serializers.BooleanField(default=False)


class AddressOut(serializers.Serializer):
    id = serializers.IntegerField()
    recipient = serializers.CharField()
    line1 = serializers.CharField()
    line2 = serializers.CharField()
    city = serializers.CharField()
    region = serializers.CharField()
    postal_code = serializers.CharField()
    country = serializers.CharField()
    phone = serializers.CharField()
    is_default = serializers.BooleanField()


class WishOut(serializers.Serializer):
    product = ProductRefOut()
    variant = serializers.IntegerField(source="variant.pk", allow_null=True, default=None)
    offer = OfferOut(allow_null=True)
    on_sale = serializers.SerializerMethodField()
    added_at = serializers.DateTimeField(source="item.added_at")

    def get_on_sale(self, wish: Any) -> bool:
        return wish.variant is not None


class WishIn(serializers.Serializer):
    product = Id(help_text="Id of a product.")


class ProfileView(CustomerView):
    @extend_schema(operation_id="profile_retrieve", responses=ProfileOut)
    def get(self, request: Request) -> Response:
        """The customer's profile."""
        return Response(ProfileOut(self.customer).data)

    @extend_schema(operation_id="profile_update", request=ProfileIn, responses=ProfileOut)
    def patch(self, request: Request) -> Response:
        """Change the profile; a new language holds for this session, too."""
        customer = self.customer
        given = self.body(ProfileIn, customer=customer)
        kept = {name: getattr(customer, name) for name in PROFILE}
        changed = accounts.update_profile(customer=customer, **(kept | given))
        response = Response(ProfileOut(changed).data)
        if "language" in given:
            keep_language(response, given["language"])
        return response


class AddressList(CustomerView):
    @extend_schema(operation_id="addresses_list", responses=AddressOut(many=True))
    def get(self, request: Request) -> Response:
        """The address book, the default address first; it holds at most twenty."""
        rows = self.customer.addresses.order_by("-is_default", "-pk")
        return Response(AddressOut(rows, many=True).data)

    @extend_schema(
        operation_id="addresses_create", request=AddressBookIn, responses={201: AddressOut}
    )
    def post(self, request: Request) -> Response:
        """Add an address."""
        made = _save(self.customer, self.body(AddressBookIn))
        return Response(AddressOut(made).data, status=status.HTTP_201_CREATED)


class AddressDetail(CustomerView):
    @extend_schema(operation_id="addresses_retrieve", responses=AddressOut)
    def get(self, request: Request, pk: int) -> Response:
        """One address."""
        return Response(AddressOut(accounts.address_of(self.customer, pk)).data)

    @extend_schema(operation_id="addresses_update", request=AddressBookIn, responses=AddressOut)
    def put(self, request: Request, pk: int) -> Response:
        """Replace an address."""
        accounts.address_of(self.customer, pk)
        return Response(AddressOut(_save(self.customer, self.body(AddressBookIn), pk)).data)

    @extend_schema(operation_id="addresses_delete", request=None, responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Forget an address."""
        accounts.delete_address(customer=self.customer, pk=pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _save(customer: Customer, given: dict[str, Any], pk: int | None = None) -> Address:
    default = given.pop("is_default")
    return accounts.save_address(
        customer=customer, given=AddressInput(**given), pk=pk, default=default
    )


class WishList(CustomerView):
    @extend_schema(operation_id="wishlist_list", responses=WishOut(many=True))
    def get(self, request: Request) -> Response:
        """What the customer wishes for, newest first, with today's offers; at most 200."""
        return Response(WishOut(wishes(self.customer), many=True).data)

    @extend_schema(operation_id="wishlist_add", request=WishIn, responses={201: WishOut(many=True)})
    def post(self, request: Request) -> Response:
        """Put a product on the list; twice is once."""
        accounts.wish(customer=self.customer, product_id=self.body(WishIn)["product"])
        answer = WishOut(wishes(self.customer), many=True).data
        return Response(answer, status=status.HTTP_201_CREATED)


class WishDetail(CustomerView):
    @extend_schema(operation_id="wishlist_remove", request=None, responses={204: None})
    def delete(self, request: Request, product: int) -> Response:
        """Take a product off the list; one that is not on it is no error."""
        accounts.unwish(customer=self.customer, product_id=product)
        return Response(status=status.HTTP_204_NO_CONTENT)
