"""A visit as a recorder heard it: speakers, hesitation, names and dates as they are spoken, often in lower case."""

from __future__ import annotations

import random

from polyclinic.corpus.invented_notes import dates
from polyclinic.corpus.invented_notes.marked_text import mark
from polyclinic.corpus.invented_notes.people import Patient

DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def dialogue(patient: Patient, draw: random.Random) -> str:
    """Write a talk between doctor and patient."""
    illness, person, kin = patient.illness, patient.person, patient.relative
    doctor = patient.family_doctor
    speakers = draw.choice([("[doctor]", "[patient]"), ("Doctor:", "Patient:"), ("DR:", "PT:")])
    lower = speakers[0] == "[doctor]"
    visit = patient.day(draw.randint(8, 30))
    phone = patient.number("phone spoken", "555####")
    said_phone = (
        " ".join(DIGITS[int(digit)] for digit in phone) if draw.random() < 0.3 else f"{phone[:3]}-{phone[3:]}"
    )
    turns: list[tuple[int, str]] = [
        (0, f"Good morning, {person.title} {mark('name', person.last)}. I'm Dr. {mark('name', doctor.last)}."),
        (1, draw.choice(["Morning.", "Hi, doctor.", f"Call me {mark('name', person.first)}, please."])),
        (
            0,
            draw.choice(
                [
                    f"Can you confirm your date of birth for me? {patient.she.capitalize()} was, uh, sorry, you were "
                    f"born {dates.spelt(patient.born)}?",
                    f"I have you as {dates.spelt(patient.born)}, is that right?",
                    f"And you are {patient.shown_age} now?",
                ]
            ),
        ),
        (1, "That's right."),
        (
            0,
            f"Okay, hey scribe, {mark('name', person.full())} is a {patient.shown_age} year old "
            f"{patient.sex} here for "
            f"follow up of {illness.name}. So, you were at {mark('institution', patient.hospital)}?",
        ),
        (1, f"Yeah, from {dates.spelt_day(patient.admitted)} to {dates.spelt_day(patient.day(4))}, I think."),
    ]
    for question, answer in illness.talk:
        turns += [(0, question), (1, draw.choice(["Um, ", "Well, ", ""]) + answer)]
    extra = [
        [
            (0, "Who drove you today?"),
            (
                1,
                f"My {patient.relation} {mark('name', kin.first)}. "
                f"{'She' if kin.woman else 'He'}'s out in the waiting room.",
            ),
        ],
        [
            (0, "Is this still the best number for you?"),
            (1, f"No, it's {mark('phone', said_phone)} now. We moved to {mark('city', patient.town)}."),
        ],
        [
            (0, "Are you back at work?"),
            (1, f"Part time at {mark('institution', patient.employer)}, since {mark('date', visit.strftime('%B'))}."),
        ],
        [
            (0, f"Did you see Dr. {mark('name', patient.consultant.last)} yet?"),
            (1, f"On the {mark('date', str(patient.day(6).day) + dates.ending(patient.day(6).day))}, at two thirty."),
        ],
        [
            (0, "Where should I send the prescription?"),
            (1, f"The pharmacy on {mark('address', patient.address.split(' ', 1)[1].split(',')[0].split(' #')[0])}."),
        ],
        [
            (0, "Did you get the portal set up?"),
            (
                1,
                f"I did, with {mark('email', person.first.lower() + str(patient.born.year % 100) + '@example.net')}.",
            ),
        ],
        [
            (0, "Anything since Christmas? I mean since we last met in 2021?"),
            (1, "No, nothing. Just the usual, my blood pressure's like 130 over 80."),
        ],
    ]
    for exchange in draw.sample(extra, draw.randint(2, 4)):
        turns += exchange
    turns += [
        (0, f"Alright. {illness.plan[0]} I'll see you {dates.spelt_day(patient.day(60))}."),
        (1, draw.choice(["Thank you.", f"Thanks, Dr. {mark('name', doctor.last)}.", "Okay, thanks doc."])),
    ]
    lines = [f"{speakers[who]} {words.lower() if lower else words}" for who, words in turns]
    text = "\n".join(lines)
    return text.replace("christmas?", mark("date", "christmas") + "?").replace(
        "Christmas?", mark("date", "Christmas") + "?"
    )
