"""Numbers as people read them: no more digits than the measurement carries."""

from __future__ import annotations

import math

from polyclinic.progress import duration

__all__ = ["count", "duration", "megabytes", "percent", "points", "points_interval", "significant"]

MINUS = "\u2212"
NO_VALUE = "\u2013"


def count(value: float) -> str:
    """Return a whole number with thousands separated: 12,345."""
    return NO_VALUE if not math.isfinite(value) else f"{value:,.0f}".replace("-", MINUS)


def significant(value: float, digits: int = 3) -> str:
    """Return a number with so many significant digits, without an exponent where it stays short.

    Examples: 0.0123, 4.21, 56.7, 1,230, 1.2e−05.
    """
    if not math.isfinite(value):
        return NO_VALUE
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


def points(difference: float, digits: int = 0) -> str:
    """Return a difference of two shares in percentage points, with its sign: +34, −0.4."""
    return NO_VALUE if not math.isfinite(difference) else f"{100 * difference:+.{digits}f}".replace("-", MINUS)


def points_interval(difference: float, low: float, high: float) -> tuple[str, str, str]:
    """Return a difference and its interval in points, with a decimal where rounding would hide a sign."""
    digits = 0 if all(abs(value) >= 0.005 for value in (difference, low, high)) else 1
    return points(difference, digits), points(low, digits), points(high, digits)


def megabytes(value: float) -> str:
    """Return a number of megabytes: 812 MB, 1.24 GB."""
    return f"{count(value)} MB" if value < 1024 else f"{significant(value / 1024)} GB"
