"""How far a long step is: a bar where somebody watches, a line every few seconds where a log does."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

_BAR = 30
_TTY_SECONDS, _LOG_SECONDS = 0.2, 5.0


class Progress:
    """`with Progress(...) as progress: progress.advance_to(rows)`. Rates count from where the run started."""

    def __init__(
        self,
        label: str,
        *,
        total: int | None,
        start: int = 0,
        stream: TextIO,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.label, self.total, self.start, self.stream, self.clock = label, total, start, stream, clock
        self.watched = stream.isatty()
        self.began = self.said = clock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.watched:
            self.stream.write("\r\x1b[K")
            self.stream.flush()

    def advance_to(self, rows: int) -> None:
        """`rows` of the total are done."""
        now = self.clock()
        if now - self.said < (_TTY_SECONDS if self.watched else _LOG_SECONDS):
            return
        self.said = now
        text = self._text(rows, now - self.began)
        self.stream.write(f"\r\x1b[K{text}" if self.watched else f"{text}\n")
        self.stream.flush()

    def _text(self, rows: int, seconds: float) -> str:
        rate = (rows - self.start) / seconds if seconds > 0 else 0.0
        if not self.total:
            return f"{self.label}: {rows:,} rows, {rate:,.0f} rows/s"
        share = min(rows / self.total, 1.0)
        bar = f"[{'#' * round(share * _BAR):<{_BAR}}] " if self.watched else ""
        left = max(self.total - rows, 0) / rate if rate else 0.0
        return (
            f"{self.label}: {bar}{share:4.0%}  {rows:,} of {self.total:,} rows, {rate:,.0f} rows/s, "
            f"{int(left // 60)}:{int(left % 60):02d} left"
        )
