"""Who a session belongs to: the user and, in the same query, the customer every page asks for."""

from allauth.account.auth_backends import AuthenticationBackend

from shop.models import User


class AccountBackend(AuthenticationBackend):
    """allauth's sign-in by e-mail address."""

    def get_user(self, user_id: int | str) -> User | None:
        user = User.objects.select_related("customer").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
