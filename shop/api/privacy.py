"""A copy of all one's data, for programs."""

from typing import Any
from uuid import UUID

from allauth.core import ratelimit
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from shop.api.base import CustomerView
from shop.models import DataDownload, User
from shop.privacy import download
from shop.refusals import RefusalCode, Refused
from shop.views.privacy import zip_response


class PasswordIn(serializers.Serializer):
    password = serializers.CharField(
        max_length=4096, trim_whitespace=False, help_text="The customer's own, once again."
    )


class DownloadOut(serializers.Serializer):
    key = serializers.UUIDField()
    state = serializers.ChoiceField(choices=DataDownload.State.choices)
    can_be_fetched = serializers.BooleanField(source="is_open")
    requested_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    size = serializers.IntegerField(help_text="Bytes.")
    fetched = serializers.IntegerField(help_text="How often it was fetched.")


class PasswordView(CustomerView):
    """For what needs the password once more, whatever opened the door before."""

    def check_password(self) -> None:
        """Raises Refused, or Throttled after ten tries in a minute."""
        given = self.body(PasswordIn)["password"]
        user: User = self.request.user  # type: ignore[assignment]
        if not ratelimit.consume(self.plain, action="reauthenticate", user=user):
            raise exceptions.Throttled
        if not user.check_password(given):
            raise Refused(RefusalCode.PASSWORD_WRONG)


class DownloadList(PasswordView):
    @extend_schema(operation_id="privacy_downloads_list", responses=DownloadOut(many=True))
    def get(self, request: Request) -> Response:
        """Copies of the customer's data, newest first."""
        return Response(DownloadOut(self.customer.downloads.all(), many=True).data)

    @extend_schema(
        operation_id="privacy_downloads_create",
        request=PasswordIn,
        responses={201: DownloadOut},
    )
    def post(self, request: Request) -> Response:
        """Ask for a copy of everything; a large one is made by a worker: look again later."""
        self.check_password()
        made = download.request(customer=self.customer)
        return Response(DownloadOut(made).data, status=status.HTTP_201_CREATED)


class DownloadFile(PasswordView):
    @extend_schema(
        operation_id="privacy_downloads_fetch",
        request=PasswordIn,
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
    )
    def post(self, request: Request, copy: UUID) -> Any:
        """The copy as a zip: data.json, data.html and the customer's pictures."""
        self.check_password()
        return zip_response(download.fetch(customer=self.customer, key=copy))
