"""What the shop does when somebody signs in: carts become one, the login is remembered."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest

from shop.models import User
from shop.selectors import kept
from shop.services import accounts


def connect() -> None:
    user_logged_in.connect(on_login, dispatch_uid="shop.login")
    kept.connect()


def on_login(sender: object, request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    if request is not None:
        accounts.signed_in(request=request, user=user)
