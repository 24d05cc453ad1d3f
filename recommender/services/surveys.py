"""The one question: a sample of answers by a hash of their id, each shopper at most once in a while."""

import hashlib
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from coupons.errors import NotFound
from coupons.models import Channel
from recommender.models import BehaviorEvent, SurveyInvitation
from recommender.services.impressions import shown_places

ACTIVITY_DAYS = 28


def is_sampled(slate_id: uuid.UUID) -> bool:
    """SURVEY_PERCENT of all answers, always the same ones."""
    number = int(hashlib.sha256(slate_id.bytes).hexdigest()[:8], 16)
    return number % 10_000 < round(settings.SURVEY_PERCENT * 100)


def invite_to_survey(
    *, channel: Channel, slate_id: uuid.UUID, shopper: str | None, now: datetime
) -> SurveyInvitation | None:
    """The question about an answer, kept as asked; None where it is not to be put.

    Not for somebody unknown, nor twice within SURVEY_PAUSE_DAYS, nor once it was answered. Raises NotFound where there
    is no such answer of this shopper (None: of any).
    """
    columns = ("shopper", "shopper__external_id", "model_version")
    first = next(iter(shown_places(slate_id=slate_id, channel=channel, columns=columns)), None)
    if first is None or (shopper is not None and first[1] != shopper):
        raise NotFound("There is no such answer here")
    if first[0] is None or not is_sampled(slate_id):
        return None
    known = SurveyInvitation.objects.filter(slate_id=slate_id).first()
    if known is not None:
        return known if known.rating is None else None
    lately = SurveyInvitation.objects.filter(
        shopper=first[0], asked_at__gt=now - timedelta(days=settings.SURVEY_PAUSE_DAYS)
    )
    if lately.exists():
        return None
    days = BehaviorEvent.objects.filter(
        shopper=first[0], occurred_at__gt=now - timedelta(days=ACTIVITY_DAYS), occurred_at__lte=now
    )
    activity = days.values("occurred_at__date").distinct().count()
    return SurveyInvitation.objects.get_or_create(
        slate_id=slate_id,
        defaults={
            "channel": channel,
            "shopper_id": first[0],
            "model_version_id": first[2],
            "activity": activity,
            "asked_at": now,
        },
    )[0]


@transaction.atomic
def answer_survey(
    *, channel: Channel, slate_id: uuid.UUID, shopper: str | None, rating: int, now: datetime
) -> SurveyInvitation:
    """Keep the rating; of two the last one counts. Raises NotFound where the question was not put to this shopper."""
    row = SurveyInvitation.objects.select_for_update().filter(slate_id=slate_id, channel=channel)
    invitation = row.select_related("shopper").first()
    if invitation is None or (shopper is not None and invitation.shopper.external_id != shopper):
        raise NotFound("There is no such question here")
    invitation.rating, invitation.answered_at = rating, now
    invitation.save(update_fields=["rating", "answered_at"])
    return invitation
