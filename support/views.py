"""The chat without a websocket, and the agents' console."""

import json
import uuid

from django.contrib import messages as notes
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from shop.models import User
from shop.refusals import RefusalCode, Refused
from support import selectors, services
from support.models import Conversation, Message

SHOWN = 60


def own_conversation(request: HttpRequest) -> Conversation:
    return services.open_conversation(
        visitor=str(request.visitor_key),  # type: ignore[attr-defined]
        customer=request.customer or None,  # type: ignore[attr-defined]
    )


@require_http_methods(["GET", "POST"])
def chat(request: HttpRequest) -> HttpResponse:
    """The chat as a page that needs no script."""
    conversation = own_conversation(request)
    if request.method == "POST":
        try:
            services.say(
                conversation=conversation,
                text=request.POST.get("text", ""),
                client_id=request.POST.get("id", "")[:40],
            )
        except Refused as refusal:
            notes.error(request, refusal.message)
        return redirect("support:chat")
    rows = conversation.messages.order_by("-seq")[:SHOWN]
    context = {"conversation": conversation, "rows": reversed(rows), "id": uuid.uuid4()}
    return render(request, "support/chat.html", context)


@require_POST
def rate(request: HttpRequest) -> JsonResponse:
    """What the customer thought of a conversation of their own."""
    try:
        content = json.loads(request.body)
        conversation = selectors.own_by_uuid(
            str(content.get("conversation")),
            visitor=str(request.visitor_key),  # type: ignore[attr-defined]
            customer=request.customer or None,  # type: ignore[attr-defined]
        )
        stars, comment = content.get("stars"), content.get("comment", "")
    except (ValueError, AttributeError, RecursionError):
        return JsonResponse({"error": {"code": "invalid"}}, status=400)
    try:
        if conversation is None:
            raise Refused(RefusalCode.NOT_FOUND)
        services.rate(conversation=conversation, stars=stars, comment=comment)
    except Refused as refusal:
        error = {"code": refusal.code.value, "message": refusal.message}
        return JsonResponse({"error": error}, status=409)
    return JsonResponse({"stars": stars})


@require_http_methods(["GET", "POST"])
def messages(request: HttpRequest) -> JsonResponse:
    """The widget's fallback when websockets do not get through."""
    conversation = own_conversation(request)
    after = request.GET.get("after", "0")
    if request.method == "POST":
        try:
            content = json.loads(request.body)
            text, client_id = content.get("text"), content.get("id")
        except (ValueError, AttributeError, RecursionError):
            return JsonResponse({"error": {"code": "invalid"}}, status=400)
        try:
            services.say(conversation=conversation, text=text, client_id=client_id)
        except Refused as refusal:
            error = {"code": refusal.code.value, "message": refusal.message}
            return JsonResponse({"error": error}, status=409)
    seq = int(after) if after.isascii() and after.isdigit() and len(after) < 10 else 0
    rows = selectors.messages_after(conversation, seq)
    return JsonResponse({"messages": rows, "conversation": str(conversation.uuid)})


def articles(request: HttpRequest) -> HttpResponse:
    """The knowledge base, for reading."""
    return render(request, "support/articles.html", {"articles": selectors.published_articles()})


def article(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(selectors.published_articles(), slug=slug)
    return render(request, "support/article.html", {"article": found})


def agent_of(request: HttpRequest) -> User:
    """The signed-in member of staff who may answer customers."""
    user = request.user
    if not (isinstance(user, User) and user.is_staff):
        raise PermissionDenied
    if not user.has_perm("support.change_conversation"):
        raise PermissionDenied
    return user


@login_required
def console(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Conversations, one thread, and who the customer is."""
    agent = agent_of(request)
    which = request.GET.get("show", "open")
    current = get_object_or_404(Conversation, pk=pk) if pk else None
    context: dict[str, object] = {
        "conversations": selectors.console_list(which)[:100],
        "which": which,
        "current": current,
        "agent": agent,
    }
    if current is not None:
        context |= selectors.thread(current)
    return render(request, "support/console.html", context)


@login_required
@require_POST
def console_act(request: HttpRequest, pk: int) -> HttpResponse:
    agent = agent_of(request)
    conversation = get_object_or_404(Conversation, pk=pk)
    try:
        services.act(
            conversation=conversation,
            agent=agent,
            act=request.POST.get("act", ""),
            text=request.POST.get("text", ""),
        )
    except Refused as refusal:
        notes.error(request, refusal.message)
    return redirect("support:thread", pk=pk)


@login_required
@require_POST
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """One click says what a message really wanted."""
    agent = agent_of(request)
    message = get_object_or_404(Message, pk=pk)
    try:
        services.correct_intent(message=message, intent=request.POST.get("intent", ""), agent=agent)
    except Refused as refusal:
        notes.error(request, refusal.message)
    return redirect("support:thread", pk=message.conversation_id)


@login_required
def console_messages(request: HttpRequest, pk: int) -> JsonResponse:
    """What is new in a thread; the console asks every two seconds."""
    agent_of(request)
    conversation = get_object_or_404(Conversation, pk=pk)
    after = request.GET.get("after", "0")
    seq = int(after) if after.isascii() and after.isdigit() and len(after) < 10 else 0
    return JsonResponse({"messages": selectors.messages_after(conversation, seq)})
