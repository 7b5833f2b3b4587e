"""Numbers as people read them: no more digits than the measurement carries."""

from __future__ import annotations

import math

from polyclinic.progress import duration

__all__ = ["count", "duration", "megabytes", "percent", "signed_percent", "significant"]

MINUS = "\u2212"
NO_VALUE = "\u2013"


def count(value: float) -> str:
    """Return a whole number with thousands separated: 12,345."""
    return NO_VALUE if not math.isfinite(value) else f"{value:,.0f}".replace("-", MINUS)


def significant(value: float, digits: int = 3) -> str:
    """Return a number with so many significant digits, without an exponent where it stays short.

    Examples: 0.0123, 4.21, 56.7, 1,230, 1.2e−05.
    """
    if math.isnan(value):
        return NO_VALUE
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(float(f"{value:.{digits - 1}e}"))))
    if exponent < -4 or exponent > 9:
        mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
        mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        return f"{mantissa}e{int(power)}".replace("-", MINUS)
    rounded = round(value, digits - 1 - exponent)
    return f"{rounded:,.{max(0, digits - 1 - exponent)}f}".replace("-", MINUS)


def percent(share: float, digits: int = 0) -> str:
    """Return a share of one as a percentage: 61%."""
    return NO_VALUE if not math.isfinite(share) else f"{100 * share:.{digits}f}%".replace("-", MINUS)


def signed_percent(difference: float, low: float, high: float) -> tuple[str, str, str]:
    """Return a difference of shares and its interval as percentages with signs: +34, +28, +40 (without a sign %).

    There are decimals (two at most) where rounding would turn a difference into none, or the interval into a point.
    """
    values = [100 * value for value in (difference, low, high)]
    for digits in (0, 1, 2):
        texts = [f"{value:+.{digits}f}" for value in values]
        hidden = any(value and not float(text) for value, text in zip(values, texts, strict=True))
        if not hidden and (texts[1] != texts[2] or low == high):
            break
    zero = f"{0:.{digits}f}"
    shown = [zero if not float(text) and not value else text for value, text in zip(values, texts, strict=True)]
    middle, least, most = (text.replace("-", MINUS).replace("inf", "∞") for text in shown)
    return middle, least, most


def megabytes(value: float) -> str:
    """Return a number of megabytes: 812 MB, 1.24 GB."""
    return f"{count(value)} MB" if value < 1024 else f"{significant(value / 1024)} GB"
