"""The tour of the demo: what the shop can do, where to try it and as whom.

None of it is there outside a demo: it signs visitors in and sets things in motion.
"""

from collections.abc import Callable
from functools import wraps

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from shop.demo.logins import ADMIN_EMAIL, AGENT_EMAIL, ROLES
from shop.models import User
from shop.selectors import tour as selectors
from shop.services import tour as services


def demo_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Not found outside a demo."""

    @wraps(view)
    def guarded(request: HttpRequest, **parts: object) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        return view(request, **parts)

    return guarded


@require_safe
@demo_only
def tour(request: HttpRequest) -> HttpResponse:
    context = {
        "running": services.running(),
        "live": selectors.live(),
        "story": selectors.story(),
        "dearest": selectors.dearest(),
        "advertised": selectors.beside_advertising(),
        "admin_email": ADMIN_EMAIL,
        "agent_email": AGENT_EMAIL,
        "staff": ROLES,
    }
    return render(request, "shop/tour.html", context)


@require_safe
@never_cache
@demo_only
def live(request: HttpRequest) -> HttpResponse:
    """What happens in the shop right now, as JSON."""
    return JsonResponse({**selectors.live(), "running": services.running()})


@require_POST
@demo_only
def tell(request: HttpRequest, name: str) -> HttpResponse:
    """Start or stop a story."""
    if request.POST.get("action") == "stop":
        found = services.story(name)
        if found is None:
            raise Http404
        found.stop()
    else:
        begun = services.begin(name)
        if begun is None:
            raise Http404
        if not begun:
            messages.warning(request, _("One thing at a time: try again in a moment."))
    return redirect(reverse("shop:tour") + "#live")


@require_POST
@demo_only
def be(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign in as one of the tour's four households, and as nobody else."""
    households = selectors.story().everybody
    if pk not in {one.pk for one in households}:
        raise Http404
    user = User.objects.get(customer__pk=pk, is_staff=False, is_active=True)
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return redirect("shop:home")


@require_POST
@demo_only
def work(request: HttpRequest, role: str) -> HttpResponse:
    """Sign in as the demo's member of staff for a role; with a second factor nobody is let past."""
    if role not in ROLES:
        raise Http404
    user = User.objects.filter(email=ROLES[role], is_staff=True, is_active=True).first()
    if user is None:
        messages.warning(request, _("The demo's data has no such member of staff."))
        return redirect("shop:tour")
    if is_mfa_enabled(user):
        return redirect("account_login")
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return redirect("support:console" if role == "agent" else "admin:index")
