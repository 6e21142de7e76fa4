"""Households become customers; staff for the demo."""

from datetime import date

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from shop.demo.context import ImportContext
from shop.demo.logins import ADMIN_EMAIL, HOUSEHOLD_EMAIL, STAFF, demo_password
from shop.demo.steps import Progress
from shop.models import Channel, ConsentDecision, Customer, User
from shop.privacy.register import CONSENTS, consent_version, policy_version

CHINESE_EVERY = 4
"""One household in so many reads Chinese."""
OLDEST = {"19-24": 24, "25-34": 34, "35-44": 44, "45-54": 54, "55-64": 64, "65+": 75}


def load_households(context: ImportContext, progress: Progress) -> dict:
    """Customers with demo logins. One hash is made for all: they share the demo's password.

    Outside the demo nobody can sign in as a household.
    """
    source = context.data()
    password = make_password(demo_password() if settings.DEMO else None)
    users = User.objects.bulk_create(
        (User(email=HOUSEHOLD_EMAIL.format(key), password=password) for key in source.households),
        batch_size=500,
    )
    facts = source.demographics.astype(object).set_index("household_id")
    homes = _home_channels(context)
    customers = []
    for user, key in zip(users, source.households, strict=True):
        known = facts.loc[key].dropna().to_dict() if key in facts.index else {}
        customers.append(
            Customer(
                user=user,
                household_key=key,
                name=f"Household {key}",
                language="zh-hans" if key % CHINESE_EVERY == 0 else "en",
                birth_date=_birth_date(known.get("age"), context.plan.last_day),
                demographics={name: str(value) for name, value in known.items()},
                home_channel_id=homes.get(key),
            )
        )
    Customer.objects.bulk_create(customers, batch_size=500)
    renew_consents()
    EmailAddress.objects.bulk_create(
        (EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users),
        batch_size=500,
    )
    return {"customers": len(customers)}


def renew_consents() -> int:
    """The demo's households allow everything, until one of them chooses otherwise.

    Also after a release that asks for something else: nobody else can answer for them.
    """
    chosen = ConsentDecision.objects.exclude(source=ConsentDecision.Source.DEMO)
    households = Customer.objects.filter(household_key__isnull=False).exclude(
        consent_version=consent_version()
    )
    waiting = list(households.exclude(pk__in=chosen.exclude(customer=None).values("customer")))
    ConsentDecision.objects.bulk_create(
        (
            ConsentDecision(
                customer=customer,
                given=sorted(CONSENTS),
                source=ConsentDecision.Source.DEMO,
                version=consent_version(),
                policy_version=policy_version(),
            )
            for customer in waiting
        ),
        batch_size=500,
    )
    answer = {"consent_version": consent_version(), **dict.fromkeys(CONSENTS, True)}
    for start in range(0, len(waiting), 500):
        keys = [customer.pk for customer in waiting[start : start + 500]]
        Customer.objects.filter(pk__in=keys).update(**answer)
    return len(waiting)


def _birth_date(bracket: str | None, today: date) -> date | None:
    """1 January of the earliest year the age bracket allows; unknown stays unknown."""
    return date(today.year - OLDEST[bracket], 1, 1) if bracket in OLDEST else None


def _home_channels(context: ImportContext) -> dict[int, int]:
    """The channel each household bought most lines in."""
    source = context.data()
    channels = dict(Channel.objects.values_list("source_store_id", "pk"))
    counts = (
        source.lines["store_id"]
        .map(source.stores)
        .map(channels)
        .groupby(source.lines["household_id"])
        .value_counts()
    )
    ranked = counts.rename("lines").reset_index().drop_duplicates("household_id")
    return dict(zip(ranked["household_id"].tolist(), ranked["store_id"].tolist(), strict=True))


def load_staff(context: ImportContext, progress: Progress) -> dict:
    """An administrator and one member of staff for each role, in the demo only."""
    if not settings.DEMO:
        return {"staff": 0}
    password = make_password(demo_password())
    for email, role in {ADMIN_EMAIL: None, **STAFF}.items():
        user, _ = User.objects.get_or_create(
            email=email,
            defaults={"is_staff": True, "is_superuser": role is None, "password": password},
        )
        if role is not None:
            user.groups.add(Group.objects.get(name=role))
        EmailAddress.objects.get_or_create(
            user=user, email=email, defaults={"verified": True, "primary": True}
        )
    return {"staff": 1 + len(STAFF)}
