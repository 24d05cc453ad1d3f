from django.apps import AppConfig


class CouponsiteConfig(AppConfig):
    """The project itself as an app: its management commands and system checks."""

    name = "couponsite"

    def ready(self) -> None:
        from couponsite import checks, lifeline

        checks.register_all()
        lifeline.watch_supervisor()
