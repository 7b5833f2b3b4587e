"""Quantiles of the normal and of Student's distribution, and what follows from them: power, and how far out a
bootstrap must be read.
"""

from __future__ import annotations

import math
from statistics import NormalDist


def expanded(confidence: float, clusters: int) -> float:
    """Return the confidence a percentile bootstrap must be read at to cover `confidence` with few clusters.

    A bootstrap sample of n varies by (n - 1) / n too little and knows nothing of Student's t; both are made up for
    by quantiles further out (Hesterberg 2015, "What teachers should know about the bootstrap", expanded percentile).
    """
    if clusters < 2:
        return confidence
    reach = math.sqrt(clusters / (clusters - 1)) * student_quantile(confidence, clusters - 1)
    return 2 * NormalDist().cdf(reach) - 1


def student_quantile(confidence: float, freedom: int) -> float:
    """Return t so that a value of Student's t with `freedom` degrees lies within -t and t with this probability."""
    z = normal_quantile(confidence)
    if freedom > 100:  # Abramowitz & Stegun 26.7.5; exact to six digits from here on
        second = (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
        return z + (z**3 + z) / (4 * freedom) + second + third
    low, high = 0.0, math.pi / 2  # of the angle arctan(t / sqrt(freedom)), in which the probability is a finite sum
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _student_inside(middle, freedom) < confidence else (low, middle)
    return math.tan(low) * math.sqrt(freedom)


def normal_quantile(confidence: float) -> float:
    """Return z so that a normal value lies within -z and z with this probability: 1.96 for 0.95."""
    return NormalDist().inv_cdf((1 + confidence) / 2)


def items_needed(spread: float, difference: float, confidence: float = 0.95, power: float = 0.8) -> int | None:
    """Return how many items show a difference of this size: ((z_confidence + z_power) * spread / difference)^2.

    None when the difference is zero: no number of items would show it.

    Args:
        spread: standard deviation of the paired differences.
        difference: the true mean difference supposed.
        confidence: of the two-sided interval.
        power: chance of its excluding zero.
    """
    if difference == 0:
        return None
    z = normal_quantile(confidence) + NormalDist().inv_cdf(power)
    return max(1, math.ceil((z * spread / difference) ** 2))


def detectable_difference(error: float, confidence: float = 0.95, power: float = 0.8) -> float:
    """Return the smallest true difference that is shown with this power: (z_confidence + z_power) * error.

    Args:
        error: standard error of the paired difference.
        confidence: of the two-sided interval.
        power: chance of its excluding zero.
    """
    return (normal_quantile(confidence) + NormalDist().inv_cdf(power)) * error


def _student_inside(angle: float, freedom: int) -> float:
    """Return the probability within -t and t, where t = tan(angle) sqrt(freedom) (Abramowitz & Stegun 26.7.3, 4)."""
    cosine = math.cos(angle)
    term, total = (cosine, 0.0) if freedom % 2 else (1.0, 0.0)
    for k in range(1 + freedom % 2, freedom, 2):
        total += term
        term *= cosine**2 * k / (k + 1)
    if freedom % 2:
        return 2 / math.pi * (angle + math.sin(angle) * total)
    return math.sin(angle) * total
