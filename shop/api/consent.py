"""What people allow, and the privacy policy, over the API."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from shop.api.base import LANGUAGE, ShopView
from shop.models import ConsentDecision
from shop.privacy import consent
from shop.privacy.register import Basis, Personal
from shop.selectors import privacy


class ConsentIn(serializers.Serializer):
    """All three at once: what is not said yes to is refused."""

    personalisation = serializers.BooleanField()
    advertising = serializers.BooleanField()
    chat_training = serializers.BooleanField()


class ConsentOut(ConsentIn):
    """What holds now; all are refused until somebody has answered."""

    answered = serializers.BooleanField(
        help_text="Whether the question as it is put today has been answered."
    )


class HeldOut(serializers.Serializer):
    what = serializers.CharField()
    model = serializers.CharField()
    fields_held = serializers.ListField(source="fields", child=serializers.CharField())
    kept = serializers.CharField(source="period.text")
    kept_days = serializers.IntegerField(source="period.days", allow_null=True)
    seen_by = serializers.SerializerMethodField()
    when_erased = serializers.CharField(source="erased.label")

    def get_seen_by(self, entry: Personal) -> list[str]:
        return [str(reader.label) for reader in entry.seen_by]


class PurposeOut(serializers.Serializer):
    code = serializers.CharField(source="purpose.code")
    title = serializers.CharField(source="purpose.title")
    text = serializers.CharField(source="purpose.text")
    basis = serializers.ChoiceField(source="purpose.basis", choices=Basis.choices)
    weighed = serializers.CharField(source="purpose.weighed")
    entries = HeldOut(many=True)


class RecipientOut(serializers.Serializer):
    who = serializers.CharField()
    what = serializers.CharField()


class PolicyOut(serializers.Serializer):
    version = serializers.CharField()
    contact = serializers.CharField()
    sections = PurposeOut(many=True)
    recipients = RecipientOut(many=True)
    cookies = serializers.ListField(child=serializers.CharField())


class ConsentView(ShopView):
    """Consent of the signed-in customer, or of the guest who holds this session."""

    @extend_schema(operation_id="privacy_choices", responses=ConsentOut)
    def get(self, request: Request) -> Response:
        return Response(self._now())

    @extend_schema(operation_id="privacy_choose", request=ConsentIn, responses=ConsentOut)
    def put(self, request: Request) -> Response:
        """Answer anew; it holds from the next request on."""
        asked = self.body(ConsentIn)
        given = [purpose for purpose, yes in asked.items() if yes]
        consent.choose(self.plain, given, ConsentDecision.Source.API)
        return Response(self._now())

    def _now(self) -> dict[str, Any]:
        given = consent.allowed(self.plain)
        return {
            **{purpose: purpose in given for purpose in consent.CONSENTS},
            "answered": consent.answered(self.plain),
        }


class PolicyView(ShopView):
    @extend_schema(operation_id="privacy_policy", parameters=[LANGUAGE], responses=PolicyOut)
    def get(self, request: Request) -> Response:
        """Which data is held, what for, how long and who sees it; made from the register."""
        return Response(PolicyOut(privacy.policy()).data)
