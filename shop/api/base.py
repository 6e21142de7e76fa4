"""What the shop's API views share: who asks, and input that has been checked."""

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django_filters.fields import IsoDateTimeField
from django_filters.rest_framework import IsoDateTimeFilter
from drf_spectacular.utils import OpenApiParameter
from rest_framework import permissions, serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from shop.models import Customer

MAX_ID = 2**63 - 1
"""Databases refuse larger keys with an error of their own."""
LANGUAGE = OpenApiParameter(
    "Accept-Language",
    str,
    OpenApiParameter.HEADER,
    required=False,
    description="`en` or `zh-hans`; a language chosen in the session goes before it.",
)


class _MomentField(IsoDateTimeField):
    def to_python(self, value: str | None) -> datetime | None:
        moment = super().to_python(value)
        try:
            return moment and moment.astimezone(UTC)
        except OverflowError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error


class MomentFilter(IsoDateTimeFilter):
    """A moment in any zone that ISO 8601 can write; PostgreSQL refuses offsets of 16 hours and
    more, so it gets them in UTC."""

    field_class = _MomentField


class StaffWhoMayView(permissions.DjangoModelPermissions):
    """Members of staff with the view permission of the model; others see nothing."""

    perms_map = {
        **permissions.DjangoModelPermissions.perms_map,
        "GET": ["%(app_label)s.view_%(model_name)s"],
    }

    def has_permission(self, request: Request, view: object) -> bool:
        if not (request.user and request.user.is_staff):
            return False
        return super().has_permission(request, view)  # type: ignore[arg-type]


class ShopView(APIView):
    """A view that works on the plain request, as the selectors and services do."""

    @property
    def plain(self) -> HttpRequest:
        return self.request._request

    @property
    def customer(self) -> Customer | None:
        """Who is signed in; None for guests."""
        return self.plain.customer or None  # type: ignore[attr-defined]

    @property
    def visitor(self) -> str:
        return str(self.plain.visitor_key)  # type: ignore[attr-defined]

    def body(self, serializer: type[serializers.Serializer], **context: Any) -> dict[str, Any]:
        """The request's JSON as the serializer understands it; bad input is a 400."""
        return checked(serializer, self.request.data, **context)

    def query(self, serializer: type[serializers.Serializer]) -> dict[str, Any]:
        return checked(serializer, self.request.query_params)


class CustomerView(ShopView):
    """For people who are signed in."""

    permission_classes = [permissions.IsAuthenticated]

    @property
    def customer(self) -> Customer:
        return self.plain.customer  # type: ignore[attr-defined]


def checked(serializer: type[serializers.Serializer], data: Any, **context: Any) -> dict[str, Any]:
    given = serializer(data=data, context=context)
    given.is_valid(raise_exception=True)
    return given.validated_data


class Money(serializers.DecimalField):
    """Dollars, as a string with two decimals."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=12, decimal_places=2, **kwargs)


class Id(serializers.IntegerField):
    """A key that a database can hold."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=MAX_ID, **kwargs)


class Text(serializers.CharField):
    """A line or more of text; control characters that a database refuses are an error."""

    def __init__(self, max_length: int, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)


def optional(max_length: int, **kwargs: Any) -> Text:
    """A text that may be left out or empty."""
    return Text(max_length, required=False, allow_blank=True, default="", **kwargs)
