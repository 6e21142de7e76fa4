"""One shape for every error: ``{"error": {"code", "message", "details"}}``."""

from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.exceptions import ValidationError as ModelValidationError
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler, set_rollback

from shop.refusals import RefusalCode, Refused

NOT_FOUND = {RefusalCode.NOT_FOUND, RefusalCode.NOT_YOURS}


class ErrorBody(serializers.Serializer):
    code = serializers.CharField(help_text="For programs; it never changes with the language.")
    message = serializers.CharField(help_text="For people, in the language of the answer.")
    details = serializers.DictField(
        child=serializers.JSONField(), help_text="Per field, what is wrong; or what the text needs."
    )


class ErrorOut(serializers.Serializer):
    """Every answer that is not a success."""

    error = ErrorBody()


def error_body(code: str, message: str, details: object = None) -> dict:
    if isinstance(details, list):
        details = {"non_field_errors": details}
    return {"error": {"code": code, "message": message, "details": details or {}}}


class TooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = _("That is more than we read in one request.")
    default_code = "too_large"


class NoSuchAddress(APIView):
    """Whatever is asked of the API at an address that it does not have."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise exceptions.NotFound


def handle(error: Exception, context: dict) -> Response | None:
    """DRF exception handler; anything it does not know stays a server error."""
    if isinstance(error, Refused):
        set_rollback()
        missing = error.code in NOT_FOUND
        return Response(
            error_body(error.code.value, error.message, error.data),
            status=status.HTTP_404_NOT_FOUND if missing else status.HTTP_409_CONFLICT,
        )
    if isinstance(error, RequestDataTooBig):
        error = TooLarge()
    if isinstance(error, ModelValidationError):
        error = exceptions.ValidationError(serializers.as_serializer_error(error))
    response = exception_handler(error, context)
    if response is None:
        return None
    code: object
    message: object
    details: object
    if isinstance(error, Http404):
        code, message, details = "not_found", RefusalCode.NOT_FOUND.label, None
    elif isinstance(error, PermissionDenied):
        code, message, details = "permission_denied", str(error), None
    elif isinstance(error, exceptions.ValidationError):
        code, message = "invalid", RefusalCode.INVALID_INPUT.label
        details = response.data
    elif isinstance(error, exceptions.APIException):
        code, message, details = error.default_code, str(error.detail), None
    else:
        return response
    response.data = error_body(str(code), str(message), details)
    return response
