"""Announcements of what has happened, sent inside the transaction that made it so."""

from django.dispatch import Signal

order_placed = Signal()
"""order"""
order_cancelled = Signal()
"""order"""
return_received = Signal()
"""request: the ReturnRequest whose goods came back"""
