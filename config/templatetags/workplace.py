"""What stands above every list of the administration: kept filters and the list as a file."""

from typing import Any

from django import template
from django.contrib.admin.views.main import ChangeList

from config.export import FORMS
from config.filters import listed

register = template.Library()


@register.inclusion_tag("admin/list_tools.html", takes_context=True)
def list_tools(context: dict[str, Any], cl: ChangeList) -> dict[str, Any]:
    request, names = context["request"], cl.opts
    page = f"{names.app_label}.{names.model_name}"
    return {
        "page": page,
        "app": names.app_label,
        "model": names.model_name,
        "query": request.GET.urlencode(),
        "here": request.get_full_path(),
        "forms": list(FORMS),
        "filters": listed(page, request.user),
    }
