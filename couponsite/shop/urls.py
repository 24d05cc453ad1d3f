"""Addresses of the demo shop below /shop/; each is 404 unless DEMO_SHOP is on."""

from django.urls import path

from couponsite.shop import pages
from couponsite.shop.switching import switch

app_name = "shop"
urlpatterns = [
    path("", pages.home, name="home"),
    path("department/<int:category_id>/", pages.department, name="department"),
    path("search", pages.search, name="search"),
    path("product/<str:external_id>/", pages.product, name="product"),
    path("cart", pages.cart, name="cart"),
    path("cart/add", pages.add, name="add"),
    path("pay", pages.pay, name="pay"),
    path("switch", switch, name="switch"),
    path("shopper-token", pages.token, name="token"),
    path("learned", pages.what_was_learned, name="learned"),
    path("states", pages.states, name="states"),
]
