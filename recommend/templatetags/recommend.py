"""Recommendation rails on pages."""

from django import template

register = template.Library()


@register.simple_tag(takes_context=True)
def rail(context: template.Context, surface: str, product: object = None) -> str:
    return ""
