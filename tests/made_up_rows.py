"""Made-up rows of any table: every foreign key gets a new row of its own, so that a query per row can't hide."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import User
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

NUMBERS = count(1)

FACTS: dict[str, dict[str, Any]] = {
    "auth.user": {"password": "!"},
    "coupons.category": {"level": 2},
    "coupons.channel": {"currency": "USD", "timezone": "UTC"},
    "coupons.campaign": {"timezone": "UTC", "stacking_group": None},
    "coupons.place": {"latitude": 51.5, "longitude": -0.1, "timezone": "UTC", "opening_hours": []},
    "coupons.benefit": {"type": "amount", "amount_minor": 100, "percent_bp": None},
    "coupons.benefittier": {"amount_minor": 100, "percent_bp": None},
    "coupons.budget": {"coupon": None, "kind": "money", "limit_n": 1000},
    "coupons.coupontarget": {"kind": "product", "category": None, "brand": None},
    "coupons.redemption": {"status": "redeemed", "currency": "USD", "grant": None, "code": None},
    "coupons.coupongrant": {"code": None},
    "django_celery_beat.periodictask": {"crontab": None, "solar": None, "clocked": None, "kwargs": "{}", "args": "[]"},
    "django_celery_beat.crontabschedule": {"timezone": "UTC"},
    "django_celery_beat.solarschedule": {"event": "sunset"},
    "django_celery_beat.intervalschedule": {"period": "hours"},
    "recommender.behaviorevent": {"kind": 4, "quantity": 1, "value_minor": 1250},
    "recommender.policy": {"based_on": None, "max_impressions": None},
    "recommender.slatelog": {"candidates": [1, 2], "scores": [0.5, 0.25], "removed": [0, 1]},
    "recommender.surveyinvitation": {"rating": None},
    "recommender.recommendation": {"score": 0.5, "propensity": 1.0, "reason": {"code": "interest"}},
}
"""What a table's constraints ask for, by its label."""

MOMENTS = {"starts_at": -timedelta(days=1), "ends_at": timedelta(days=9)}
ALWAYS = {"coupons.budget.campaign"}
"""Nullable foreign keys that a constraint asks for all the same."""
ROOTS = ("coupons.category",)
"""Tables that point to themselves: the row pointed to is a root."""


def make_row(model: type[models.Model], *, top: bool = True, **given: Any) -> models.Model:
    """One row; nullable foreign keys are filled for the row that is asked for, not for those it needs."""
    label = model._meta.label_lower
    facts = FACTS.get(label, {}) | given
    values = {
        field.name: facts[field.name] if field.name in facts else _value(field, top=top)
        for field in model._meta.concrete_fields
        if field.name in facts or _needed(field, top=top)
    }
    if label in ROOTS and not top:
        values |= {"parent": None, "level": 1}
    row = model(**values)
    row.save()
    return row


def _needed(field: "models.Field[Any, Any]", *, top: bool) -> bool:
    if field.primary_key and not isinstance(field, models.UUIDField | models.OneToOneField):
        return False
    if isinstance(field, models.ForeignKey):
        return not field.null or top or f"{field.model._meta.label_lower}.{field.name}" in ALWAYS
    optional_text = field.blank and field.empty_strings_allowed
    return not (field.null or field.has_default() or field.has_db_default() or optional_text)


MAKERS: list[tuple[type[Any], Callable[[Any, int], Any]]] = [
    (models.DateTimeField, lambda field, n: timezone.now() + MOMENTS.get(field.name, -timedelta(seconds=n))),
    (models.DateField, lambda _field, n: timezone.now().date() - timedelta(days=n)),
    (models.UUIDField, lambda _field, _n: uuid.uuid4()),
    (models.BooleanField, lambda _field, _n: False),
    (models.FloatField, lambda _field, _n: 0.5),
    (models.DecimalField, lambda _field, n: n % 80),
    (models.IntegerField, lambda _field, n: n),
    (models.JSONField, lambda _field, _n: {}),
    (models.BinaryField, lambda _field, _n: b""),
    (ArrayField, lambda field, _n: [0.25, 0.75] if isinstance(field.base_field, models.FloatField) else []),
    (models.BinaryField, lambda _field, n: b"made up %d" % n),
    (models.URLField, lambda _field, n: f"https://made-up.example/{n}"),
]


def _value(field: "models.Field[Any, Any]", *, top: bool) -> Any:
    number = next(NUMBERS)
    if isinstance(field, models.ForeignKey):
        return make_row(field.remote_field.model, top=False)
    if field.choices:
        return next(iter(field.flatchoices))[0]
    for kind, make in MAKERS:
        if isinstance(field, kind):
            return make(field, number)
    return f"made up {number}"[-(field.max_length or 50) :].strip()


def make_superuser(name: str = "made-up-admin") -> User:
    """Made without hashing a password, which takes most of a second; `force_login` asks for none."""
    return User.objects.create(username=name, password="!", is_staff=True, is_superuser=True)
