"""Mails to a person that are still on their way, in the outbox.

What a message is composed of is encrypted, so it is opened to see whom it goes to. Only those that
wait or were given up say anything: what is out is empty.
"""

from foundation.models import OutboxMessage
from shop.models import ReturnRequest
from shop.privacy.people import Person

ADDRESSES = ("to", "cc", "bcc")


def messages(person: Person) -> list[OutboxMessage]:
    """Messages to one of the person's addresses, or about their account, orders and returns."""
    states = (OutboxMessage.State.WAITING, OutboxMessage.State.DEAD)
    rows = OutboxMessage.objects.filter(state__in=states).order_by("pk")
    orders, emails = set(person.orders), set(person.emails)
    returns = set(
        ReturnRequest.objects.filter(order__in=person.orders).values_list("pk", flat=True)
    )
    found = []
    for row in rows.iterator(chunk_size=500):
        args = row.args
        named = {str(one).lower() for name in ADDRESSES for one in args.get(name, ())}
        if (
            not named.isdisjoint(emails)
            or args.get("order_id") in orders
            or (person.user is not None and args.get("user_id") == person.user)
            or args.get("customer_id") == person.customer
            or (row.kind == "shop.return" and args.get("request_id") in returns)
        ):
            found.append(row)
    return found
