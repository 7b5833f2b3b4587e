"""Hurried styles of nurses and emergency rooms: triage, home visit, progress note of intensive care."""

from __future__ import annotations

from set_a_ids import fax, home_lines, home_phone, mrn, number, pager, signed
from set_a_scene import Scene
from set_a_text import hurried, listed, outside, sentences


def _vitals(scene: Scene) -> str:
    random = scene.random
    upper = random.randint(146, 172) if scene.case.key == "preeclampsia" else random.randint(96, 168)
    lower = upper * random.randint(52, 66) // 100
    return (
        f"T {random.randint(964, 1012) / 10:.1f} HR {random.randint(62, 118)} BP {upper}/{lower} "
        f"RR {random.randint(14, 28)} SpO2 {random.randint(90, 99)}% {random.choice(['RA', '2L NC', '3L'])}"
    )


def triage(scene: Scene) -> str:
    """Return a triage note and the nurse's entries of an emergency room."""
    case, random, person = scene.case, scene.random, scene.patient.person
    sex = "F" if person.female else "M"
    head = random.choice(
        [
            f"ED TRIAGE  {scene.head()} {scene.time()}\n{person.register(capitals=True)}  {scene.age_text()}{sex} "
            f" DOB {scene.born()}  MR# {mrn(scene)}\nESI 3  Bed H{random.randint(2, 14)}",
            f"TRIAGE NOTE\nPt: {person.full()} {scene.age_text()} yo {sex}\nArrival: {scene.head()} "
            f"{scene.time()} via {random.choice(['EMS Medic 14', 'private vehicle', 'wheelchair', 'ambulance'])}\n"
            f"Visit {number(scene, 'visit')}",
            f"{scene.place('hosps')} ED  {scene.date(0, scene.forms.short)} {scene.time()}  {person.last()}, "
            f"{scene.age_text()}{sex}, rm {random.randint(3, 28)}",
        ]
    )
    story = scene.some(case.story, 2, 4)
    brought = scene.draw(
        "bib ems from {nh}, staff {rnf} gave report." if scene.age > 69 else "bib {rel} {relf}.",
        "here w/ {rel} {reln}, cell {relph}.",
        "sent by {dr2} office, called ahead.",
        "transfer from {ohosps}, accepted by {dr0}.",
        "walked in, {relf} parking the car.",
    )
    past = "PMH: " + ", ".join(scene.some(case.history, 3))
    drugs = "Meds: " + ", ".join(scene.some(case.drugs, 2)) + f"\nAllergies: {case.allergies}"
    entries = []
    for line in scene.some(case.nurse, 3):
        by = random.choice([scene.nurses[1].initials(), scene.nurses[1].initials(), scene.nurses[1].last(), ""])
        entries.append(f"{line} {by}".rstrip())
    more = [
        scene.draw(
            "{dr3} at bedside",
            "Dr {l} in to see pt".replace("{l}", scene.staff[0].last()),
            "report given to {rn} on 4W",
            "seen by PA {l}".replace("{l}", scene.staff[4].last()),
        ),
        scene.draw(
            "LWBS x1 on {s-1} per {relf}",
            "last tetanus {y-1500}",
            "belongings list: 1 phone, glasses, upper denture, to {relf}",
            "called {pharm} {phone} to verify meds, last fill {s-19}",
            "{relf} going home, call {relph} w/ bed #",
        ),
    ]
    entries[1:1] = more
    clock = sorted(scene.time() for _ in entries)
    entries = [f"{time} {line}" for time, line in zip(clock, entries, strict=True)]
    valuables = f"valuables env #{number(scene, 'order')} to security" if scene.chance(0.25) else ""
    text = "\n".join(
        part
        for part in (
            f"CC: {case.complaint}",
            " ".join([brought, *(_short(line) for line in story)]),
            f"VS {_vitals(scene)}  pain {random.randint(2, 9)}/10  wt {random.randint(52, 118)} kg"
            if scene.age > 17
            else f"VS {_vitals(scene)}  wt {random.randint(18, 52)} kg",
            past,
            drugs,
            f"PCP {scene.doctor(2)}",
            "",
            *entries,
            valuables,
            "",
            random.choice(
                [
                    f"{scene.nurses[1].first_initial()}, RN",
                    f"{scene.nurses[1].full()} RN  {scene.head()} {scene.time()}",
                    f"-{scene.nurses[1].initials()} RN",
                ]
            ),
        )
    )
    return head + "\n" + hurried(random, text, lower=scene.chance(0.4), slips=0.02)


_SHORT = {
    " with ": " w/ ", "patient": "pt", "history of": "h/o", " before ": " prior to ", " after ": " s/p ",
    " without ": " w/o ", "right ": "R ",
    "left ": "L ", " and ": " & ", "year-old": "yo", "hours": "hrs", "days": "d", "blood pressure":
    "BP", "complains of": "c/o",
}  # fmt: skip


def _short(line: str) -> str:
    return outside(line, words=_SHORT)


def icu_progress(scene: Scene) -> str:
    """Return a progress note of intensive care; yesterday's text is carried along under its date."""
    case, random, person = scene.case, scene.random, scene.patient.person
    day = random.randint(2, 6)
    writer, attending = scene.staff[4], scene.staff[0]
    head = (
        f"{random.choice(['MICU', 'CCU', 'Neuro ICU', 'SICU'])} PROGRESS NOTE   {scene.head()} {scene.time()}   "
        f"ICU day {day}\n"
        f"{person.register()}   {mrn(scene)}   {scene.age_text()} y   Attending: {attending.last()}   "
        f"{random.choice(['Resident', 'Fellow', 'NP'])}: {writer.last()} p{pager(scene)}"
    )
    story = scene.some(case.story, 3, 4)
    night = scene.draw(
        "Events: low urine output, 500 LR x1. {dr3} called at {time}.",
        "Overnight: agitated, Precedex 0.4 started. {rel} {relf} stayed until 2 am.",
        "No acute events. Family ({reln}) updated by phone {relph}.",
        "24h: Tmax 38.4, pan-cultured {s-1}. ID ({dr1}) aware.",
    )
    exam = "\n".join(scene.some(case.exam, 3))
    cultures = scene.draw("cx {s-2} NGTD", "BCx {s-1} pending", "afebrile off abx since {s-1}", "Zosyn {s-3}-{s+4}")
    systems = (
        f"NEURO: CPOT 2, fentanyl PRN, {random.choice(['Precedex 0.3', 'propofol 20', 'no drips'])}. PT/OT.",
        f"CV: MAP goal 65. {sentences(scene.some(case.course, 1, 2))}",
        f"RESP: {random.choice(['AC/VC 14/400/5/40%, SBT in am', 'HFNC 30 L/40%', 'extubated, 3 L NC, IS q1h'])}. "
        "CXR unchanged.",
        f"IMAGING {scene.date(-1, scene.forms.short)}: {scene.fill(case.imaging.impression[0])}",
        f"RENAL: Foley day {day}. I/O {random.randint(1400, 3900)}/{random.randint(800, 3800)}. Replete K > 4, Mg "
        "> 2.",
        "GI: Jevity 1.5 at 45 mL/h via Dobhoff, goal 55. Protonix. Colace/senna.",
        f"ID: {cultures}. Contact precautions.",
        f"HEME/ENDO: Lovenox ppx, SSI q6h, glucose {random.randint(118, 170)}-{random.randint(171, 240)}.",
        f"LINES: {random.choice(['R IJ TLC', 'L radial a-line', 'PICC RUE (Bard PowerPICC)'])} placed "
        f"{scene.date(-day, scene.forms.short)} ({writer.initials()}). "
        f"Code: {random.choice(['Full', 'DNR/DNI', 'DNR'])}. HCP: {scene.patient.relatives[0].person.full()}.",
    )
    copied = (
        f"--- copied forward from {scene.head(-1)} ({scene.staff[3].last()}) ---\n"
        + sentences(scene.some(case.course, 1, 2))
        + " "
        + scene.draw(
            "Bronch w/ {dr3} {s-1}, no purulence.",
            "Palliative ({rn}) met {relf} on {s-1}.",
            "Plan for trach/PEG if no better by {s+3}.",
            "Echo {s-1} read by {dr1}, no change.",
        )
    )
    labs = "LABS " + scene.date(0, scene.forms.short) + ": " + ", ".join(scene.some(case.labs, 3))
    dispo = scene.draw(
        "Dispo: ICU.",
        "Dispo: stepdown when off pressors, {nh} screening.",
        "Dispo: {dr0} to speak with {reln} again at 1600.",
        "Transfer back to {ohosps} when bed open.",
    )
    text = "\n".join(
        [
            f"ID/CC: {sentences(story)}",
            "",
            night,
            "",
            f"VS: {_vitals(scene)}",
            exam,
            "",
            labs,
            "",
            "A/P by system",
            *systems,
            "",
            copied,
            "",
            dispo,
        ]
    )
    if scene.chance(0.3):
        text = hurried(random, text, lower=False, slips=0.015)
    attest = (
        f"Attending attestation: I saw and examined {scene.titled()} with {scene.staff[4].last()} on "
        f"{scene.date()} and agree. "
        f"Critical care time {random.randint(31, 65)} min.\n{signed(scene, attending)}"
    )
    return f"{head}\n\n{text}\n\n{writer.full()}, {writer.degree}\n\n{attest}"


_AT_HOME = (
    "lungs clear w/ few crackles R base, no cough",
    "wt up 2 lb since {s-3}, log on fridge",
    "bm {s-1}, senna working",
    "appetite fair, drinks 4 Ensure a day",
    "trace edema BLE, TED hose on",
    "dressing c/d/i, changed w/ Mepilex, no odor",
    "FSBS 148 fasting per Accu-Chek memory",
    "pain 3/10, Tylenol 2x yest",
    "sleeps in recliner, Hoyer not needed",
    "O2 tubing replaced, smoke alarm beeping, {relf} to get battery",
    "A&Ox3, HOH, glasses dirty",
    "walker too high, lowered 1 notch; TUG 19 sec",
)


def home_visit(scene: Scene) -> str:
    """Return a note of a nurse who visits at home."""
    case, random, patient = scene.case, scene.random, scene.patient
    person, nurse = patient.person, scene.nurses[0]
    head = random.choice(
        [
            f"{scene.place('agency')}\nSKILLED NURSING VISIT NOTE\nClient: {person.register()}   SOC "
            f"{scene.head(-18)}   Visit: {scene.head()} {scene.time()}\n"
            f"Address: {home_lines(scene, lines=False)}\nPhone: {home_phone(scene)}   Policy: "
            f"{number(scene, 'member')}",
            f"HH RN VISIT  {scene.head()}  in 0910 out 0955\nPt {person.full()}  DOB {scene.born()}  MR "
            f"{mrn(scene)}\nCert period {scene.head(-18)} to {scene.head(41)}\nMD: {scene.doctor(2)} fax "
            f"{fax(scene)}",
        ]
    )
    arrival = scene.draw(
        "Door opened by {rel} {relf}. Pt in recliner, dog put in garage.",
        "Key in lockbox on back door on {road} side, aide {rn2} here till noon.".replace(
            "{rn2}", scene.nurses[2].first()
        ),
        "pt up in kitchen when I came, {relf} at work until 4 ({relph}).",
        "Neighbor Mrs{dot} {n} let me in, pt hard of hearing.".replace("{dot}", scene.dot).replace(
            "{n}", scene.staff[3].last()
        ),
    )
    scene.shift = -16
    background = " ".join(_short(line) for line in scene.some(case.story, 2, 3))
    scene.shift = 0
    found = listed(scene.some(_AT_HOME, 4, 6) + scene.some(case.exam, 1, 2), random.choice(["-", "*", "."]))
    drugs = (
        "Med rec: "
        + "; ".join(scene.some(case.drugs, 3))
        + scene.draw(
            ". Pill box filled thru {s+6}.",
            ". Missing: none.",
            ". {pharm} to deliver {s+1}, {phone}.",
            ". Old bottles from {dr3} ({y-730}) discarded w/ consent.",
        )
    )
    teach = scene.draw(
        "Teaching: s/s to report, 911 vs call office. Teach-back by {relf} ok.",
        "Teaching: low salt label reading w/ {called}, likes canned soup.",
        "Teaching: fall risk, throw rugs removed, night light placed. {relf} will buy grab bar.",
    )
    coordination = scene.draw(
        "Called {dr2} office, spoke w/ {x}, order rec'd: BMP {s+2}.".replace("{x}", scene.staff[4].first()),
        "Left VM for {dr1} re: wt. PT eval by {n} on {s+1}.".replace("{n}", scene.staff[3].full()),
        "MSW referral, {rel} overwhelmed. Next appt {clinic} {s+5} 1:30, medical transport booked, trip {c}.".replace(
            "{c}", number(scene, "claim")
        ),
        "Photo of area sent to office, {p}. Supplies ordered, order # {o}.".replace(
            "{p}", number(scene, "photo")
        ).replace("{o}", number(scene, "order")),
    )
    device = scene.draw(
        "",
        "",
        "O2 concentrator (Respironics) SN {sn} checked.".replace("{sn}", number(scene, "serial")),
        "Wound vac (KCI) serial # {sn}, canister changed.".replace("{sn}", number(scene, "serial")),
        "telemonitor scale serial {sn} reset".replace("{sn}", number(scene, "serial")),
    )
    rest = (
        f"Homebound: needs assist of 1 & walker, SOB > 20 ft. Next visit "
        f"{scene.date(random.randint(2, 5), scene.forms.short)}."
    )
    text = "\n\n".join(
        part
        for part in (
            arrival + " " + background,
            f"VS {_vitals(scene)}",
            found,
            drugs,
            device,
            teach,
            coordination,
            rest,
        )
        if part
    )
    end = random.choice(
        [
            f"{nurse.full()}, {nurse.degree}   Pt signature on file",
            f"{nurse.first_initial()}, RN  {scene.head()}",
            f"E-signed {nurse.register()} {nurse.degree} {scene.head()} {scene.time()}",
        ]
    )
    return head + "\n\n" + hurried(random, text, lower=scene.chance(0.3), slips=0.02) + "\n\n" + end
