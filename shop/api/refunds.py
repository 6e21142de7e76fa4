"""Paying back by staff: a refund, and the second person's word on a large one."""

from django.core.exceptions import PermissionDenied
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from shop.api.base import Money, StaffWhoMayView, checked, optional
from shop.models import Order, RefundApproval, User
from shop.services import refunds


class RefundIn(serializers.Serializer):
    """What is to be paid back of an order. The same key again is the same refund."""

    order: serializers.RelatedField = serializers.SlugRelatedField(
        slug_field="number", queryset=Order.objects.all()
    )
    amount = Money(min_value=0)
    reason = optional(200)
    key = serializers.RegexField(r"^[\w.:-]{8,60}$")


class RefundApprovalOut(serializers.ModelSerializer):
    order: serializers.RelatedField = serializers.SlugRelatedField(
        slug_field="number", read_only=True
    )
    requested_by = serializers.EmailField(source="requested_by.email", default=None)
    decided_by = serializers.EmailField(source="decided_by.email", default=None)

    class Meta:
        model = RefundApproval
        fields = [
            *("id", "order", "amount", "reason", "state", "requested_by", "created_at"),
            *("decided_by", "decided_at"),
        ]


class AgreementIn(serializers.Serializer):
    approve = serializers.BooleanField()


class StaffWhoMayAgree(StaffWhoMayView):
    """Staff with the change permission decide."""

    perms_map = {**StaffWhoMayView.perms_map, "POST": ["%(app_label)s.change_%(model_name)s"]}


class RefundApprovalViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Refunds that took or take a second person, newest first."""

    queryset = RefundApproval.objects.select_related("order", "requested_by", "decided_by")
    serializer_class = RefundApprovalOut
    permission_classes = [StaffWhoMayAgree]
    filterset_fields = ["state"]
    lookup_value_regex = r"\d{1,18}"

    @extend_schema(request=RefundIn, responses={202: RefundApprovalOut, 204: None})
    def create(self, request: Request) -> Response:
        """Pay back a part of an order: 204 when it is paid, 202 when a second person has to
        agree. Takes the permission to change orders."""
        assert isinstance(request.user, User)  # the permissions let nobody else through
        if not request.user.has_perm("shop.change_order"):
            raise PermissionDenied
        given = checked(RefundIn, request.data)
        waits = refunds.pay_back(**{**given, "key": f"api-{given['key']}"}, by=request.user)
        if waits is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return Response(RefundApprovalOut(waits).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=AgreementIn, responses=RefundApprovalOut)
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: str | None = None) -> Response:
        """Agree to a refund that somebody else asked for, which pays it, or refuse it."""
        approve = checked(AgreementIn, request.data)["approve"]
        assert isinstance(request.user, User)  # the permissions let nobody else through
        row = refunds.decide(approval=self.get_object(), approve=approve, by=request.user)
        return Response(RefundApprovalOut(row).data)
