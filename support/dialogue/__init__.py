"""The assistant: understands a message, keeps the thread, acts with the customer's own rights."""

from support.dialogue.engine import (
    about_picture,
    language_of,
    nobody_there,
    out_of_order,
    reply_to,
)

__all__ = ["about_picture", "language_of", "nobody_there", "out_of_order", "reply_to"]
