"""The chat without a websocket, and the agents' console."""

import json
import uuid

from django.contrib import messages as notes
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shop.models import User
from shop.refusals import RefusalCode, Refused
from shop.services import photos
from support import console as agents
from support import contact, selectors, services
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
        text, client_id = request.POST.get("text", ""), request.POST.get("id", "")[:40]
        file = request.FILES.get("file")
        try:
            if file is not None:
                services.show_picture(
                    conversation=conversation, file=file, client_id=client_id, text=text
                )
            else:
                services.say(conversation=conversation, text=text, client_id=client_id)
        except Refused as refusal:
            notes.error(request, refusal.message)
        return redirect("support:chat")
    rows = conversation.messages.order_by("-seq")[:SHOWN]
    context = {"conversation": conversation, "rows": reversed(rows), "id": uuid.uuid4()}
    return render(request, "support/chat.html", context)


def refused(refusal: Refused) -> JsonResponse:
    return JsonResponse(
        {"error": {"code": refusal.code.value, "message": refusal.message}}, status=409
    )


def new_since(request: HttpRequest, conversation: Conversation) -> JsonResponse:
    """What the widget does not know yet."""
    after = request.GET.get("after", "0")
    seq = int(after) if after.isascii() and after.isdigit() and len(after) < 10 else 0
    rows = selectors.messages_after(conversation, seq)
    return JsonResponse({"messages": rows, "conversation": str(conversation.uuid)})


@require_POST
def show(request: HttpRequest) -> JsonResponse:
    """A picture in a message."""
    conversation = own_conversation(request)
    file = request.FILES.get("file")
    try:
        if file is None:
            raise Refused(RefusalCode.INVALID_INPUT)
        services.show_picture(
            conversation=conversation,
            file=file,
            client_id=request.POST.get("id"),
            text=request.POST.get("text", ""),
        )
    except Refused as refusal:
        return refused(refusal)
    return new_since(request, conversation)


@require_safe
def picture(request: HttpRequest, key: uuid.UUID) -> HttpResponseBase:
    """A picture of a chat, for its customer and for agents."""
    found = selectors.picture_for(
        key,
        visitor=str(request.visitor_key),  # type: ignore[attr-defined]
        customer=request.customer or None,  # type: ignore[attr-defined]
        user=request.user,
    )
    if found is None:
        raise Http404
    try:
        response = FileResponse(found.file.open("rb"), content_type=photos.CONTENT_TYPE)
    except FileNotFoundError as error:
        raise Http404 from error
    response["Cache-Control"] = "private, max-age=3600"
    response["Content-Security-Policy"] = "default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_POST
def leave(request: HttpRequest) -> JsonResponse:
    """A message for when somebody is there, with an address for the answer."""
    conversation = own_conversation(request)
    try:
        content = json.loads(request.body)
        email, text, client_id = content.get("email"), content.get("text"), content.get("id")
    except (ValueError, AttributeError, RecursionError):
        return JsonResponse({"error": {"code": "invalid"}}, status=400)
    try:
        contact.leave_message(
            conversation=conversation, email=email, text=text, client_id=client_id
        )
    except Refused as refusal:
        return refused(refusal)
    return new_since(request, conversation)


@require_safe
def transcript(request: HttpRequest) -> HttpResponse:
    """One's own conversation as a text file."""
    conversation = own_conversation(request)
    response = HttpResponse(
        contact.transcript(conversation), content_type="text/plain; charset=utf-8"
    )
    name = f"mercato-{conversation.created_at:%Y-%m-%d}.txt"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
def transcript_mail(request: HttpRequest) -> JsonResponse:
    """One's own conversation by mail, to the account's address."""
    conversation = own_conversation(request)
    customer = request.customer or None  # type: ignore[attr-defined]
    try:
        address = contact.ask_for_transcript(conversation=conversation, customer=customer)
    except Refused as refusal:
        return refused(refusal)
    return JsonResponse({"message": _("Sent to %(email)s.") % {"email": address}})


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
        return refused(refusal)
    return JsonResponse({"stars": stars})


@require_POST
def thumb(request: HttpRequest) -> JsonResponse:
    """Whether an answer of one's own conversation helped."""
    conversation = own_conversation(request)
    try:
        content = json.loads(request.body)
        seq, helpful = content.get("seq"), content.get("helpful")
    except (ValueError, AttributeError, RecursionError):
        return JsonResponse({"error": {"code": "invalid"}}, status=400)
    try:
        services.thumb(conversation=conversation, seq=seq, helpful=helpful)
    except Refused as refusal:
        return refused(refusal)
    return JsonResponse({"helpful": helpful})


@require_http_methods(["GET", "POST"])
def messages(request: HttpRequest) -> JsonResponse:
    """The widget's fallback when websockets do not get through."""
    conversation = own_conversation(request)
    if request.method == "POST":
        try:
            content = json.loads(request.body)
            text, client_id = content.get("text"), content.get("id")
        except (ValueError, AttributeError, RecursionError):
            return JsonResponse({"error": {"code": "invalid"}}, status=400)
        try:
            services.say(conversation=conversation, text=text, client_id=client_id)
        except Refused as refusal:
            return refused(refusal)
    return new_since(request, conversation)


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
    rows = list(selectors.console_list(which)[:100])
    for row in rows:
        row.timer = selectors.timer(row)  # type: ignore[attr-defined]
    context: dict[str, object] = {
        "conversations": rows,
        "which": which,
        "current": current,
        "agent": agent,
        "presence": agents.be_there(agent=agent),
        "load": selectors.chats_of(agent).count(),
        "supervises": selectors.supervises(agent),
        "form_id": uuid.uuid4(),
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
            client_id=request.POST.get("id") or None,
            to=request.POST.get("to", ""),
        )
    except Refused as refusal:
        notes.error(request, refusal.message)
    return redirect("support:thread", pk=pk)


@login_required
@require_POST
def presence(request: HttpRequest) -> HttpResponse:
    """Online or away, and how many chats at once."""
    agent, given = agent_of(request), request.POST.get("capacity", "")
    capacity = int(given) if given.isascii() and given.isdigit() and len(given) < 4 else None
    try:
        agents.set_presence(
            agent=agent, away=request.POST.get("state") == "away", capacity=capacity
        )
    except Refused as refusal:
        notes.error(request, refusal.message)
    return redirect("support:console")


@login_required
@require_POST
def take_next(request: HttpRequest) -> HttpResponse:
    """The conversation that needs somebody most, if the agent has room for it."""
    try:
        found = agents.take_next(agent=agent_of(request))
    except Refused as refusal:
        notes.error(request, refusal.message)
        return redirect("support:console")
    if found is None:
        notes.info(request, _("Nobody is waiting."))
        return redirect("support:console")
    return redirect("support:thread", pk=found.pk)


@login_required
def team(request: HttpRequest) -> HttpResponse:
    """The supervisor's view: agents, queues, service level."""
    if not selectors.supervises(agent_of(request)):
        raise PermissionDenied
    return render(request, "support/team.html", selectors.team())


@login_required
@require_POST
def here(request: HttpRequest, pk: int) -> JsonResponse:
    """An open thread reports every two seconds, and learns who else is there."""
    agent = agent_of(request)
    conversation = get_object_or_404(Conversation, pk=pk)
    seen = request.POST.get("seen", "0")
    agents.be_there(agent=agent)
    agents.look(
        conversation=conversation,
        agent=agent,
        seen=int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else 0,
        typing=request.POST.get("typing") == "1",
    )
    return JsonResponse(
        {
            "last": conversation.last_seq,
            "read": conversation.customer_read,
            "others": selectors.others_at(conversation, agent),
            "state": conversation.get_state_display(),
            "agent": str(conversation.agent or ""),
        }
    )


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
