"""What people allow, and the policy that says what that means."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from shop.models import ConsentDecision
from shop.privacy import consent
from shop.privacy.register import CONSENTS
from shop.refusals import RefusalCode, Refused
from shop.selectors import privacy
from shop.views.requests import back_to, tell

ALL, NECESSARY, THESE = "all", "necessary", "these"


@never_cache
@require_safe
def centre(request: HttpRequest) -> HttpResponse:
    """Every purpose with its switch, and what was chosen when."""
    context = {
        "questions": privacy.questions(request),
        "necessary": privacy.necessary(),
        "decisions": privacy.decisions(request),
        "asking": False,
    }
    return render(request, "shop/privacy.html", context)


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep an answer, from the banner or the page of choices."""
    answers = {ALL: list(CONSENTS), NECESSARY: [], THESE: request.POST.getlist("allow")}
    choice = request.POST.get("choice", "")
    if choice not in answers:
        tell(request, Refused(RefusalCode.INVALID_INPUT))
        return redirect(back_to(request, "shop:privacy"))
    banner = request.POST.get("source") == ConsentDecision.Source.BANNER
    source = ConsentDecision.Source.BANNER if banner else ConsentDecision.Source.CENTRE
    consent.choose(request, answers[choice], source)
    messages.success(request, _("Your choice is kept. You can change it at any time."))
    return redirect(back_to(request, "shop:privacy"))


@require_safe
def policy(request: HttpRequest) -> HttpResponse:
    return render(request, "shop/privacy_policy.html", {"policy": privacy.policy()})
