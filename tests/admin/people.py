"""Members of staff by role."""

from django.contrib.auth.models import Group

from shop.models import User
from tests.shop.factories import UserFactory


def member(role: str) -> User:
    user = UserFactory(is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user
