"""Transcripts of visits."""

from __future__ import annotations

import re

import set_b_people as people
from set_b_dates import ordinal
from set_b_writer import Writer

from polyclinic.corpus.invented_notes.marked_text import mark


def dialogue(w: Writer) -> str:
    """A transcript of a visit, with its speakers; sometimes without capitals, as recognisers write."""
    world, case = w.world, w.world.case
    w.spoken = True
    young = w.age < 18
    author = world.specialist
    doctor, patient = w.rng.choice(
        [("Doctor:", "Patient:"), ("DR:", "PT:"), ("[doctor]", "[patient]"), ("Clinician:", "Patient:")]
    )
    if young:
        patient = "[guest_family]" if doctor == "[doctor]" else w.rng.choice(["Parent:", "Guest_family:"])
    first = people.given(world.patient)
    relative = world.relatives[0]
    me = relative.person if young else world.patient
    turns = [
        (
            doctor,
            w.rng.choice(
                [
                    f"Good morning, {people.titled(me)}. I'm Dr. {people.family(author)}, I work with Dr. "
                    f"{people.family(world.pcp)}.",
                    f"Hi, come on in. It's {people.given(me)}, right? I'm {people.plain(author)}, one of the "
                    f"doctors here.",
                ]
            ),
        ),
        (
            patient,
            w.rng.choice(
                [
                    "Hi, doctor.",
                    "Good morning.",
                    f"Yes, hello. {people.given(relative.person)} came with me."
                    if not young
                    else f"Hi. This is {first}.",
                ]
            ),
        ),
        (
            doctor,
            "Can you give me your date of birth, just so I have the right chart?"
            if not young
            else f"And {first}'s date of birth?",
        ),
        (patient, f"{_said(w)}."),
    ]
    fitting = [number for number, talk in enumerate(case.talk) if w.fits(talk[1])]
    order = sorted(w.rng.sample(fitting, min(len(fitting), w.rng.randint(4, 5))))
    fillers = ["Okay.", "Mm-hmm.", "Right.", "Got it.", "Sure.", "I see."]
    near = w.rng.choice(["Main Street", "Elm Street", "Church Road", "High Street", "Route 9"])
    small = [
        (
            "And which pharmacy do you use?",
            f"{w.place(world.pharmacy)}, the one on {mark('address', near)}.",
        ),
        ("Is this still the best number for you?", f"No, it's {w.phone(world.mobile)} now."),
        (
            "Do you still live at the same place?",
            f"No, we moved to {w.slot('town')} in "
            f"{mark('date', w.rng.choice(['March', 'August', 'October', 'June']))}.",
        ),
        (
            "Any trouble with the medications?",
            f"{'We give' if young else 'I take'} the {w.fill(case.drugs[0]).split(' ')[0].lower()} and the "
            f"{w.fill(case.drugs[1]).split(' ')[0].lower()}, no trouble.",
        ),
        (
            "Anything else in your medical history?",
            f"Just the {w.fill(case.history[1])} and the {w.fill(case.history[2])}.",
        ),
        (
            "Who else is looking after you?",
            f"{w.slot('pcp')} at {w.place(world.practice)}, and a nurse named {people.given(world.nurses[0])}.",
        ),
    ]
    for number in order:
        question, answer = case.talk[number]
        turns += [
            (doctor, (w.rng.choice(fillers) + " " if w.chance(0.5) else "") + w.fill(question)),
            (patient, w.fill(answer)),
        ]
    for question, answer in w.rng.sample(small, w.rng.randint(2, 4)):
        turns += [(doctor, question), (patient, answer)]
    turns.append((doctor, "Let me take a look. On my exam: " + w.fill(case.exam[1]).split(": ")[-1]))
    turns.append((doctor, f"So here's what I'd like to do. {w.paragraph(case.plan, 2, 3)}"))
    turns.append(
        (
            patient,
            w.rng.choice(
                [
                    "Okay, thank you, doctor.",
                    "All right. Should I call here if it gets worse?",
                    f"Can you tell {people.given(relative.person)} too? I'll forget.",
                ]
            ),
        )
    )
    turns.append(
        (
            doctor,
            f"Absolutely. {people.given(world.nurses[1])} at the desk will set that up for "
            f"you{', ' + people.titled(me) if w.chance(0.4) else ''}.",
        )
    )
    text = "\n".join(f"{speaker} {line}" for speaker, line in turns)
    if doctor.startswith("["):
        text = re.sub(r" ?([.,?!])(?= |\n|$)", r" \1", text).lower()
    return text


def _said(w: Writer) -> str:
    born = w.world.born
    forms = [
        f"{born:%B} {born.day}, {born.year}",
        f"{born.month}/{born.day}/{born:%y}",
        f"{born:%B} {ordinal(born.day)}, {born.year}",
    ]
    if w.world.uk:
        forms = [f"{born.day} {born:%B} {born.year}", f"{born.day}/{born.month}/{born:%y}"]
    return mark("date", w.rng.choice(forms))
