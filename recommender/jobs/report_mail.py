"""The report of a training by e-mail, the PDF attached. Worker side only."""

from collections.abc import Sequence

from django.conf import settings
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext as _

from recommender.jobs.report_file import make_report
from recommender.models import TrainingReport, TrainingRun
from recommender.verdicts import verdict_words

REMEMBERED_SECONDS = 24 * 3600


def mail_report(*, run_id: int, recipients: Sequence[str], link: str, request_id: str) -> bool:
    """Send it, and once however often the request comes back; whether a letter left now.

    Everybody gets a letter of their own, so that nobody learns the others' addresses. Raises what the mail server's
    refusal raises (SMTPException, OSError); who has theirs by then is not written to again.
    """
    report = TrainingReport.objects.filter(run=run_id).first() or make_report(run_id=run_id)
    if report is None:
        return False
    run = TrainingRun.objects.select_related("version").get(pk=run_id)
    sent = [_send_once(run, bytes(report.pdf), address, link, f"{request_id}:{address}") for address in recipients]
    return any(sent)


def _send_once(run: TrainingRun, pdf: bytes, address: str, link: str, name: str) -> bool:
    """A worker that dies while sending leaves a letter unsent rather than sent twice."""
    key = f"report-mail:{name}"
    if not cache.add(key, 1, REMEMBERED_SECONDS):
        return False
    with translation.override(settings.LANGUAGE_CODE):  # a worker serves nobody whose language it could know
        message = EmailMessage(_subject(run), _body(run, link), to=[address])
    message.attach(f"run-{run.pk}-report.pdf", pdf, "application/pdf")
    try:
        message.send()
    except Exception:
        cache.delete(key)
        raise
    return True


def _subject(run: TrainingRun) -> str:
    names = {"run": run.pk, "status": run.get_status_display()}
    return _("Training run %(run)s: %(status)s") % names


def _body(run: TrainingRun, link: str) -> str:
    version = getattr(run, "version", None)
    lines = [_("The report of training run %(run)s is attached.") % {"run": run.pk}]
    if version is not None:
        lines.append(
            _("Model %(version)s is %(status)s.") % {"version": version, "status": version.get_status_display()}
        )
        lines.append(verdict_words(version.verdict))
    lines.append(link)
    return "\n\n".join(line for line in lines if line)
