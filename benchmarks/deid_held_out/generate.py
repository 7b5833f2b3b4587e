"""Write set B: invented clinical notes with labelled identifiers, the last examination of de-identification.

`python generate.py --patients 300 --seed 11 --out FILE` writes one note a line, as
`polyclinic.corpus.invented_notes.identifiers.label_line` has it. The same seed gives the same bytes.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import set_b_cases_belly
import set_b_cases_chest
import set_b_cases_limbs
import set_b_cases_mind
from set_b_dates import draw_hand
from set_b_dialogue import dialogue
from set_b_dictated import clinic_note, discharge_summary, operative_report
from set_b_letters import british_letter, consult_letter
from set_b_messages import message_thread, telephone_note
from set_b_messy import handover_list, home_visit, nursing_note, practice_note
from set_b_people import Person
from set_b_printouts import case_management, emergency_record, visit_printout
from set_b_world import draw_world
from set_b_writer import Writer

from polyclinic.corpus.invented_notes.identifiers import LabelledNote, label_line
from polyclinic.corpus.invented_notes.marked_text import CLOSE, read_off

CASES = set_b_cases_chest.CASES + set_b_cases_limbs.CASES + set_b_cases_belly.CASES + set_b_cases_mind.CASES
_AMERICAN_TITLE = re.compile(r"\b(Dr|Mr|Mrs|Ms|DR|MR|MRS|MS)\. ")
# Style: its writer, and how often it comes in the United States and in Britain.
STYLES: dict[str, tuple[Callable[[Writer], str], int, int]] = {
    "clinic_note": (clinic_note, 12, 2),
    "discharge_summary": (discharge_summary, 12, 6),
    "consult_letter": (consult_letter, 9, 0),
    "british_letter": (british_letter, 0, 24),
    "operative_report": (operative_report, 6, 3),
    "visit_printout": (visit_printout, 12, 0),
    "emergency_record": (emergency_record, 10, 8),
    "case_management": (case_management, 6, 5),
    "telephone_note": (telephone_note, 8, 5),
    "message_thread": (message_thread, 8, 4),
    "dialogue": (dialogue, 7, 8),
    "nursing_note": (nursing_note, 10, 8),
    "handover_list": (handover_list, 6, 4),
    "practice_note": (practice_note, 3, 14),
    "home_visit": (home_visit, 5, 4),
}


def write_notes(patients: int, seed: int) -> Iterator[LabelledNote]:
    """Yield one to three notes of each patient; each patient has a generator of their own."""
    for number in range(patients):
        rng = Random(f"set-b {seed} {number}")
        world = draw_world(rng, rng.choice(CASES))
        day = world.first_seen
        names = list(STYLES)
        weights = [british if world.uk else american for _, american, british in STYLES.values()]
        if day.year - world.born.year < 18:
            weights[names.index("case_management")] = weights[names.index("home_visit")] = 0
        cast: dict[str, Person] = {}
        for visit in range(rng.choices([1, 2, 3], [30, 40, 30])[0]):
            style = rng.choices(names, weights)[0]
            weights[names.index(style)] = 0
            writer = Writer(rng, world, day, draw_hand(rng, world.uk), cast)
            marked = STYLES[style][0](writer)
            marked = marked.replace(f"Jr.{CLOSE}.", f"Jr.{CLOSE}")  # one stop ends both
            if world.uk:
                marked = _AMERICAN_TITLE.sub(r"\1 ", marked)
            text, spans = read_off(marked)
            patient = f"b-{seed}-{number:04d}"
            yield LabelledNote(id=f"{patient}-{visit + 1}", text=text, spans=spans, style=style, patient=patient)
            day += timedelta(days=rng.randint(2, 200))


def main() -> None:
    """Read the command line and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=300)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    with arguments.out.open("w", encoding="utf-8", newline="\n") as file:
        for note in write_notes(arguments.patients, arguments.seed):
            file.write(label_line(note))


if __name__ == "__main__":
    main()
