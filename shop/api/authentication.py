"""Signing in for programs: the token that ``/api/auth/app/v1/auth/login`` hands out."""

from allauth.headless.contrib.rest_framework.authentication import XSessionTokenAuthentication
from allauth.headless.internal.sessionkit import authenticate_by_x_session_token
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import permissions
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from foundation.second_factor import lacks_second_factor
from shop.models import ApiToken, User
from shop.services import tokens
from shop.staff import is_for_staff

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
        if lacks_second_factor(user):
            raise AuthenticationFailed(_("Staff sign in with a second factor."))
        request._request.session = session
        return user, session

    def authenticate_header(self, request: Request) -> str:
        """Guests are told to sign in (401), not that they may never (403)."""
        return HEADER


class ApiTokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer mct_...``, a key from the account's page, within its scopes."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        kind, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        token = tokens.find(secret.strip())
        if token is None:
            raise AuthenticationFailed(_("The API key is unknown, revoked or has expired."))
        if lacks_second_factor(token.user):
            raise AuthenticationFailed(_("Staff sign in with a second factor."))
        needed = {self.scope_of(request)}
        if is_for_staff(request._request):
            needed.add(ApiToken.Scope.STAFF.value)
        if not needed <= set(token.scopes):
            raise PermissionDenied(_("The API key does not allow this."))
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"

    @staticmethod
    def scope_of(request: Request) -> str:
        reads = request.method in permissions.SAFE_METHODS
        return ApiToken.Scope.READ.value if reads else ApiToken.Scope.WRITE.value


class ApiTokenScheme(OpenApiAuthenticationExtension):
    target_class = ApiTokenAuthentication
    name = "apiKey"

    def get_security_definition(self, auto_schema: object) -> dict:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A key made on the account's page, with scopes and an end.",
        }


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
