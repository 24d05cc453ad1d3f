"""Why a training failed, in words that say what to do. The trace stays in the log."""

import re

from django.utils.translation import gettext, gettext_noop

LINES = 20

CAUSES = (
    (
        r"MemoryError|Cannot allocate|OutOfMemory|SIGKILL|out of memory",
        gettext_noop(
            "The worker ran out of memory. Give it more, or train on fewer weeks (Features, sequence length)."
        ),
    ),
    (
        r"worker died|no sign of life",
        gettext_noop("The worker was stopped or killed while it trained, most often for want of memory. Train again."),
    ),
    (
        r"SplitError|too few campaigns|no campaign",
        gettext_noop("There are too few campaigns with uses to learn from and to test on. Import more history first."),
    ),
    (
        r"task queue \(Redis\)|ConnectionRefused|redis\.exceptions",
        gettext_noop("Redis did not answer. Check that it runs, then train again."),
    ),
    (
        r"OperationalError|server closed the connection|psycopg",
        gettext_noop("The database did not answer. Check that it runs, then train again."),
    ),
    (r"No space left|ENOSPC", gettext_noop("The disk is full. Free space where models and snapshots are kept.")),
    (
        r"ArtefactError",
        gettext_noop("A saved model is damaged or missing. Train again; the new one replaces it."),
    ),
    (r"SettingError", gettext_noop("A setting is not accepted any more. Train again with the defaults.")),
)


def known_cause(error: str) -> str:
    """The likely cause of an error's text and what to do about it; empty where it is not known."""
    return next((gettext(words) for pattern, words in CAUSES if re.search(pattern, error, re.IGNORECASE)), "")


def likely_cause(error: str) -> str:
    """As known_cause, for a page that shows the log; it says where to look where the cause is not known."""
    return known_cause(error) or gettext("Not known. The last lines of the log below say where it stopped.")


def last_lines(log: str) -> str:
    return "\n".join(log.rstrip().splitlines()[-LINES:])
