"""The chat widget on pages, and what people call what the models know by codes."""

import logging

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from support.words import intent

register = template.Library()
register.filter("intent", intent)
log = logging.getLogger(__name__)


@register.simple_tag(takes_context=True)
def chat_widget(context: template.Context) -> SafeString | str:
    """The widget, or nothing when it cannot be made: a page never fails because of it."""
    request = context.get("request")
    if request is None:
        return ""
    try:
        # The socket knows its visitor by the session, so the page has to have made one.
        str(request.visitor_key)
        return mark_safe(render_to_string("support/widget.html", request=request))  # noqa: S308
    except Exception:
        log.exception("the chat widget could not be rendered")
        return ""
