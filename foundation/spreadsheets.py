"""Text for files that people open in a spreadsheet."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would take for a formula when a text begins with it."""


def plain(text: str) -> str:
    """Return the text so that no spreadsheet takes it for a formula.

    >>> plain("=1+1")
    "'=1+1"
    >>> plain("oats")
    'oats'
    """
    return f"'{text}" if text.startswith(FORMULA) else text
