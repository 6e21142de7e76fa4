"""Signing in for programs: the token that ``/api/auth/app/v1/auth/login`` hands out."""

from allauth.headless.contrib.rest_framework.authentication import XSessionTokenAuthentication
from allauth.headless.internal.sessionkit import authenticate_by_x_session_token
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

HEADER = "X-Session-Token"


class SessionTokenAuthentication(XSessionTokenAuthentication):
    """``X-Session-Token`` names a session: the program needs no cookies and no CSRF token.

    The request then works on that session, so that a comparison, what was viewed and the age
    confirmation are kept from one request to the next, as in a browser.
    """

    def authenticate(self, request: Request):  # type: ignore[override]
        token = self.get_session_token(request)  # type: ignore[arg-type]
        if not token:
            return None
        found = authenticate_by_x_session_token(token[:64].replace("\x00", ""))
        if found is None:
            raise AuthenticationFailed(_("The session token is unknown or has ended."))
        user, session = found
        request._request.session = session
        return user, session

    def authenticate_header(self, request: Request) -> str:
        """Guests are told to sign in (401), not that they may never (403)."""
        return HEADER


class SessionTokenScheme(OpenApiAuthenticationExtension):
    target_class = SessionTokenAuthentication
    name = "sessionToken"

    def get_security_definition(self, auto_schema: object) -> dict:
        return {
            "type": "apiKey",
            "in": "header",
            "name": HEADER,
            "description": "`meta.session_token` of a sign-in at `/api/auth/app/v1/auth/login`.",
        }
