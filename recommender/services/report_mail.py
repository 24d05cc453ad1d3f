"""Asking for the report of a training by e-mail. It is drawn and sent by a worker: recommender.jobs.report_mail."""

import logging
import uuid
from collections.abc import Iterable, Sequence

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError as BrokerError

logger = logging.getLogger(__name__)

MOST_RECIPIENTS = 20
NOWHERE = "django.core.mail.backends.dummy.EmailBackend"


def can_send_mail() -> bool:
    """Whether the site has a mail server at all."""
    return bool(settings.EMAIL_BACKEND != NOWHERE)


def clean_recipients(addresses: Iterable[str]) -> list[str]:
    """The addresses once each, in their order. Raises ValidationError naming the one that is none, or too many."""
    found = list(dict.fromkeys(address.strip() for address in addresses if address.strip()))
    for address in found:
        try:
            validate_email(address)
        except ValidationError:
            raise ValidationError(_("%(address)s is not an e-mail address") % {"address": address}) from None
    if len(found) > MOST_RECIPIENTS:
        raise ValidationError(_("At most %(most)d addresses") % {"most": MOST_RECIPIENTS})
    return found


def request_report_mail(*, run_id: int, recipients: Sequence[str], link: str = "") -> bool:
    """Have a worker send the run's report, with `link` to its page; False where the queue does not answer.

    Raises ValidationError for recipients that clean_recipients refuses, before anything is asked for.
    """
    from recommender import tasks

    addresses = clean_recipients(recipients)
    try:
        tasks.mail_training_report.delay(run_id, addresses, link, uuid.uuid4().hex)
    except (BrokerError, OSError):
        logger.exception("The report of training run %s could not be asked for", run_id)
        return False
    return True
