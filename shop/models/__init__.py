"""The shop's tables, a file per noun."""

from shop.models.access import ApiToken, PersonalRead, SavedFilter
from shop.models.carts import Cart, CartLine, Checkout
from shop.models.catalogue import Category, Channel, Department, Product, Variant
from shop.models.demo import DemoStage
from shop.models.events import Event
from shop.models.orders import (
    Order,
    OrderEvent,
    OrderLine,
    Payment,
    Refund,
    RefundApproval,
    ReturnLine,
    ReturnRequest,
    Review,
    ReviewPhoto,
)
from shop.models.payments import TestCharge, TestRefund
from shop.models.people import Address, Customer, User, WishlistItem
from shop.models.privacy import ConsentDecision
from shop.models.promotions import (
    Campaign,
    CampaignTarget,
    Coupon,
    CouponRedemption,
    Deal,
    PlannedPromotion,
)
from shop.models.requests import DataDownload, ErasedPerson, ErasureRequest, RetentionRun

__all__ = [
    "Address",
    "ApiToken",
    "Campaign",
    "CampaignTarget",
    "Cart",
    "CartLine",
    "Category",
    "Channel",
    "Checkout",
    "ConsentDecision",
    "Coupon",
    "CouponRedemption",
    "Customer",
    "DataDownload",
    "Deal",
    "DemoStage",
    "Department",
    "ErasedPerson",
    "ErasureRequest",
    "Event",
    "Order",
    "OrderEvent",
    "OrderLine",
    "Payment",
    "PersonalRead",
    "PlannedPromotion",
    "Product",
    "Refund",
    "RefundApproval",
    "RetentionRun",
    "ReturnLine",
    "ReturnRequest",
    "Review",
    "ReviewPhoto",
    "SavedFilter",
    "TestCharge",
    "TestRefund",
    "User",
    "Variant",
    "WishlistItem",
]
