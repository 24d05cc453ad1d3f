"""Codes by the million: made in resumable chunks, read from and written to CSV as streams."""

import csv
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from coupons.codes import CODE_LENGTH, normalise_code, random_code
from coupons.enums import BatchStatus
from coupons.errors import Malformed, NotFound
from coupons.models import CodeBatch, Coupon, CouponCode

CHUNK = 20_000
START_WITHIN = timedelta(minutes=1)
"""A batch that is older than this and that nobody works on has been forgotten by the queue."""
_LOCKS = 20_260_001  # the class of this module's advisory locks
MAX_LENGTH = 40


def create_code_batch(
    *,
    coupon: Coupon,
    name: str,
    size: int,
    prefix: str = "",
    uses_per_code: int | None = 1,
    usage_limit: int | None = None,
) -> CodeBatch:
    """A batch to be made by generate_codes. Raises Malformed."""
    if size < 1:
        raise Malformed("size: from 1")
    if len(normalise_code(prefix)) + CODE_LENGTH > MAX_LENGTH:
        raise Malformed("prefix: too long")
    return CodeBatch.objects.create(
        coupon=coupon, name=name, size=size, prefix=prefix, uses_per_code=uses_per_code, usage_limit=usage_limit
    )


def generate_codes(*, batch_id: int, now: datetime, chunk: int = CHUNK) -> int:
    """Make what the batch still lacks; returns how many codes it has. Safe to run twice, at once or after a kill.

    Each chunk is one transaction that writes codes and progress together; memory is one chunk.
    """
    with _at_work(batch_id):
        while True:
            made = _next_chunk(batch_id, now, chunk)
            if made is not None:
                return made


def finish_code_batches(*, now: datetime) -> int:
    """Make the codes of batches that nobody is at work on: the queue was down when they were asked for, or their
    worker died. Returns how many batches were finished.
    """
    waiting = CodeBatch.objects.filter(
        status__in=[BatchStatus.PENDING, BatchStatus.RUNNING], created_at__lte=now - START_WITHIN
    )
    finished = 0
    for batch_id in waiting.order_by("pk").values_list("pk", flat=True):
        if _is_left_alone(batch_id):
            generate_codes(batch_id=batch_id, now=now)
            finished += 1
    return finished


@contextmanager
def _at_work(batch_id: int) -> Iterator[None]:
    """Shared by all who make this batch; the server lets go of it when a worker's connection dies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock_shared(%s, %s)", [_LOCKS, batch_id % 2**31])
    try:
        yield
    finally:
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_shared(%s, %s)", [_LOCKS, batch_id % 2**31])


def _is_left_alone(batch_id: int) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_LOCKS, batch_id % 2**31])
        return bool(cursor.fetchone()[0])


def _next_chunk(batch_id: int, now: datetime, chunk: int) -> int | None:
    with transaction.atomic():
        batch = CodeBatch.objects.select_for_update().select_related("coupon__campaign").filter(pk=batch_id).first()
        if batch is None:
            raise NotFound(_("There is no such batch"))
        missing = batch.size - batch.generated_n
        if not missing:
            if batch.status != BatchStatus.DONE:
                CodeBatch.objects.filter(pk=batch_id).update(status=BatchStatus.DONE, finished_at=now)
            return batch.generated_n
        codes = {random_code(batch.prefix) for _ in range(min(chunk, missing))}
        written = _copy(batch, ((code, code) for code in codes), batch.uses_per_code)
        CodeBatch.objects.filter(pk=batch_id).update(generated_n=F("generated_n") + written, status=BatchStatus.RUNNING)
    return None


def _copy(batch: CodeBatch, codes: Iterable[tuple[str, str]], uses: int | None) -> int:
    """COPY into a scratch table, then insert what is new; returns how many were."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE new_codes (code text, code_norm text) ON COMMIT DROP")
        with cursor.copy("COPY new_codes (code, code_norm) FROM STDIN") as copy:
            for row in codes:
                copy.write_row(row)
        cursor.execute(
            "INSERT INTO coupons_couponcode (channel_id, coupon_id, batch_id, code, code_norm, usage_limit)"
            " SELECT %s, %s, %s, code, code_norm, %s FROM new_codes"
            " ON CONFLICT (channel_id, code_norm) DO NOTHING",
            [batch.coupon.campaign.channel_id, batch.coupon_id, batch.pk, uses],
        )
        written = int(cursor.rowcount)
        cursor.execute("DROP TABLE new_codes")
        return written


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line of a code file that was not taken; 1 is the first line of the file."""

    line: int
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class ImportedCodes:
    new: int
    bad: tuple[BadLine, ...]
    more_bad: int = 0


def import_codes(*, batch: CodeBatch, lines: Iterable[str], chunk: int = CHUNK, report: int = 1_000) -> ImportedCodes:
    """Read codes from the first column of CSV lines, chunk by chunk. A code that is known anywhere is a bad line.

    At most `report` bad lines are named; `more_bad` counts the others. The batch's size grows by what came in.
    """
    bad: list[BadLine] = []
    new = more = 0
    for rows, problems in _chunks(lines, chunk):
        found, known = _take_chunk(batch, rows)
        new += found
        for problem in sorted([*problems, *known], key=lambda problem: problem.line):
            if len(bad) < report:
                bad.append(problem)
            else:
                more += 1
    return ImportedCodes(new, tuple(bad), more)


def _chunks(lines: Iterable[str], chunk: int) -> Iterator[tuple[list[tuple[int, str, str]], list[BadLine]]]:
    rows: list[tuple[int, str, str]] = []
    problems: list[BadLine] = []
    for number, row in enumerate(csv.reader(lines), start=1):
        text = row[0].strip() if row else ""
        if number == 1 and text.lower() in {"code", "\ufeffcode"}:
            continue
        norm = normalise_code(text)
        reason = _problem(text, norm)
        if reason:
            problems.append(BadLine(number, text[:MAX_LENGTH], reason))
        else:
            rows.append((number, text, norm))
        if len(rows) + len(problems) >= chunk:
            yield rows, problems
            rows, problems = [], []
    yield rows, problems


def _problem(text: str, norm: str) -> str:
    if not norm:
        return "empty"
    if len(text) > MAX_LENGTH or len(norm) > MAX_LENGTH:
        return f"longer than {MAX_LENGTH} characters"
    if not norm.isalnum():
        return "letters and digits are expected"
    return ""


def _take_chunk(batch: CodeBatch, rows: list[tuple[int, str, str]]) -> tuple[int, list[BadLine]]:
    first: dict[str, tuple[int, str]] = {}
    problems = []
    for number, text, norm in rows:
        if norm in first:
            problems.append(BadLine(number, text, f"the same code as in line {first[norm][0]}"))
        else:
            first[norm] = (number, text)
    channel = batch.coupon.campaign.channel_id
    with transaction.atomic():
        known = set(
            CouponCode.objects.filter(channel=channel, code_norm__in=list(first)).values_list("code_norm", flat=True)
        )
        problems += [BadLine(*first[norm], "known already") for norm in known]
        fresh = [(text, norm) for norm, (_, text) in first.items() if norm not in known]
        written = _copy(batch, fresh, batch.uses_per_code) if fresh else 0
        CodeBatch.objects.filter(pk=batch.pk).update(size=F("size") + written, generated_n=F("generated_n") + written)
    return written, problems


def export_codes(*, batch: CodeBatch) -> Iterator[str]:
    """The batch as CSV, a few thousand lines at a time, from a server-side cursor."""
    yield "code,uses,held,redeemed\r\n"
    rows = CouponCode.objects.filter(batch=batch).order_by("pk")
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for number, row in enumerate(
        rows.values_list("code", "usage_limit", "held_n", "redeemed_n").iterator(chunk_size=5_000), start=1
    ):
        writer.writerow(row)
        if number % 5_000 == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()
