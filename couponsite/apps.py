from django.apps import AppConfig


class CouponsiteConfig(AppConfig):
    """The project itself as an app: its management commands and system checks."""

    name = "couponsite"
