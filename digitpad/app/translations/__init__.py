"""The window's languages.

In: texts of the core, which knows no Qt. Out: the same in the user's language. The texts of the
window itself go through Qt's `tr` where they are used; `update` collects both.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLocale, QTranslator

from digitpad.app.translations.core_texts import TEXTS

_FOLDER = Path(__file__).parent
_PLACEHOLDER = re.compile(r"\{(\d+)\}")


def install(application: QCoreApplication) -> None:
    """Translate the window into the system's language, where there is a translation.

    English has one as well: it holds the plural forms. Without a language of the system, as in many
    a container, numbers are written as in English: "C" would leave out the marks between thousands.
    """
    if QLocale().language() == QLocale.Language.C:
        QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))
    for name in ("digitpad_en", f"digitpad_{QLocale.system().name()}"):
        translator = QTranslator(application)
        if translator.load(name, str(_FOLDER)):
            application.installTranslator(translator)


def core(text: str) -> str:
    """Return a text of the core, a message with its values filled in too, in the user's language.

    A message is recognised by the pattern it was made from, one of `TEXTS`; what stands in its
    places is put into the translation's.
    """
    known = QCoreApplication.translate("core", text)
    if known != text or text in _sources():
        return known
    for pattern, source in _patterns():
        found = pattern.fullmatch(text)
        if found is None:
            continue
        translation = QCoreApplication.translate("core", source)
        if translation != source:
            # Part of a message may be a message itself.
            values = [core(value) if " " in value else value for value in found.groups()]
            return _filled(translation, values)
    return text


def _filled(text: str, values: list[str]) -> str:
    """Return a text with its places, {0} and so on, filled in."""
    return _PLACEHOLDER.sub(lambda place: values[int(place[1])], text)


@cache
def _sources() -> frozenset[str]:
    return frozenset(TEXTS)


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Return the sources that have places, each with what matches its messages; longest first."""
    return [
        (re.compile(_as_pattern(source), re.DOTALL), source)
        for source in sorted(TEXTS, key=len, reverse=True)
        if _PLACEHOLDER.search(source)
    ]


def _as_pattern(source: str) -> str:
    parts = _PLACEHOLDER.split(source)
    return "".join("(.*?)" if index % 2 else re.escape(part) for index, part in enumerate(parts))
