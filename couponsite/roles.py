"""The four roles that staff get as groups: what each may do, made once and then left to the shop's own changes."""

from collections.abc import Iterable, Mapping

from django.contrib.auth.models import Group, Permission
from django.db import transaction

SECRETS = frozenset({"apikey", "webhookendpoint", "webhookdelivery", "idempotencykey"})
"""Tables of the coupons app that say how other systems get in: for administrators."""

ROLES: Mapping[str, tuple[str, ...]] = {
    "Analyst": (),
    "Operator": (
        "coupons.add_campaign", "coupons.change_campaign", "coupons.submit_campaign", "coupons.run_campaign",
        "coupons.add_coupon", "coupons.change_coupon",
        "coupons.add_budget", "coupons.change_budget", "coupons.delete_budget",
        "coupons.add_coupontarget", "coupons.change_coupontarget", "coupons.delete_coupontarget",
        "coupons.add_stackinggroup", "coupons.change_stackinggroup",
        "coupons.add_campaignmember", "coupons.delete_campaignmember",
        "coupons.add_coupongrant", "coupons.change_coupongrant",
        "coupons.add_codebatch", "coupons.export_codebatch", "coupons.change_couponcode",
        "coupons.add_shopper", "coupons.change_shopper",
        "coupons.add_importrun",
        "recommender.add_policy", "recommender.change_policy",
        "recommender.add_experiment", "recommender.change_experiment",
    ),
    "Approver": (
        "coupons.approve_campaign", "coupons.run_campaign",
        "recommender.promote_policy", "recommender.run_experiment",
    ),
    "Data scientist": (
        "recommender.train_model", "recommender.activate_modelversion", "recommender.change_modelversion",
        "recommender.add_trainingrun", "recommender.change_trainingrun",
        "recommender.add_policy", "recommender.change_policy",
        "recommender.add_experiment", "recommender.change_experiment", "recommender.run_experiment",
        "django_celery_beat.view_periodictask", "django_celery_beat.change_periodictask",
        "django_celery_beat.view_crontabschedule", "django_celery_beat.add_crontabschedule",
        "django_celery_beat.change_crontabschedule",
        "django_celery_beat.view_intervalschedule", "django_celery_beat.add_intervalschedule",
        "django_celery_beat.change_intervalschedule",
    ),
}  # fmt: skip
"""What a role may do beyond reading; everybody here may read what the analyst reads."""


def ensure_roles() -> list[str]:
    """Make the groups that are missing; returns their names. A group that exists is never changed.

    Permissions exist only after `migrate`, so this runs after it and not in a migration.
    """
    made = []
    for name, codenames in ROLES.items():
        with transaction.atomic():
            group, new = Group.objects.get_or_create(name=name)
            if new:
                group.permissions.set([*readable(), *named(codenames)])
                made.append(name)
    return made


def readable() -> Iterable[Permission]:
    """To view every table of ours, secrets apart."""
    rows = Permission.objects.filter(
        content_type__app_label__in=["coupons", "recommender"], codename__startswith="view_"
    )
    return rows.exclude(content_type__app_label="coupons", content_type__model__in=SECRETS)


def named(codenames: Iterable[str]) -> list[Permission]:
    """Permissions by `app.codename`. Raises Permission.DoesNotExist for one that there is not."""
    split = [name.split(".", 1) for name in codenames]
    return [Permission.objects.get(content_type__app_label=app, codename=codename) for app, codename in split]
