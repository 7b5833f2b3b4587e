"""Phones, pagers and faxes: by their form, and by the words beside shorter ones."""

from __future__ import annotations

import re

EXTENSION = (
    r"(?:\s*[,;(]?\s*(?:x|ext\.?|extension|extn\.?|option|opt\.?|press)\s*[.:#]?\s*\d{1,6}\)?|"
    r"\s#\s?\d{1,6}(?!\d)|/\d{4}(?!\d))?"
)
SIGN = r"\s?(?:--|[.\-–·~_•‐‑])\s?"
PHONE = re.compile(
    rf"(?:\+?1[\s.\-]?[(\[]?|[(\[])?\d{{3}}(?:[)\]]\s?[-.]?\s?|\s?[/]\s?|{SIGN}|\s)\d{{3}}(?:{SIGN}|\s)\d{{4}}(?!\d)"
    + EXTENSION,
    re.IGNORECASE,
)
PHONE_JOINED = re.compile(r"(?:\(\d{3}\)\s?|\d{3}[-.–\s])\d{7}(?!\d)" + EXTENSION, re.IGNORECASE)
PHONE_OF_SEVEN = re.compile(r"\d{3}[-.–]\d{4}(?!\d|[-–.]\d)" + EXTENSION, re.IGNORECASE)
SEVEN_APART = re.compile(r"\d{3} \d{4}(?!\d|[-–./:]\d|\s\d)" + EXTENSION, re.IGNORECASE)
INTERNATIONAL = re.compile(
    r"\d{1,3}[\s.\-]?(?:\(0?\d{0,4}\)[\s.\-]?)?\d{1,5}(?:[\s.\-]?\d{2,5}){1,4}(?!\d)" + EXTENSION
)
NATIONAL = re.compile(
    r"(?:0\d{2,4}\)?[\s\-]\d{3,4}[\s\-]?\d{3,4}|0\d{4,5}[\s\-]\d{5,6}|07\d{3}\s?\d{6}|0\d(?:[\s.]\d{2}){4}|"
    r"00\d{0,3}[\s.-]\d{1,3}[\s.-]\d{2,5}(?:[\s.-]\d{2,5}){1,3}|0\d{10})(?!\d)" + EXTENSION
)
# 1-800-FLOWERS, 800-GET-WELL, 1-800-555-CARE
WITH_LETTERS = re.compile(
    r"(?:1[-. ])?8(?:00|22|33|44|55|66|77|88)[-. ](?:[A-Z]{7}|[A-Z0-9]{3}-?[A-Z0-9]{4})(?![A-Za-z0-9])"
)
# (pager), (fax), - cell: a label behind the number
LABEL_BEHIND = re.compile(
    r"\s?(?:[(\[-]|is\s+(?:his|her|the|their|my)\s)\s?(pager|beeper|phone|cell|mobile|home|work|office|ext|extension|"
    r"fax|facsimile|tel|direct|landline|voicemail)\b",
    re.IGNORECASE,
)
FAX_BEHIND = re.compile(r"\s?(?:[(\[-]\s?)?(?:e-?)?fax\b", re.IGNORECASE)
