"""Numbers as the user's locale writes and reads them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

from PySide6.QtCore import QCoreApplication, QLocale


def whole(number: float) -> str:
    """Return an integer with the locale's marks between thousands."""
    return QLocale().toString(int(number))


def decimal(number: float, places: int) -> str:
    """Return a number with so many decimals."""
    return QLocale().toString(float(number), "f", places)


def general(number: float, digits: int = 4) -> str:
    """Return a number with so many significant digits, with an exponent where it is shorter."""
    if not math.isfinite(number):
        return "–"
    text = f"{number:.{digits}g}"
    return localised(text)


def plain(number: float) -> str:
    """Return a number without an exponent and without superfluous zeros."""
    text = f"{number:,.10f}".rstrip("0").rstrip(".")
    return localised(text)


def typed(number: float) -> str:
    """Return a number as one types it: without marks between thousands."""
    return f"{number:.10g}".replace(".", QLocale().decimalPoint())


def percent(share: float, places: int = 1) -> str:
    """Return a share, 0 to 1, in percent."""
    return f"{decimal(100 * share, places)}\N{NO-BREAK SPACE}%"


def duration(seconds: float) -> str:
    """Return a time as people say it: “45 s”, “12 min”, “2 h 5 min”."""
    if not seconds < 1e9:
        return "–"
    if seconds < 90:
        text = QCoreApplication.translate("numbers", "{seconds} s")
        return text.format(seconds=round(seconds))
    minutes = round(seconds / 60)
    if minutes < 90:
        return QCoreApplication.translate("numbers", "{minutes} min").format(minutes=minutes)
    text = QCoreApplication.translate("numbers", "{hours} h {minutes} min")
    return text.format(hours=minutes // 60, minutes=minutes % 60)


def localised(text: str) -> str:
    """Return a number that a program has written, such as “1,234.5”, as the locale writes it."""
    if text.isdecimal():
        return whole(int(text))
    locale = QLocale()
    group = locale.groupSeparator()
    if locale.numberOptions() & QLocale.NumberOption.OmitGroupSeparator:
        group = ""
    marks = {",": group, ".": locale.decimalPoint()}
    return "".join(marks.get(mark, mark) for mark in text)


def as_python(text: str) -> str:
    """Return a number that was typed as `float` and `int` read it; other text as it is.

    Both the locale's writing is understood (“0,5” and “10.000” in German) and the usual one of
    programs (“0.5”, “10,000”, “1e-3”); where a text is a number in both, the locale's counts.
    """
    text = text.strip()
    locale = QLocale()
    locale.setNumberOptions(QLocale.NumberOption.DefaultNumberOptions)
    for each in (locale, QLocale(QLocale.Language.English)):
        number, valid = each.toDouble(text)
        if valid and math.isfinite(number):
            if number.is_integer() and abs(number) < 2**53 and "e" not in text.lower():
                return str(int(number))
            return repr(number)
    return text


def sum_places(terms: Sequence[float], digits: int = 4) -> int:
    """Return with how many decimals a sum and its terms add up as they are written.

    The fewest that write all of them exactly, or else give the smallest so many significant digits.
    Terms of less than 1e-11 of the largest do not count: float64 hardly notices them.

    Parameters
    ----------
    terms : sequence of float
        The sum is computed here.
    digits : int
        Significant ones of the smallest.
    """
    total = math.fsum(terms)
    if not math.isfinite(total) or not any(terms):
        return 0
    every = [*terms, total]
    largest = max(map(abs, every))
    smallest = min(abs(each) for each in every if abs(each) > 1e-11 * largest)
    first = max(0, digits - 1 - math.floor(math.log10(smallest)))
    for places in range(first):
        if all(abs(round(each, places) - each) < 1e-12 * largest for each in every):
            return places
    # Each rounded by itself may leave the last digit wrong by one: another decimal mostly mends it.
    for places in range(first, first + 6):
        *rounded, of_total = (Decimal(f"{each:.{places}f}") for each in every)
        if sum(rounded) == of_total:
            return places
    return first


def significant(number: float, places: int) -> int:
    """Return how many significant digits a number with so many decimals has; at least 1."""
    if not number or not math.isfinite(number):
        return 1
    return max(1, places + 1 + math.floor(math.log10(abs(number))))


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Return round numbers for an axis: multiples of 1, 2 or 5 times a power of ten.

    Parameters
    ----------
    low, high : float
        What the axis shows.
    most : int
        There are at most so many, and as many as that allows.
    """
    if not low < high:
        return [low]
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    # Already the step of 10 leaves few enough; rounding may need the next.
    for step in (power, 2 * power, 5 * power, 10 * power, 20 * power):
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first < most:
            break
    return [number * step for number in range(first, last + 1)]
