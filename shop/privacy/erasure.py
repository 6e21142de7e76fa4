"""Taking a person out of the shop: asked for, waited for, done in steps, told about.

A customer asks, and may take it back for ``ERASURE_WAIT_DAYS``. Staff ask for somebody at once,
but while something is still going on (an order on its way, a return, a check) a second person has
to approve. The work is the list ``ERASERS`` of the settings: each step runs in a transaction of
its own and is written into the report there, so a killed erasure goes on where it was and a
second run finds nothing to do. The shop's books keep every amount and lose everybody's name.

What is left afterwards: the request with its report, without a person, and a keyed hash
(:class:`shop.models.ErasedPerson`) by which somebody who comes back with an old backup is erased
again (:func:`again`).
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from foundation.addresses import shop_address
from foundation.encryption import blind_index
from foundation.queueing import queue
from shop import events
from shop.models import Customer, ErasedPerson, ErasureRequest, Order, ReturnRequest, User
from shop.privacy.download import discard
from shop.privacy.people import Person, person_of
from shop.privacy.register import Erasure
from shop.refusals import RefusalCode, Refused

log = logging.getLogger(__name__)
State = ErasureRequest.State
OPEN = (State.WAITING, State.APPROVAL, State.RUNNING)
UNDER_WAY = (Order.Status.ON_HOLD, Order.Status.PLACED, Order.Status.PACKED, Order.Status.SHIPPED)
OTHER_WORDS: dict[str, str | Promise] = {
    "exports": _("events in exported files"),
    "mails": _("mails of the demo's outbox"),
    "cache": _("counters and lists in the cache"),
    "vectors": _("stored meanings of your messages"),
    "models": _("models that will be trained anew"),
    "pictures": _("picture files"),
    "sessions": _("open sessions"),
}
"""What is no table."""


@dataclass(frozen=True)
class Done:
    """One line of a report: ``what`` is a model's label or a key of ``OTHER_WORDS``."""

    what: str
    how: Erasure
    count: int


Eraser = Callable[[Person], Iterable[Done]]


# --- asking ------------------------------------------------------------------------------------
def going_on(customer: Customer) -> list[str]:
    """What speaks against erasing at once, in words; by ``ERASURE_WAITS_FOR`` of the settings."""
    return [text for path in settings.ERASURE_WAITS_FOR for text in import_string(path)(customer)]


def open_business(customer: Customer) -> list[str]:
    """Orders that are not there yet and returns that are not paid back."""
    found = []
    orders = customer.orders.filter(status__in=UNDER_WAY).count()
    if orders:
        found.append(gettext("Orders on their way: %(count)d") % {"count": orders})
    states = (ReturnRequest.State.REQUESTED, ReturnRequest.State.APPROVED)
    returns = ReturnRequest.objects.filter(order__customer=customer, state__in=states).count()
    if returns:
        found.append(gettext("Returns under way: %(count)d") % {"count": returns})
    return found


def open_request(customer: Customer) -> ErasureRequest | None:
    return customer.erasures.filter(state__in=OPEN).first()


def request(*, customer: Customer, by: User | None = None) -> ErasureRequest:
    """Ask for an erasure; asked again, it is the same one.

    Without ``by`` the customer asks. Raises Refused for the account of a member of staff: an
    administrator takes the rights away first.
    """
    if customer.user is not None and customer.user.is_staff:
        raise Refused(RefusalCode.STAFF_ACCOUNT)
    known = open_request(customer)
    if known is not None:
        return known
    now, state = timezone.now(), State.WAITING
    wait = timedelta(0) if by else timedelta(days=settings.ERASURE_WAIT_DAYS)
    if by is not None and going_on(customer):
        state = State.APPROVAL
    try:
        with transaction.atomic():
            made = ErasureRequest.objects.create(
                customer=customer,
                state=state,
                by_staff=by is not None,
                requested_by=by,
                language=customer.language,
                due_at=now + wait,
            )
            queue("shop.tasks.tell_of_erasure", made.pk)
    except IntegrityError:
        return customer.erasures.get(state__in=OPEN)
    log.info("an erasure was asked for: %s", made.key)
    return made


def cancel(*, request: ErasureRequest) -> ErasureRequest:
    """Take a request back; once the work has begun it is too late."""
    taken = ErasureRequest.objects.filter(
        pk=request.pk, state__in=(State.WAITING, State.APPROVAL)
    ).update(state=State.CANCELLED, finished_at=timezone.now())
    request.refresh_from_db()
    if not taken and request.state != State.CANCELLED:
        raise Refused(RefusalCode.TOO_LATE, status=request.get_state_display())
    return request


def approve(*, request: ErasureRequest, by: User) -> ErasureRequest:
    """A second person lets an erasure go on although something is still under way."""
    if request.requested_by_id == by.pk:
        raise Refused(RefusalCode.SECOND_PERSON)
    taken = ErasureRequest.objects.filter(pk=request.pk, state=State.APPROVAL).update(
        state=State.WAITING, approved_by=by, due_at=timezone.now()
    )
    request.refresh_from_db()
    if not taken and request.approved_by_id is None:
        raise Refused(RefusalCode.TOO_LATE, status=request.get_state_display())
    return request


# --- doing -------------------------------------------------------------------------------------
def run_due() -> int:
    """Erase everybody whose time has come, and go on with what was cut short; return how many."""
    count = 0
    for pk in ErasureRequest.objects.filter(state__in=OPEN, due_at__lte=timezone.now()).values_list(
        "pk", flat=True
    ):
        try:
            count += perform(pk)
        except Exception:
            # One that fails must not keep the others waiting; the next run tries it again.
            log.exception("erasure %s stopped half-way", pk)
    return count


def perform(pk: int) -> bool:
    """Do one erasure, or the rest of it; False when it has to wait or there is nothing to do."""
    person = _claim(pk)
    if person is None:
        return False
    for path in settings.ERASERS:
        _step(pk, path, import_string(path), person)
    return _finish(pk, person)


def _claim(pk: int) -> Person | None:
    """Begin or go on: who it is about is written down first, then nobody can sign in as them."""
    events.flush()
    with transaction.atomic():
        row = ErasureRequest.objects.select_for_update().get(pk=pk)
        if row.state == State.RUNNING:
            return Person(**row.subject)
        if row.state not in OPEN or row.due_at > timezone.now() or row.customer is None:
            return None
        if row.approved_by_id is None and going_on(row.customer):
            row.state = State.APPROVAL
            row.save(update_fields=["state"])
            return None
        person = person_of(row.customer)
        row.state, row.started_at, row.subject = State.RUNNING, timezone.now(), person.as_json()
        row.report = {"steps": {}}
        row.save(update_fields=["state", "started_at", "subject", "report"])
        if person.user is not None:
            User.objects.filter(pk=person.user).update(is_active=False)
        return person


def _step(pk: int, path: str, eraser: Eraser, person: Person) -> None:
    """Run one eraser once: its work and its line in the report are one transaction."""
    with transaction.atomic():
        row = ErasureRequest.objects.select_for_update().get(pk=pk)
        if row.state != State.RUNNING or path in row.report["steps"]:
            return
        done = [asdict(one) for one in eraser(person) if one.count]
        row.report["steps"][path] = [{**one, "how": str(one["how"])} for one in done]
        row.save(update_fields=["report"])


def _finish(pk: int, person: Person) -> bool:
    """The person goes, and the request forgets who it was about."""
    with transaction.atomic():
        row = ErasureRequest.objects.select_for_update().get(pk=pk)
        if row.state != State.RUNNING:
            return False
        customer = Customer.objects.filter(pk=person.customer).first()
        if customer is not None:
            for copy in customer.downloads.all():
                discard(copy)
            customer.delete()
        if person.user is not None:
            User.objects.filter(pk=person.user).delete()
        for digest in digests(person):
            ErasedPerson.objects.get_or_create(digest=digest)
        row.report["steps"]["account"] = [
            {"what": "shop.Customer", "how": "delete", "count": 1},
            *([{"what": "shop.User", "how": "delete", "count": 1}] if person.user else []),
        ]
        row.customer, row.subject = None, {}
        row.state, row.finished_at = State.DONE, timezone.now()
        row.save()
        transaction.on_commit(lambda: _after(row, person))
    return True


def _after(row: ErasureRequest, person: Person) -> None:
    """Outside the database: the list that outlives a restored backup, and the last mail."""
    remember_outside(digests(person))
    log.info("an erasure is done: %s", row.key)
    if person.emails:
        # Not by a worker: the address would wait in its queue.
        try:
            send(row, person.emails[0], subject=_("You are erased"), template="done")
        except Exception as error:
            log.error("the last mail of an erasure was not sent: %s", type(error).__name__)


# --- telling -----------------------------------------------------------------------------------
def send(row: ErasureRequest, address: str, *, subject: Any, template: str) -> None:
    """Write a mail about an erasure in the customer's language."""
    with override(row.language):
        context = {
            "erasure": row,
            "shop": settings.SITE_NAME,
            "report": shop_address(reverse("shop:erasure_report", args=[row.key])),
            "page": shop_address(reverse("shop:erase")),
        }
        text = render_to_string(f"shop/privacy/mail_{template}.txt", context)
        EmailMessage(subject=str(subject), body=text, to=[address]).send()


def tell(*, request_id: int) -> bool:
    """Tell a customer that they are going to be erased, and until when they can take it back."""
    rows = ErasureRequest.objects.select_related("customer__user")
    row = rows.filter(pk=request_id, state__in=(State.WAITING, State.APPROVAL)).first()
    user = row.customer.user if row and row.customer else None
    if row is None or user is None:
        return False
    send(row, user.email, subject=_("You asked us to erase your data"), template="asked")
    return True


def report_rows(row: ErasureRequest) -> list[dict[str, object]]:
    """The report in the reader's language: part of the shop, what, what was done, how often."""
    found = []
    for path, lines in row.report.get("steps", {}).items():
        for line in lines:
            found.append(
                {
                    "part": _part(path),
                    "what": _what(line["what"]),
                    "how": Erasure(line["how"]).label,
                    "count": line["count"],
                }
            )
    return found


def _part(path: str) -> str:
    app = path.partition(".")[0]
    label = app if app in {config.label for config in apps.get_app_configs()} else "shop"
    return str(apps.get_app_config(label).verbose_name)


def _what(name: str) -> str:
    if "." in name:
        return str(apps.get_model(name)._meta.verbose_name_plural)
    return str(OTHER_WORDS.get(name, name))


# --- those who come back -----------------------------------------------------------------------
def digests(person: Person) -> list[str]:
    """Keyed hashes of somebody erased: of their number and address, so that no number that is
    given again after a restore is taken for theirs."""
    return [blind_index("erased", f"{person.customer}:{email}") for email in person.emails or [""]]


def _list() -> Path:
    return Path(settings.VAR_DIR) / "erased.txt"


def remember_outside(made: list[str]) -> None:
    """Keep the hashes beside the database too: a restore takes its table back in time."""
    path = _list()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.writelines(f"{digest}\n" for digest in made)


def again() -> int:
    """Erase anew everybody whom a restored backup brought back; return how many."""
    known = set(ErasedPerson.objects.values_list("digest", flat=True))
    if _list().exists():
        known |= set(_list().read_text().split())
    if not known:
        return 0
    count = 0
    rows = Customer.objects.select_related("user").order_by("pk")
    for customer in rows.iterator(chunk_size=2000):
        email = customer.user.email.lower() if customer.user else ""
        if blind_index("erased", f"{customer.pk}:{email}") not in known:
            continue
        made = ErasureRequest.objects.filter(customer=customer, state__in=OPEN).first()
        made = made or ErasureRequest(customer=customer, language=customer.language)
        made.by_staff, made.due_at = True, timezone.now()
        # It was approved the first time.
        made.state = State.WAITING
        made.save()
        count += _forced(made)
    return count


def _forced(row: ErasureRequest) -> bool:
    with transaction.atomic():
        if row.customer is not None and row.state == State.WAITING:
            person = person_of(row.customer)
            row.state, row.started_at, row.subject = State.RUNNING, timezone.now(), person.as_json()
            row.report = {"steps": {}}
            row.save()
    return perform(row.pk)
