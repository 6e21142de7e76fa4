"""Support's part of the demo: agents may answer."""

from django.contrib.auth.models import Group, Permission

from shop.demo.steps import DemoPlan, Progress
from shop.models import User

GROUP = "Support agents"
AGENT_EMAIL = "agent@demo.mercato.example"
RIGHTS = ["view_conversation", "change_conversation", "view_message", "view_order"]


def load(plan: DemoPlan, progress: Progress) -> str:
    """Make the agents' group and put the demo's agent into it."""
    group, created = Group.objects.get_or_create(name=GROUP)
    group.permissions.set(Permission.objects.filter(codename__in=RIGHTS))
    for user in User.objects.filter(email=AGENT_EMAIL):
        user.groups.add(group)
    return "support: agents may answer" if created else ""
