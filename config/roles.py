"""What each role of staff may do: one table, from which the groups are made after migrations.

Least rights: a role sees and changes what its work needs and nothing else. ``*`` stands for every
model of the app. Nobody but an administrator deletes what others rely on, nobody at all changes the
stock ledger or the audit log (their admin pages forbid it to everyone).
"""

from django.apps import AppConfig, apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission

READ, WRITE, ALL = ("view",), ("view", "add", "change"), ("view", "add", "change", "delete")
SUPPORT, STOCK, RISK, MARKETING, ADMINISTRATORS = (
    "Support agents",
    "Stock managers",
    "Risk analysts",
    "Marketing",
    "Administrators",
)
CATALOGUE = {
    "shop.product": READ,
    "shop.variant": READ,
    "shop.category": READ,
    "shop.department": READ,
    "shop.channel": READ,
}
ROLES: dict[str, dict[str, tuple[str, ...]]] = {
    SUPPORT: {
        "support.conversation": ("view", "change"),
        "support.message": READ,
        "support.correction": READ,
        "support.cannedanswer": WRITE,
        "support.article": WRITE,
        "shop.order": READ,
        "shop.customer": READ,
        "shop.address": READ,
        "shop.returnrequest": ("view", "change"),
        "shop.refundapproval": ("view", "change"),
        "shop.review": ("view", "change"),
        **CATALOGUE,
    },
    STOCK: {
        "inventory.*": WRITE,
        "shop.plannedpromotion": READ,
        **CATALOGUE,
    },
    RISK: {
        "risk.*": WRITE,
        "risk.listentry": ALL,
        "shop.order": READ,
        "shop.customer": READ,
        "shop.refund": READ,
        "shop.refundapproval": ("view", "change"),
    },
    MARKETING: {
        "shop.campaign": ALL,
        "shop.coupon": ALL,
        "shop.deal": ALL,
        "shop.plannedpromotion": ALL,
        "shop.couponredemption": READ,
        "shop.review": ("view", "change"),
        "recommend.*": READ,
        "recommend.searchwords": ALL,
        "recommend.adcampaign": ALL,
        "recommend.experiment": ALL,
        "recommend.adcreative": ALL,
        **CATALOGUE,
    },
    ADMINISTRATORS: {
        **{f"{app}.*": ALL for app in ("shop", "inventory", "risk", "support", "recommend")},
        "foundation.*": ALL,
        "auth.group": READ,
        "account.emailaddress": ALL,
        "django_celery_beat.*": ALL,
    },
}


def rights(role: str) -> set[tuple[str, str]]:
    """``(app, codename)`` of everything the role may do."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    # A model's own line goes before its app's.
    for target, actions in sorted(ROLES[role].items(), key=lambda row: not row[0].endswith("*")):
        app, name = target.split(".")
        models = apps.get_app_config(app).get_models()
        for model in models:
            if name in ("*", model._meta.model_name):
                found[app, str(model._meta.model_name)] = actions
    return {
        (app, f"{action}_{name}") for (app, name), actions in found.items() for action in actions
    }


def make_groups(sender: AppConfig, using: str, **kwargs: object) -> None:
    """Give every role's group exactly its rights; after the last app's permissions are there."""
    if sender is not list(apps.get_app_configs())[-1]:
        return
    # Called before Django makes this last app's permissions, which it would do next.
    create_permissions(sender, using=using, verbosity=0)
    known = {
        (permission.content_type.app_label, permission.codename): permission.pk
        for permission in Permission.objects.using(using).select_related("content_type")
    }
    for role in ROLES:
        group, _ = Group.objects.using(using).get_or_create(name=role)
        wanted = {known[right] for right in rights(role) if right in known}
        if wanted != set(group.permissions.values_list("pk", flat=True)):
            group.permissions.set(wanted)
