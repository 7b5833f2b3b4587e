"""Numbers of licences without a label, behind a degree or a council: PsyD (PSY 30417), GOsC 7742."""

from __future__ import annotations

import re

from polyclinic.deidentify.dates.calendar_numbers import is_year
from polyclinic.deidentify.numbers.shapes import UNIT
from polyclinic.deidentify.spans import Span

# Degrees and councils, and perhaps a word for a licence and letters of its number.
_DEGREES = (
    r"M\.?D|D\.?O|MBBS|MB ?BCh|MB ?ChB|BMBS|FRC[A-Z]{1,3}|MRC[A-Z]{1,3}|FAC[A-Z]{1,3}|R\.?N|LPN|LVN|APRN|ARNP|"
    r"[A-Z]?NP(?:-[A-Z]{1,2})?|CRNA|CNM|CNS|"
    r"PA-?C|PharmD|RPh|LCSW|LICSW|LMSW|MSW|LMFT|LPCC?|LMHC|LCPC|PsyD|Psy\.D\.?|Ph\.?D|OTR/?L?|OTD?|COTA/?L?|DPT|"
    r"PTA?|CCC-SLP|SLP|RD|RDN|LDN?|"
    r"RRT|CRT|BCBA(?:-D)?|DDS|DMD|DVM|DPM|DC|OD|LAc|LMT|EMT(?:-[A-Z])?|NREMT|EMT-?P|CHW|ABSM|CADC|CGC|"
    r"Psychologist|Psychiatrist|Physiotherapist|"
    r"Paramedic|Interpreter|Counsell?or|Midwife|Pharmacist|Therapist|Optometrist|Dentist|Chiropractor|Osteopath|"
    r"Podiatrist|Dietitian|"
    r"Audiologist|Notary(?: Public)?"
)
_COUNCILS = (
    r"GMC|NMC|HCPC|GPhC|GDC|GOC|GOsC|GCC|GCRB|BACP|UKCP|BPS|BABCP|CORU|IMC|NMBI|PSI|MCRN|AHPRA|APRA|MCNZ|"
    r"CPS[A-Z]{1,2}|CMQ|OIIQ|CNO|CRNBC|BCCNM|"
    r"OCP|HPCSA|SANC|SAPC|MDCN|NMCN|PMDC|PMC|PRC|SMC|MMC|NMRA|SLMC|MCI|BMDC|KMPDC|DHA|HAAD|SCFHS|NBCOT|ASHA|NCCPA|"
    r"ANCC|BOC|SRP|PSY|LIC"
)
PROFESSION = re.compile(
    rf"(?<![A-Za-z])(?:(?:{_DEGREES})\b\.?|({_COUNCILS})\b)(?:\s?[,;:-]?\s?(?:#|\(|\[|no\.?|number|"
    rf"reg(?:istration)?\.?|lic(?:en[cs]e)?\.?|[A-Z]{{2}}\s[Ll]ic\.?|:)){{0,3}}\s?"
    r"((?:[A-Z]{1,4}[ .-])?)$"
)
TIME = re.compile(r"(?:[01]\d|2[0-3])[0-5]\d")


def of_profession(text: str, begin: int, end: int, token: str, digits: int) -> Span | None:
    """Return the number of a licence that stands from `begin` to `end`, with letters before it; None without one."""
    if not (4 <= digits <= 8 and 4 <= len(token) <= 10) or token[-1].islower() or UNIT.match(text, end):
        return None
    if text[end : end + 1] in ("/", ":", "%", "-") or (digits == 4 and token.isdigit() and is_year(int(token))):
        return None
    found = PROFESSION.search(text, max(0, begin - 30), begin)
    if found is None:
        return None
    first = begin - len(found[2])
    if TIME.fullmatch(token) and not found[1] and text[first - 1 : first] not in "#(":
        return None
    return Span(begin - len(found[2]), end, "license")
