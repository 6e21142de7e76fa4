"""The assistant: understands a message, keeps the thread, acts with the customer's own rights."""

from support.dialogue.engine import language_of, out_of_order, reply_to

__all__ = ["language_of", "out_of_order", "reply_to"]
