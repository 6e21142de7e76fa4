"""Pages of the admin about models: training, watching, model cards, the graph."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from foundation import graph, registry, runs, selectors, tasks, trainers
from foundation.models import ModelVersion, Node, TrainingRun


def training(request: HttpRequest) -> HttpResponse:
    """What can be trained, what is at work, what came of it."""
    _need(request, "foundation.view_trainingrun")
    return _page(
        request,
        "admin/foundation/training.html",
        _("Training"),
        {
            "names": trainers.names(),
            "runs": selectors.run_states(),
            "curve_size": selectors.CURVE_SIZE,
            "may_start": request.user.has_perm("foundation.add_trainingrun"),
        },
    )


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Put a training into the queue."""
    _need(request, "foundation.add_trainingrun")
    name = request.POST.get("name", "")
    if name not in trainers.names():
        messages.error(request, _("There is no such training."))
    else:
        tasks.train.delay(name)
        text = _("%(name)s is in the queue; a worker takes it in a moment.")
        messages.success(request, text % {"name": name})
    return HttpResponseRedirect(reverse("admin:foundation_training"))


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a run to stop."""
    _need(request, "foundation.change_trainingrun")
    runs.cancel(get_object_or_404(TrainingRun, pk=pk))
    messages.success(request, _("The run stops at its next step."))
    return HttpResponseRedirect(reverse("admin:foundation_training"))


def card(request: HttpRequest, pk: int) -> HttpResponse:
    """A model card: what it was made from, how good it is, where its limits are."""
    _need(request, "foundation.view_modelversion")
    version = get_object_or_404(ModelVersion, pk=pk)
    return _page(
        request,
        "admin/foundation/card.html",
        _("Model card: %(model)s") % {"model": version},
        {"version": version, **selectors.card(version)},
    )


def roll_back(request: HttpRequest, capability: str) -> HttpResponse:
    """Ask once, then activate the version that was active before."""
    _need(request, "foundation.change_modelversion")
    back = reverse("admin:foundation_modelversion_changelist")
    if request.method == "POST":
        try:
            version = registry.roll_back(capability)
        except registry.NothingToRollBackTo:
            messages.error(request, _("No other version of this model was ever active."))
        except registry.ArtefactDamaged:
            messages.error(
                request, _("The version before is damaged; the one that is active stays so.")
            )
        else:
            text = _("%(model)s is active. Every process uses it within a few seconds.")
            messages.success(request, text % {"model": version})
        return HttpResponseRedirect(back)
    return _page(
        request,
        "admin/foundation/roll_back.html",
        _("Roll back %(model)s") % {"model": capability},
        {
            "active": ModelVersion.objects.filter(capability=capability, status="active").first(),
            "before": registry.version_before(capability),
            "back": back,
        },
    )


def watch(request: HttpRequest) -> HttpResponse:
    """Open alerts, and every measured figure as a line over the days."""
    _need(request, "foundation.view_measurement")
    return _page(request, "admin/foundation/watch.html", _("Models watched"), selectors.watched())


def neighbourhood(request: HttpRequest, pk: int) -> HttpResponse:
    """A node of the knowledge graph in the middle of what it is related to."""
    _need(request, "foundation.view_node")
    node = get_object_or_404(Node, pk=pk)
    drawing = graph.draw(node)
    return _page(request, "admin/foundation/graph.html", drawing["name"], {"drawing": drawing})


def _need(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


def _page(request: HttpRequest, template: str, title: str, context: dict) -> HttpResponse:
    shared = {**admin.site.each_context(request), "title": title, "opts": ModelVersion._meta}
    return TemplateResponse(request, template, {**shared, **context})
