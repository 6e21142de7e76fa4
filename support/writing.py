"""The two writes that every message of a customer costs, in as few statements as it takes.

A process answers a hundred messages a second only when each takes a few milliseconds; the same
through the models' ``save`` and ``create`` takes twice as long (``benchmarks.support load``). The
statements are the same on SQLite and PostgreSQL.
"""

import json

from django.db import connection, transaction
from django.utils import timezone

from support.models import Conversation, Message

State = Conversation.State
INSERT = """
    INSERT INTO support_message
        (conversation_id, seq, author, client_id, text, payload, understanding, at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (conversation_id, client_id) DO NOTHING
    RETURNING id
"""
READ = ("last_seq", "state", "language", "urgency", "memory", "customer_id")
COUNT_UP = f"""
    UPDATE support_conversation
    SET last_seq = last_seq + 1, updated_at = %s,
        state = CASE WHEN state = %s THEN %s ELSE state END
    WHERE id = %s
    RETURNING {", ".join(READ)}
"""  # noqa: S608 - names of columns written above
ANSWERED = """
    UPDATE support_conversation
    SET last_seq = last_seq + 1, updated_at = %s, memory = %s, urgency = %s, language = %s,
        state = %s, waiting_since = %s
    WHERE id = %s AND state = %s
    RETURNING last_seq
"""


class SaidBefore(Exception):
    """A message with this client id is there already."""


@transaction.atomic
def append_customer(
    conversation: Conversation, text: str, client_id: str, payload: dict | None = None
) -> Message:
    """Write what a customer says; a closed conversation is open again.

    Brings ``conversation`` up to date. Raises SaidBefore, and changes nothing, when the client id
    is known.
    """
    now = timezone.now()
    moment = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(COUNT_UP, [moment, State.CLOSED.value, State.BOT.value, conversation.pk])
        row = cursor.fetchone()
    if row is None:
        raise Conversation.DoesNotExist
    message = Message(
        conversation=conversation,
        seq=row[0],
        author=Message.Author.CUSTOMER,
        client_id=client_id,
        text=text,
        payload=payload or {},
        at=now,
    )
    if not _insert(message):
        raise SaidBefore
    for name, value in zip(READ, row, strict=True):
        setattr(conversation, name, json.loads(value) if name == "memory" else value)
    return message


@transaction.atomic
def append_answer(
    conversation: Conversation, asked: Message, answer: Message, *, hand_over: bool
) -> bool:
    """Write the assistant's answer, what it took the question for, and what it remembers.

    False, without the answer, when somebody else has the word by now.
    """
    answer.at = timezone.now()
    ops = connection.ops
    moment = ops.adapt_datetimefield_value(answer.at)
    memory = _json(conversation.memory)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE support_message SET understanding = %s WHERE id = %s",
            [_json(asked.understanding), asked.pk],
        )
        kept = [moment, memory, conversation.urgency, conversation.language]
        if hand_over:
            kept += [State.WAITING.value, moment]
        else:
            kept += [State.BOT.value, None]
        cursor.execute(ANSWERED, [*kept, conversation.pk, State.BOT.value])
        row = cursor.fetchone()
        if row is None:
            Conversation.objects.filter(pk=conversation.pk).update(
                memory=conversation.memory,
                urgency=conversation.urgency,
                language=conversation.language,
                updated_at=answer.at,
            )
            return False
    answer.conversation, answer.seq = conversation, row[0]
    conversation.last_seq = row[0]
    return _insert(answer)


def _insert(message: Message) -> bool:
    moment = connection.ops.adapt_datetimefield_value(message.at)
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT,
            [
                message.conversation_id,
                message.seq,
                str(message.author),
                message.client_id,
                message.text,
                _json(message.payload),
                _json(message.understanding),
                moment,
            ],
        )
        row = cursor.fetchone()
    if row is None:
        return False
    message.pk = row[0]
    message._state.adding = False
    return True


def _json(value: dict) -> str:
    return json.dumps(value, ensure_ascii=False)
