from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecommenderConfig(AppConfig):
    name = "recommender"
    verbose_name = _("Recommender")

    def ready(self) -> None:
        """Say what this app holds of shoppers to whoever hands it out or erases it."""
        from coupons.personal_data import register_holder
        from recommender.services.personal_data import HOLDER

        register_holder(HOLDER)
