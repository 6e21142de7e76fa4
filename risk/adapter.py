"""What signing in asks of risk."""

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.models import Login

from risk import logins
from shop import adapter


class AccountAdapter(adapter.AccountAdapter):
    """A sign-in that looks like somebody else's needs the code that goes to the account's mail."""

    def is_login_by_code_required(self, login: Login) -> bool:
        if super().is_login_by_code_required(login):
            return True
        records = get_authentication_records(self.request, login.user)
        if records and records[-1]["method"] == "code":
            return False
        return logins.is_risky(request=self.request, user=login.user)
