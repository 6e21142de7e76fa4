"""Support's API: the visitor's own chat, and the conversations for agents."""

from collections.abc import Iterable
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics, permissions, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from shop.api.base import ShopView, Text, optional
from shop.models import User
from shop.refusals import RefusalCode, Refused
from support import selectors, services
from support.models import Conversation, Message

MAX_SEQ = 2**31 - 1


class MessageOut(serializers.Serializer):
    """One message; ``seq`` counts from 1 in a conversation, without gaps."""

    seq = serializers.IntegerField()
    author = serializers.ChoiceField(choices=Message.Author.choices)
    client_id = serializers.CharField(allow_null=True)
    text = serializers.CharField()
    payload = serializers.DictField(
        child=serializers.JSONField(allow_null=True), help_text="Cards and quick replies."
    )
    at = serializers.DateTimeField()


class ThreadOut(serializers.Serializer):
    conversation = serializers.UUIDField(help_text="Names the conversation in a rating.")
    state = serializers.ChoiceField(choices=Conversation.State.choices)
    messages = MessageOut(many=True)


class AfterIn(serializers.Serializer):
    after = serializers.IntegerField(
        min_value=0, max_value=MAX_SEQ, default=0, help_text="The last `seq` that is known."
    )


class MessageIn(serializers.Serializer):
    id = Text(40, help_text="Your own id of the message: sending it again changes nothing.")
    text = Text(services.MAX_LENGTH)


class ConversationRatingIn(serializers.Serializer):
    conversation = serializers.UUIDField()
    stars = serializers.IntegerField(min_value=1, max_value=5)
    comment = optional(1000)


class ConversationRatingOut(serializers.Serializer):
    conversation = serializers.UUIDField()
    stars = serializers.IntegerField()
    comment = serializers.CharField()


class ConversationOut(serializers.Serializer):
    id = serializers.IntegerField()
    customer = serializers.StringRelatedField(allow_null=True)  # type: ignore[var-annotated]
    agent = serializers.StringRelatedField(allow_null=True)  # type: ignore[var-annotated]
    state = serializers.ChoiceField(choices=Conversation.State.choices)
    language = serializers.CharField()
    last_seq = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class WhichIn(serializers.Serializer):
    show = serializers.ChoiceField(choices=["open", "waiting", "all"], default="open")


class ActIn(serializers.Serializer):
    act = serializers.ChoiceField(choices=["say", "note", "take", "pass", "back", "close"])
    text = Text(services.MAX_LENGTH, required=False, help_text="What to say.")
    id = Text(40, required=False, help_text="Your own id of what you say: again changes nothing.")
    to = Text(40, required=False, help_text="Whom to pass it on to: `queue:<name>`, `agent:<id>`.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["act"] in ("say", "note") and "text" not in attrs:
            raise serializers.ValidationError({"text": RefusalCode.INVALID_INPUT.label})
        return attrs


class Messages(ShopView):
    """The chat between the visitor and the shop, without a websocket."""

    throttle_classes = [*APIView.throttle_classes, ScopedRateThrottle]
    throttle_scope = "messages"

    def conversation(self) -> Conversation:
        return services.open_conversation(visitor=self.visitor, customer=self.customer)

    @extend_schema(operation_id="messages_list", parameters=[AfterIn], responses=ThreadOut)
    def get(self, request: Request) -> Response:
        """Messages after a sequence number, at most 200; ask again from the last one."""
        after = self.query(AfterIn)["after"]
        conversation = self.conversation()
        return Response(_thread(conversation, selectors.new_messages(conversation, after)))

    @extend_schema(operation_id="messages_create", request=MessageIn, responses={201: ThreadOut})
    def post(self, request: Request) -> Response:
        """Say something; the answer holds the message and what the assistant replied."""
        given = self.body(MessageIn)
        conversation = self.conversation()
        new = services.say(conversation=conversation, text=given["text"], client_id=given["id"])
        conversation.refresh_from_db()
        return Response(_thread(conversation, new), status=status.HTTP_201_CREATED)


class Rating(ShopView):
    @extend_schema(
        operation_id="rating_set", request=ConversationRatingIn, responses=ConversationRatingOut
    )
    def put(self, request: Request) -> Response:
        """Say what you think of a conversation of your own; the last word counts."""
        given = self.body(ConversationRatingIn)
        conversation = selectors.own_by_uuid(
            str(given["conversation"]), visitor=self.visitor, customer=self.customer
        )
        if conversation is None:
            raise Refused(RefusalCode.NOT_FOUND)
        services.rate(conversation=conversation, stars=given["stars"], comment=given["comment"])
        return Response(ConversationRatingOut(given).data)


class MayAnswer(permissions.BasePermission):
    """Members of staff who may answer customers."""

    def has_permission(self, request: Request, view: object) -> bool:
        user = request.user
        return (
            isinstance(user, User)
            and user.is_staff
            and user.has_perm("support.change_conversation")
        )


class ConversationList(generics.ListAPIView):
    """Conversations for agents, those who wait first."""

    serializer_class = ConversationOut
    permission_classes = [MayAnswer]
    queryset = Conversation.objects.none()
    filter_backends: list = []

    def get_queryset(self):
        asked = WhichIn(data=self.request.query_params)
        asked.is_valid(raise_exception=True)
        return selectors.console_list(asked.validated_data["show"])

    @extend_schema(operation_id="conversations_list", parameters=[WhichIn])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class ConversationMessages(ShopView):
    permission_classes = [MayAnswer]

    def conversation(self, pk: int) -> Conversation:
        found = Conversation.objects.filter(pk=pk).first()
        if found is None:
            raise Refused(RefusalCode.NOT_FOUND)
        return found

    @extend_schema(operation_id="conversations_messages", parameters=[AfterIn], responses=ThreadOut)
    def get(self, request: Request, pk: int) -> Response:
        """A conversation's messages after a sequence number, at most 200."""
        conversation, after = self.conversation(pk), self.query(AfterIn)["after"]
        return Response(_thread(conversation, selectors.new_messages(conversation, after)))

    @extend_schema(operation_id="conversations_act", request=ActIn, responses=ThreadOut)
    def post(self, request: Request, pk: int) -> Response:
        """Say something, leave a note, take the word, pass it on, give it back to the assistant, or
        close."""
        given, conversation = self.body(ActIn), self.conversation(pk)
        before = conversation.last_seq
        assert isinstance(request.user, User)  # the permission lets nobody else through
        services.act(
            conversation=conversation,
            agent=request.user,
            act=given["act"],
            text=given.get("text", ""),
            client_id=given.get("id"),
            to=given.get("to", ""),
        )
        conversation.refresh_from_db()
        return Response(_thread(conversation, selectors.new_messages(conversation, before)))


def _thread(conversation: Conversation, messages: Iterable[Message]) -> dict[str, Any]:
    return ThreadOut(
        {
            "conversation": conversation.uuid,
            "state": conversation.state,
            "messages": messages,
        }
    ).data
