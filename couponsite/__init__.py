"""The Django project: settings, URLs, Celery, and what starts the embedded servers."""

from couponsite.celery import app as celery_app

__all__ = ["celery_app"]
