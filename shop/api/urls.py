"""The shop's API."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from shop.api import (
    browsing,
    cart,
    catalogue,
    checkout,
    consent,
    orders,
    people,
    privacy,
    products,
    refunds,
)

router = SimpleRouter()
router.register("refund-approvals", refunds.RefundApprovalViewSet)

urlpatterns = [
    path("home/", catalogue.HomeView.as_view()),
    path("departments/", catalogue.DepartmentList.as_view()),
    path("departments/<slug:slug>/", catalogue.DepartmentDetail.as_view()),
    path("categories/", catalogue.CategoryList.as_view()),
    path("categories/<slug:slug>/", catalogue.CategoryDetail.as_view()),
    path("suggest/", catalogue.SuggestView.as_view()),
    path("products/", products.ProductList.as_view(), name="api-products"),
    path("products/<slug:slug>/", products.ProductDetail.as_view(), name="api-product"),
    path("products/<slug:slug>/reviews/", products.ReviewList.as_view()),
    path("compare/", browsing.CompareView.as_view()),
    path("compare/<int:product>/", browsing.CompareItem.as_view()),
    path("recently-viewed/", browsing.RecentlyViewed.as_view()),
    path("session/", browsing.SessionView.as_view()),
    path("cart/", cart.CartDetail.as_view(), name="api-cart"),
    path("cart/lines/", cart.LineList.as_view()),
    path("cart/lines/<int:line>/", cart.LineDetail.as_view()),
    path("cart/coupons/", cart.CouponList.as_view()),
    path("cart/coupons/<str:code>/", cart.CouponDetail.as_view()),
    path("checkout/", checkout.CheckoutView.as_view(), name="api-checkout"),
    path("checkout/<str:key>/", checkout.CheckoutOutcome.as_view()),
    path("checkout/<str:key>/answer/", checkout.CheckoutAnswer.as_view()),
    path("orders/", orders.OrderList.as_view(), name="api-orders"),
    path("orders/<slug:number>/", orders.OrderDetail.as_view()),
    path("orders/<slug:number>/cancel/", orders.OrderCancel.as_view()),
    path("orders/<slug:number>/reorder/", orders.OrderReorder.as_view()),
    path("orders/<slug:number>/returns/", orders.OrderReturns.as_view()),
    path("orders/<slug:number>/invoice.pdf", orders.OrderInvoice.as_view()),
    path("", include(router.urls)),
    path("profile/", people.ProfileView.as_view()),
    path("privacy/choices/", consent.ConsentView.as_view()),
    path("privacy/policy/", consent.PolicyView.as_view()),
    path("addresses/", people.AddressList.as_view()),
    path("addresses/<int:pk>/", people.AddressDetail.as_view()),
    path("privacy/downloads/", privacy.DownloadList.as_view()),
    path("privacy/downloads/<uuid:copy>/file/", privacy.DownloadFile.as_view()),
    path("wishlist/", people.WishList.as_view()),
    path("wishlist/<int:product>/", people.WishDetail.as_view()),
]
