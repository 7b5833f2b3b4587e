"""Messages: telephone notes, portal threads, mail between doctors."""

from __future__ import annotations

import re

import set_b_numbers as numbers
import set_b_people as people
from set_b_letters import staff_email
from set_b_printouts import clock
from set_b_typing import raised
from set_b_writer import Writer

from polyclinic.corpus.invented_notes.marked_text import mark


def telephone_note(w: Writer) -> str:
    """A telephone encounter: who called, what was said, what the doctor answered."""
    world, case = w.world, w.world.case
    nurse, author = world.nurses[0], world.pcp if w.chance(0.5) else world.specialist
    caller = world.relatives[0] if w.chance(0.55) else world.relatives[1]
    own = w.chance(0.35) and w.age > 17
    who = f"{people.plain(world.patient)} (self)" if own else f"{people.plain(caller.person)} ({caller.kind})"
    number = world.mobile if own else caller.phone
    short = world.case.name
    head = w.rng.choice(
        [
            [
                f"TELEPHONE ENCOUNTER  {w.hand.whole(w.today)} {clock(w)}",
                f"Patient: {people.comma(world.patient)}  DOB {w.hand.whole(world.born)}  MRN "
                f"{mark('mrn', world.record)}",
                f"Caller: {who}   Call back: {w.phone(number)}",
                f"Taken by: {people.plain(nurse)}, {nurse.degree.split(',')[0]}",
            ],
            [
                f"Phone message for Dr. {people.family(author)}",
                f"{w.hand.whole(w.today)}, {clock(w)}",
                f"re: {people.plain(world.patient)}, {w.hand.whole(world.born)}",
                f"from: {who} @ {w.phone(number)}",
                f"best time to call: after {w.rng.randint(2, 5)}, ok to leave message",
            ],
        ]
    )
    name = "Pt" if own else people.titled(caller.person) if w.chance(0.5) else people.given(caller.person)
    calls = w.some(case.calls, 2, 3)
    lines = [
        f"{name} called regarding {w.rng.choice(['the following', 'several questions', short])}: "
        + "; ".join(text[0].lower() + text[1:] for text in calls)
        + "."
    ]
    lines.append("Background: " + w.paragraph(case.story, 2, 4, first=True) + w.aside())
    lines.append(
        f"Last seen by Dr. {people.family(author)} on {w.hand.prose(w.day(-w.rng.randint(9, 70)))}. Denies "
        f"chest pain, syncope and bleeding. Med list reviewed: " + ", ".join(w.some(case.drugs, 3, 5)) + "."
    )
    follow = [
        f"Advised per protocol (Schmitt-Thompson). Routed to Dr. {people.family(author)}.",
        f"Rx called in to {w.place(world.pharmacy)} in {w.slot('town')}, "
        f"{w.phone(numbers.phone_digits(w.rng, world.area, world.uk))}, spoke with "
        f"{people.given(w.person('pharmacist'))}.",
        f"Records requested from {w.place(world.other_hospital)}, fax "
        f"{w.fax(numbers.phone_digits(w.rng, world.area, world.uk))}.",
        f"Appt made {w.hand.short(w.day(3))} at {w.rng.randint(8, 11)}:{w.rng.choice(['15', '30', '45'])} with "
        f"{people.plain(world.resident)}.",
        f"LM on VM for {people.given(caller.person)} at {w.phone(number)}, will try again.",
        f"Verified address {w.address()}.",
    ]
    lines.append("\n".join(w.rng.sample(follow, w.rng.randint(3, 5))))
    reply = w.paragraph(case.plan, 1, 2)
    lines.append(
        f"{w.hand.short(w.day(1))} {clock(w)} addendum: {reply} "
        f"{w.rng.choice(['OK per', 'Discussed with', 'Reviewed by'])} Dr. {people.family(author)}. "
        f"{people.initials(nurse)}"
    )
    lines.append(
        f"{w.hand.whole(w.day(1))} - {w.rng.choice(['called back', 'spoke with'])} "
        f"{people.given(caller.person)}, understands, will call if worse. {people.short(nurse)}, "
        f"{nurse.degree.split(',')[0]}"
    )
    return "\n".join(head) + "\n\n" + "\n\n".join(lines)


def message_thread(w: Writer) -> str:
    """A thread between patient or colleagues, as mail or portal messages print."""
    return _portal(w) if w.chance(0.5) else _colleagues(w)


def _portal(w: Writer) -> str:
    world, case = w.world, w.world.case
    author, nurse = world.pcp if w.chance(0.5) else world.specialist, world.nurses[2]
    relative = world.relatives[0]
    young = w.age < 18 or case.name == "dementia"
    me = relative.person if young else world.patient
    sender = f"{people.plain(me)} <{mark('email', world.email)}>" if w.chance(0.5) else people.plain(me)
    subject = w.rng.choice(["Question about my medicine", "Test results", "Non-urgent medical question", "Follow up"])
    calls = [_own_words(w, line, young) for line in case.calls if w.fits(line)][: w.rng.randint(1, 2)]
    about = people.given(world.patient) if young else w.rng.choice(["this is", "it's"]) + " " + people.given(me)
    opening = (
        f"Hi Dr. {people.family(author)}, writing about {about} again."
        if young
        else f"Hi Dr. {people.family(author)}, {about} again."
    )
    first = [opening]
    first.append(
        w.rng.choice(
            [
                f"I was in on {w.hand.spoken(w.day(-12))} and saw {people.given(nurse)} for the blood work.",
                f"We saw you on {w.hand.spoken(w.day(-20))} at {w.place(world.clinic)}.",
            ]
        )
    )
    first += calls
    first.append(
        w.rng.choice(
            [
                f"You can call my cell {w.phone(world.mobile)} or {people.given(relative.person)} at "
                f"{w.phone(relative.phone)}.",
                f"I use the {w.place(world.pharmacy)} on "
                f"{mark('address', w.rng.choice(['Main St', 'Park Avenue', 'Mill Road', 'Broad Street']))}.",
                f"My new address is {w.address()}.",
            ]
        )
    )
    first.append(
        f"{w.slot('He') + ' is' if young else 'I am'} taking {' and '.join(w.some(case.drugs, 2, 3))}. "
        f"{w.rng.choice(['Thanks so much!', 'Thank you', 'Please advise.'])}"
    )
    ending = people.given(me) if w.chance(0.6) else f"{people.plain(me)}"
    leaflet = (
        w.rng.choice(["www.", "https://"])
        + staff_email(w, nurse).split("@")[1]
        + w.rng.choice(["/patients", "/handouts", "/diet"])
    )
    second = [
        f"Good {w.rng.choice(['morning', 'afternoon'])} {people.given(me)},",
        f"This is {people.plain(nurse)} from Dr. {people.family(author)}'s office. " + w.paragraph(case.plan, 1, 3),
        f"If it gets worse please call {w.phone(world.desk_phone)}{', option 2' if w.chance(0.4) else ''} or go "
        f"to {w.place(world.hospital)}. There is a leaflet at "
        f"{mark('url', leaflet)}.",
        f"{people.given(nurse)}, {nurse.degree.split(',')[0]}",
    ]
    third = [
        f"{people.given(nurse)} - thanks. Staff note: " + w.paragraph(case.results, 1, 3),
        "Background: " + w.paragraph(case.story, 1, 3, first=True),
        f"Please bring {w.slot('him')} in on {w.hand.short(w.day(4))}. {people.initials(author)}",
    ]
    return (
        f"From: {sender}\nTo: {people.plain(author)}, {author.degree or 'GP'}\nSent: {w.hand.whole(w.today)} "
        f"{clock(w)}\nSubject: {subject}\nMessage ID: {mark('other_id', numbers.visit(w.rng))}\n\n"
        + "\n".join(first)
        + f"\n{ending}\n\n-----\nFrom: {people.plain(nurse)}\nSent: {w.hand.whole(w.day(1))} {clock(w)}\n\n"
        + "\n".join(second)
        + f"\n\n-----\nFrom: {people.plain(author)}\nTo: {people.plain(nurse)}\nSent: {w.hand.whole(w.day(1))} "
        f"{clock(w)}\n\n" + "\n".join(third)
    )


_FIRST_WORDS = {
    "asks": "I'd like to ask",
    "wants": "I want",
    "needs": "I need",
    "has": "I have",
    "cannot": "I cannot",
    "still": "I still have",
    "temperature": "I have a temperature",
    "having": "I am having",
}
_VERBS = ("finished", "ran", "passed", "missed", "noticed", "was")


def _own_words(w: Writer, template: str, proxy: bool) -> str:
    """A caller's words as the patient writes them, or someone who writes for the patient."""
    if not proxy:
        template = re.sub(
            r"\{(he|He)\} (wonders|wants|has|is)\b",
            lambda m: "I " + {"wonders": "wonder", "wants": "want", "has": "have", "is": "am"}[m[2]],
            template,
        )
        for slot, word in (("{he}", "I"), ("{He}", "I"), ("{His}", "My"), ("{his}", "my"), ("{him}", "me")):
            template = template.replace(slot, word)
        template = (
            template.replace("still has", "still", 1)
            .replace(" and wants", " and want")
            .replace(" and is ", " and am ")
        )
    word, _, rest = template.partition(" ")
    if word in ("asks", "wants") or (not proxy and word in _FIRST_WORDS):
        template = f"{_FIRST_WORDS[word]} {rest}"
    elif word in _VERBS or (proxy and word in ("has", "needs", "cannot", "still", "finished")):
        template = f"{w.slot('He') if proxy else 'I'} {template}"
    return raised(w.fill(template)) + "."


def _colleagues(w: Writer) -> str:
    world, case = w.world, w.world.case
    author, to, third = world.specialist, world.pcp, world.resident
    subject = w.rng.choice(
        [
            f"our mutual pt {people.initials(world.patient, stops=True)}",
            f"{people.family(world.patient)} - plan",
            f"FW: {people.plain(world.patient)}",
        ]
    )
    text = [
        f"{people.nickname(to)},",
        f"Quick note about {people.plain(world.patient)} (MR {mark('mrn', world.record)}), whom I saw "
        f"{w.rng.choice(['yesterday', 'today', 'in clinic'])}. "
        + w.paragraph(case.story, 3, 5, first=True)
        + w.aside(),
        w.paragraph(case.exam, 1, 2) + " " + w.ordinary(1, 2) + " " + w.paragraph(case.results, 2, 3),
        f"Meds as of {w.hand.short(w.today)}: " + ", ".join(w.some(case.drugs, 3, 6)) + ".",
        w.paragraph(case.plan, 2, 3)
        + f" {people.given(third)} will be the one seeing {w.slot('him')} on the floor. {w.slot('His')} "
        f"{world.relatives[1].kind} {people.given(world.relatives[1].person)} "
        f"({w.phone(world.relatives[1].phone)}) is the contact.",
        "Best,",
        people.given(author) if w.chance(0.6) else people.initials(author, stops=w.chance(0.5)),
    ]
    block = [
        people.signed(author),
        w.specialty + f", {w.place(world.hospital)}",
        f"o: {w.phone(world.desk_phone)}  f: {w.fax(world.desk_fax)}",
    ]
    answer = [
        f"Thanks {people.given(author)}. {w.rng.choice(['Sounds right.', 'Agree.', 'Appreciate it.'])} I will "
        f"see {w.slot('him')} {w.hand.short(w.day(9))} at {w.place(world.practice)} and check labs. "
        f"{w.paragraph(case.plan, 1, 1)}",
        f"{people.initials(to)}",
    ]
    return (
        f"From: {people.comma(author)} [{mark('email', staff_email(w, author))}]\nTo: {people.comma(to)}\nCc: "
        f"{people.comma(third)}\nDate: {w.hand.whole(w.today)} {clock(w)}\nSubject: {subject}\n\n"
        + "\n\n".join(text)
        + "\n\n"
        + "\n".join(block)
        + f"\n\n>> {people.plain(to)} wrote on {w.hand.whole(w.day(1))}:\n>> "
        + "\n>> ".join(answer)
    )
