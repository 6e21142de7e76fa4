"""One shape for every error: ``{"error": {"code", "message", "details"}}``."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from shop.refusals import RefusalCode, Refused

NOT_FOUND = {RefusalCode.NOT_FOUND, RefusalCode.NOT_YOURS}


def error_body(code: str, message: str, details: object = None) -> dict:
    return {"error": {"code": code, "message": message, "details": details or {}}}


def handle(error: Exception, context: dict) -> Response | None:
    """DRF exception handler; anything it does not know stays a server error."""
    if isinstance(error, Refused):
        set_rollback()
        missing = error.code in NOT_FOUND
        return Response(
            error_body(error.code.value, error.message, error.data),
            status=status.HTTP_404_NOT_FOUND if missing else status.HTTP_409_CONFLICT,
        )
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
