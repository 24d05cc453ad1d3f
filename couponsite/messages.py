"""Strings for people: collect them, keep the catalogues in step, compile them. `python -m couponsite.messages`

Python files are read as syntax trees and templates by Django's own converter, so no gettext program is needed.
"""

import ast
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import django
import polib
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("coupons", "recommender", "couponsite")
TEMPLATES = ("templates",)
LANGUAGES = ("zh_Hans",)
BY_HAND = ("en/LC_MESSAGES/django.po", "zh_Hans/LC_MESSAGES/djangojs.po")
"""Words of other packages, with nothing collected into them: what we call otherwise, what scripts leave in English."""
_SINGLE = {"gettext", "gettext_lazy", "gettext_noop", "_"}
_PLURAL = {"ngettext", "ngettext_lazy"}
_CONTEXT = {"pgettext", "pgettext_lazy"}
_CALL = re.compile(r"\b(?P<name>_|n?p?gettext(?:_lazy|_noop)?)\(")


@dataclass(frozen=True, slots=True, order=True)
class Message:
    """`plural` and `context` are blank where there is none."""

    text: str
    plural: str = ""
    context: str = ""


def messages() -> dict[Message, str]:
    """Every marked string with the first file that it stands in."""
    found: dict[Message, str] = {}
    for file, message in _all():
        found.setdefault(message, str(file.relative_to(ROOT)))
    return found


def _all() -> Iterator[tuple[Path, Message]]:
    from recommender.admin.train_form import setting_words  # after django.setup()

    for text in setting_words():
        yield ROOT / "recommender" / "config.py", Message(text)
    for folder in SOURCES:
        for file in sorted((ROOT / folder).rglob("*.py")):
            for message in python_messages(file.read_text()):
                yield file, message
    for folder in TEMPLATES:
        for file in sorted((ROOT / folder).rglob("*.html")):
            for message in template_messages(file.read_text()):
                yield file, message


def python_messages(source: str) -> Iterator[Message]:
    """Of calls with literal texts; what is put together at run time is marked where it is written, by gettext_noop."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = str(getattr(node.func, "id", "") or getattr(node.func, "attr", ""))
            texts = [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            yield from _message(name, texts)


def _message(name: str, texts: list[str]) -> Iterator[Message]:
    if name in _SINGLE and texts:
        yield Message(texts[0])
    elif name in _PLURAL and len(texts) > 1:
        yield Message(texts[0], plural=texts[1])
    elif name in _CONTEXT and len(texts) > 1:
        yield Message(texts[1], context=texts[0])


def template_messages(source: str) -> Iterator[Message]:
    """Of translate and blocktranslate tags and of `_("…")` in others."""
    code = templatize(source)
    for match in _CALL.finditer(code):
        try:
            call = _balanced(code, match.end())
            texts = [each.value for each in ast.parse(f"f({call})", mode="eval").body.args]  # type: ignore[attr-defined]
        except (SyntaxError, AttributeError, ValueError):
            continue
        yield from _message(match["name"], [text for text in texts if isinstance(text, str)])


def _balanced(code: str, start: int) -> str:
    """The arguments of the call whose bracket opens before `start`."""
    match = re.match(r"(?:[uU]?(?:'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\")|[^()'\"])*\)", code[start:], re.DOTALL)
    if match is None:
        raise ValueError(code[start : start + 40])
    arguments = match.group()[:-1]
    literal = r"[uU]?(?:'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\")"
    return ", ".join(re.findall(literal, arguments, re.DOTALL))


def catalogue(language: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def update(language: str) -> list[Message]:
    """Add what is new and drop what is gone; returns what has no translation."""
    file = catalogue(language)
    old = polib.pofile(str(file), wrapwidth=100) if file.exists() else polib.POFile()
    known = {(entry.msgid, entry.msgctxt or ""): entry for entry in old if not entry.obsolete}
    new = polib.POFile(wrapwidth=100)
    new.header, new.metadata = old.header, old.metadata
    for message, place in messages().items():
        entry = known.get((message.text, message.context)) or polib.POEntry(msgid=message.text)
        new.append(_as_marked(entry, message, place))
    new.save(str(file))
    return untranslated(language)


def _as_marked(entry: polib.POEntry, message: Message, place: str) -> polib.POEntry:
    said: str = entry.msgstr or entry.msgstr_plural.get(0, "")
    entry.occurrences = [(place, "")]
    if message.context:
        entry.msgctxt = message.context
    entry.flags = ["python-format"] if "%(" in message.text or "%s" in message.text else []
    if message.plural:
        entry.msgid_plural, entry.msgstr, entry.msgstr_plural = message.plural, "", {0: said}
    else:
        entry.msgid_plural, entry.msgstr, entry.msgstr_plural = "", said, {}
    return entry


def untranslated(language: str) -> list[Message]:
    """Marked strings that the catalogue lacks or leaves blank."""
    known = {
        (entry.msgid, entry.msgctxt or ""): entry.msgstr or entry.msgstr_plural.get(0, "")
        for entry in polib.pofile(str(catalogue(language)))
    }
    return sorted(message for message in messages() if not known.get((message.text, message.context)))


def by_hand() -> list[Path]:
    return [ROOT / "locale" / name for name in BY_HAND]


def binary(file: Path) -> bytes:
    """The catalogue as Django loads it."""
    return bytes(polib.pofile(str(file)).to_binary())


def main() -> int:
    lacking = 0
    for language in LANGUAGES:
        missing = update(language)
        catalogue(language).with_suffix(".mo").write_bytes(binary(catalogue(language)))
        lacking += len(missing)
        for message in missing:
            sys.stdout.write(f"{language}: {message.text!r}\n")
    for kept in by_hand():
        kept.with_suffix(".mo").write_bytes(binary(kept))
    sys.stdout.write(f"{len(messages())} messages, {lacking} without a translation\n")
    return 1 if lacking else 0


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "couponsite.settings")
    django.setup()
    sys.exit(main())
