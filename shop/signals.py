"""Announcements of what has happened, sent inside the transaction that made it so.

A receiver that raises rolls the transaction back; a receiver that only wants to know uses
``transaction.on_commit``.
"""

from django.dispatch import Signal

order_placed = Signal()
"""order: the new Order, with its lines written"""
order_cancelled = Signal()
"""order: the Order, already marked as cancelled"""
order_shipped = Signal()
"""order: the Order that left the house"""
return_received = Signal()
"""request: the ReturnRequest whose goods came back"""
consent_changed = Signal()
"""customer (or None), visitor, before and after: sets of the purposes that are allowed"""
refund_proposed = Signal()
"""approval: a RefundApproval that waits for a second person"""
refund_decided = Signal()
"""approval: a RefundApproval that somebody agreed to or refused"""
review_posted = Signal()
"""review: the Review, waiting for moderation"""
