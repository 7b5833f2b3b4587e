"""ROUGE F1 of a reply and its references (Lin 2004), and the two variants behind published figures.

For n-grams matched with clipping, P = matched / n-grams of the reply, R = matched / n-grams of the reference,
F1 = 2 P R / (P + R); ROUGE-L takes the longest common subsequence of words. Equal to the package rouge-score without
stemming where the words are divided by the rule `rouge`. Of several references the best F1 counts.
"""

from __future__ import annotations

from collections.abc import Sequence

from polyclinic.evals.scoring.overlap import f_measure, grams, longest_common, shared, shared_columns

EPSILON = 1e-8  # of the packages rouge and rouge_chinese


def rouge_f1(reply: Sequence[str], references: Sequence[Sequence[str]]) -> tuple[float, float, float]:
    """Return ROUGE-1, ROUGE-2 and ROUGE-L F1, each of the reference that is best for it.

    Args:
        reply: words.
        references: words of each reference; at least one.
    """
    if len(references) == 1:
        return _against(reply, references[0])
    best = (0.0, 0.0, 0.0)
    for reference in references:
        found = _against(reply, reference)
        best = (max(best[0], found[0]), max(best[1], found[1]), max(best[2], found[2]))
    return best


def rouge_columns(
    replies: Sequence[Sequence[str]], golds: Sequence[Sequence[str]]
) -> list[tuple[float, float, float]]:
    """Return what `rouge_f1` does for many replies with one reference each."""
    counts = shared_columns(replies, golds, 2)
    return [_of_counts(reply, gold, *both) for reply, gold, both in zip(replies, golds, counts, strict=True)]


def _against(reply: Sequence[str], reference: Sequence[str]) -> tuple[float, float, float]:
    n, m = len(reply), len(reference)
    one = shared(reply, reference)
    if not one:
        return 0.0, 0.0, 0.0
    two = shared(reply, reference, 2) if n > 1 and m > 1 else 0
    return _of_counts(reply, reference, one, two)


def _of_counts(reply: Sequence[str], reference: Sequence[str], one: int, two: int) -> tuple[float, float, float]:
    if not one:
        return 0.0, 0.0, 0.0
    n, m = len(reply), len(reference)
    longest = n if reply == reference else longest_common(reply, reference)
    return f_measure(one, n, m), f_measure(two, n - 1, m - 1), f_measure(longest, n, m)


def rouge_package_l(reply: str, reference: str) -> float:
    """Return ROUGE-L F1 as the package `rouge` 1.0.1 counts it: MedS-Bench prints it as ROUGE-1.

    Sentences end at every period, words stand between spaces; the denominators count *distinct* words, and the
    numerator the distinct words in the union of the longest common subsequences of all pairs of sentences.
    Returns 0 for a text without a sentence, for which the package raises.
    """
    replied, expected = (
        [" ".join(part.split()).split(" ") for part in text.split(".") if part] for text in (reply, reference)
    )
    if not replied or not expected:
        return 0.0
    n = len({word for sentence in replied for word in sentence})
    m = len({word for sentence in expected for word in sentence})
    union: set[str] = set()
    for sentence in expected:
        for other in replied:
            union.update(_subsequence(sentence, other))
    return _with_epsilon(len(union), n, m)


def rouge_chinese_l(reply: Sequence[str], reference: Sequence[str]) -> tuple[float, float, float]:
    """Return ROUGE-1, ROUGE-2 (of *distinct* n-grams) and ROUGE-L F1 as `rouge_chinese` 1.0.3 counts them.

    Args:
        reply: words by the rule `characters`; none are replaced by the two of "无 。", as MedCare does.
        reference: the same of the reference.
    """
    left, right = list(reply) or ["无", "。"], list(reference) or ["无", "。"]
    found = []
    for order in (1, 2):
        one, other = set(grams(left, order)), set(grams(right, order))
        found.append(_with_epsilon(len(one & other), len(one), len(other)))
    # Of empty lines between sentences the package makes empty words; the rule leaves no lines.
    longest = len(left) if left == right else longest_common(left, right)
    return found[0], found[1], _with_epsilon(longest, len(left), len(right))


def _with_epsilon(matched: int, predicted: int, gold: int) -> float:
    precision = matched / predicted if predicted else 0.0
    recall = matched / gold if gold else 0.0
    return 2.0 * ((precision * recall) / (precision + recall + EPSILON))


def _subsequence(one: list[str], other: list[str]) -> set[str]:
    """Return the words of the longest common subsequence that the package `rouge` walks back to.

    Where two ways are as long it drops the last word of `other`; with another choice the union may differ.
    """
    if one == other:
        return set(one)
    # A word of `other` that `one` lacks is passed over on every way back, so it need not be in the table.
    there = set(one)
    other = [word for word in other if word in there]
    n, m = len(one), len(other)
    rows = [[0] * (m + 1)]
    for word in one:
        above, row = rows[-1], [0]
        for j, right in enumerate(other):
            row.append(above[j] + 1 if word == right else max(above[j + 1], row[j]))
        rows.append(row)
    found: set[str] = set()
    while n and m:
        if one[n - 1] == other[m - 1]:
            found.add(one[n - 1])
            n, m = n - 1, m - 1
        elif rows[n - 1][m] > rows[n][m - 1]:
            n -= 1
        else:
            m -= 1
    return found
