"""Cart, checkout, orders, account."""

from django.urls import path

from shop.views import account, cart, checkout, consent, keys, orders, privacy, reviews, wishlist

urlpatterns = [
    path("cart/", cart.show, name="cart"),
    path("cart/add/", cart.add, name="cart_add"),
    path("cart/lines/<int:line>/", cart.change_line, name="cart_line"),
    path("cart/coupon/", cart.coupon, name="cart_coupon"),
    path("checkout/", checkout.checkout, name="checkout"),
    path("orders/", orders.history, name="orders"),
    path("orders/<slug:number>/", orders.show, name="order"),
    path("orders/<slug:number>/cancel/", orders.cancel, name="order_cancel"),
    path("orders/<slug:number>/reorder/", orders.reorder, name="order_reorder"),
    path("orders/<slug:number>/return/", orders.return_goods, name="order_return"),
    path("orders/<slug:number>/invoice.pdf", orders.invoice, name="order_invoice"),
    path("account/", account.show, name="account"),
    path("account/profile/", account.profile, name="profile"),
    path("account/addresses/", account.addresses, name="addresses"),
    path("account/addresses/new/", account.edit_address, name="address_new"),
    path("account/addresses/<int:pk>/", account.edit_address, name="address"),
    path("account/addresses/<int:pk>/delete/", account.delete_address, name="address_delete"),
    path("account/keys/", keys.keys, name="keys"),
    path("account/keys/<int:pk>/revoke/", keys.revoke, name="key_revoke"),
    path("account/data/", privacy.data, name="data"),
    path("account/data/<uuid:copy>.zip", privacy.fetch, name="data_file"),
    path("account/erase/", privacy.erase, name="erase"),
    path("privacy/erasures/<uuid:erasure_key>/", privacy.erasure_report, name="erasure_report"),
    path(
        "privacy/erasures/<uuid:erasure_key>.json",
        privacy.erasure_report_file,
        name="erasure_report_file",
    ),
    path("privacy/", consent.centre, name="privacy"),
    path("privacy/choose/", consent.choose, name="privacy_choose"),
    path("privacy/policy/", consent.policy, name="privacy_policy"),
    path("wishlist/", wishlist.show, name="wishlist"),
    path("wishlist/<int:product>/", wishlist.change, name="wishlist_change"),
    path("p/<slug:slug>/review/", reviews.write, name="review"),
    path("reviews/pictures/<uuid:key>.jpg", reviews.photo, name="review_photo"),
    path("demo/outbox/", account.outbox, name="outbox"),
    path("demo/outbox/<slug:name>/", account.outbox_mail, name="outbox_mail"),
]
