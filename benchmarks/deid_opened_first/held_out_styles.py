"""How the notes kept apart are written: one function of a subject for each style, giving marked text."""

import random

from held_out_people import Subject, when

from polyclinic.corpus.invented_notes.marked_text import CLOSE, FIRST, mark, pad, wrap


def letter(s: Subject) -> str:
    """A referral or consultation letter."""
    draw, case, who = s.draw, s.case, s.who
    to, sender, other = s.doctors[0], s.doctors[1], s.doctors[2]
    form = draw.choice(["letter", "letter, American", "short name"])
    he = "she" if who.woman else "he"
    relation, kin = s.kin[0]
    name = f"{draw.choice(['Mrs.', 'Ms.', 'Miss']) if who.woman else 'Mr.'} {mark('name', who.family)}"
    head = [
        mark("institution", s.office),
        f"{mark('address', s.street)} | {mark('city', s.town)}, {s.state} {mark('zip', s.zip)}",
        f"Tel {s.phone('office')}   Fax {s.phone('office fax', 'fax')}",
        "",
        when(s.seen, form),
        "",
        f"{mark('name', to.whole())}, {draw.choice(['MD', 'D.O.', 'M.D., F.A.C.P.'])}",
        mark("institution", s.hospital),
        f"{mark('city', s.town)}, {s.state}",
        "",
        f"RE: {mark('name', who.whole() if draw.random() < 0.6 else who.register())}",
        f"{draw.choice(['DOB', 'D.O.B.', 'Born'])}: {when(s.born, draw.choice([form, 'slash', 'dashed long']))}",
    ]
    if draw.random() < 0.6:
        head.append(f"{draw.choice(['Your ref', 'Chart no.', 'MR number'])}: {s.mrn()}")
    if draw.random() < 0.3:
        head.append(
            f"Policy: {mark('health_plan', s.number('policy', 'AAA999999999-99', '999-99-9999A', 'W999999999'))}"
        )
    body = [
        f"Dear {draw.choice(['Dr.', 'Doctor'])} {mark('name', to.family)},",
        f"Thank you for seeing {name}, a delightful {s.years_in_words()}-year-old "
        f"{draw.choice(['retiree', 'teacher', 'gentleman' if not who.woman else 'lady', 'patient of mine'])} from "
        f"{mark('city', s.town)} whom I have followed for {case.name} since "
        f"{draw.choice(['2015', 'early 2019', '2021'])}. " + " ".join(case.story),
        f"As you may recall, {he} was admitted under Dr {mark('name', other.family)} at "
        f"{mark('institution', s.hospital)} "
        f"from {when(s.after(-31), draw.choice(ADMITTED))} until {when(s.after(-27), draw.choice(ADMITTED))}. "
        + " ".join(case.done)
        + f" {'Her' if who.woman else 'His'} {relation}, {mark('name', kin.whole())}, accompanies "
        f"{'her' if who.woman else 'him'} to most visits.",
        f"Past history: {case.background}. Current treatment: {'; '.join(case.drugs)}.",
        f"On examination today: {' '.join(case.signs)} "
        + ", ".join(f"{test} {value}" for test, value in case.numbers)
        + f" ({when(s.after(-3), draw.choice(['name and day', 'two', 'month']))}).",
        f"I would be grateful for your opinion. {case.advice[0]} {name} can be reached at {s.phone('own')}"
        + (f" or {mark('email', _mail(s))}" if draw.random() < 0.4 else "")
        + f". I will see {'her' if who.woman else 'him'} again in "
        f"{when(s.after(70), draw.choice(['month', 'month of year']))}.",
        "With kind regards,",
        f"{mark('name', sender.whole())}, MD"
        + draw.choice(
            [
                "",
                "\nElectronically signed",
                f"\nDictated but not read. {mark('name', sender.letters())}:"
                f"{mark('name', s.nurse.letters().lower())}",
            ]
        ),
        f"CC: {mark('name', other.whole())}; {mark('name', s.doctors[3].whole())}, {mark('institution', s.office)}",
    ]
    return wrap("\n".join(head) + "\n\n" + "\n\n".join(body), draw.choice([76, 88, 2000]))


def message(s: Subject) -> str:
    """A thread of portal messages or e-mails."""
    draw, case, who = s.draw, s.case, s.who
    doctor, nurse = s.doctors[0], s.nurse
    relation, kin = s.kin[0]
    first = who.given.lower() if draw.random() < 0.5 else who.given
    stamp = draw.choice(["slash", "short name", "stamp"])
    clock = f"{draw.randint(1, 12)}:{draw.randint(10, 59)} {draw.choice(['AM', 'PM'])}"
    asks = [
        f"I'm still having {case.why}. " + draw.choice(case.story),
        f"my {relation} {mark('name', kin.given.lower() if draw.random() < 0.5 else kin.given)} will pick up the "
        f"{case.drugs[0].split()[0].lower()}, is that ok?",
        f"I lost my insurance card, the new one says {s.payer} "
        f"{mark('health_plan', s.number('policy', 'AAA999999999-99', '999999999', 'W999999999'))}",
        f"can you send it to the CVS on {mark('address', s.street)}? we moved to {mark('city', s.town)} in "
        f"{when(s.after(-40), 'month')}",
        f"please call me at {s.phone('own')} after 4, i work at {mark('institution', s.work)} till 3:30",
        f"I attached a picture ({mark('photo', s.number('photo', 'scar_99-99.HEIC', 'DSC_9999.JPG', 'photo9.png'))})",
        f"my appointment on {when(s.after(9), draw.choice(['two', 'said, American', 'name and day']))} has to "
        f"move, can I come "
        f"{draw.choice(['Tuesday', 'after Thanksgiving break', 'Fri'])} instead".replace(
            "Thanksgiving", mark("date", "Thanksgiving")
        ),
        f"the bill for {when(s.after(-12), 'two')} says acct "
        f"{mark('account', s.number('account', '999-9999-99', 'A9999999'))}, "
        "I thought my deductible was met",
    ]
    page = draw.choice(["https://mychart.example.edu/u/" + s.number("url", "99999"), "portal.example.com/lab"])
    chosen = draw.sample(asks, draw.randint(2, 4))
    lines = [
        f"From: {mark('name', who.whole())}" + (f" <{mark('email', _mail(s))}>" if draw.random() < 0.6 else ""),
        f"To: {mark('name', doctor.whole())}, MD; {mark('institution', s.office)}",
        f"Sent: {when(s.seen, stamp)} {clock}",
        f"Subject: {draw.choice(['question', 'RE: refill', 'Test results', 'Non-Urgent Medical Question'])}",
        "",
        f"{draw.choice(['Hi', 'Hello', 'Dear', 'hey'])} Dr. {mark('name', doctor.family)},",
        "",
        " ".join(chosen),
        "",
        draw.choice(["Thanks,", "thank you so much", "Best,", "Thx"]),
        mark("name", first),
        "",
        "-----Original Message-----",
        f"{mark('name', nurse.whole())}, {draw.choice(['RN', 'LPN', 'CMA'])} wrote on {when(s.after(-2), stamp)}:",
        f"> {mark('name', who.given)}, Dr. {mark('name', doctor.family)} looked at your labs from "
        f"{when(s.after(-5), draw.choice(['two', 'name and day', 'slash']))}: "
        + ", ".join(f"{test} {value}" for test, value in case.numbers[:2])
        + f". {case.advice[-1]} Log in at "
        f"{mark('url', page)} "
        f"or call {s.phone('office')} (option 2).",
        f"> {mark('name', nurse.given)}",
    ]
    if draw.random() < 0.3:
        lines.append(f"\n[sent from {mark('ip', s.number('ip', '172.16.9.1', '192.168.1.9', '73.9.21.99'))}]")
    return "\n".join(lines)


def scan(s: Subject) -> str:
    """A faxed form read by a machine: broken words, exchanged letters and digits, boxes."""
    draw, case, who = s.draw, s.case, s.who
    doctor = s.doctors[0]
    relation, kin = s.kin[1]
    form = draw.choice(["slash", "dashed long", "dashed", "dotted"])
    text = "\n".join(
        [
            f"{when(s.seen, form)}  {draw.randint(1, 12)}:{draw.randint(10, 59)}  FROM: "
            f"{mark('institution', s.hospital)}  "
            f"{s.phone('office fax', 'fax')}   P. 02/05",
            "",
            "AUTHORIZATION FOR RELEASE  /  DISCHARGE INSTRUCTIONS",
            f"Patient Name : {mark('name', who.register())}       Date of Birth : {when(s.born, form)}",
            f"Med Rec # : {s.mrn()}      Soc Sec # : {mark('ssn', s.number('ssn', '999-99-9999', '999 99 9999'))}",
            f"Street : {mark('address', s.street)}     City/St/Zip : {mark('city', s.town)} {s.state} "
            f"{mark('zip', s.zip)}",
            f"Phone : {s.phone('own')}     Ins : {s.payer}   ID# "
            f"{mark('health_plan', s.number('policy', 'AAA999999999-99', '999999999', 'W999999999'))}",
            "[X] Inpatient  [ ] Observation   [ ] Same day",
            f"Admit : {when(s.after(-4), form)}    Disch : {when(s.seen, form)}    Age {s.years()}  "
            f"{'Female' if who.woman else 'Male'}",
            "",
            f"DIAGNOSIS : {case.name}",
            "Hx: " + case.background,
            "Course: " + " ".join(case.done),
            "MEDS : " + " ; ".join(case.drugs),
            "RESULTS: " + "  ".join(f"{test} {value}" for test, value in case.numbers),
            "INSTRUCTIONS: " + " ".join(case.advice),
            f"Responsible party : {mark('name', kin.whole())}  ({relation})  {s.phone('kin')}",
            f"Return to Dr. {mark('name', doctor.family)} on {when(s.after(14), form)}",
            f"Device: {draw.choice(['CPAP', 'walker', 'glucometer', 'pump'])}  Ser. No. "
            f"{mark('device', s.number('serial', '9AA-99999-A', 'A999999999', '9999-999'))}",
            f"DEA # {mark('license', s.number('dea', 'AA9999999'))}   Lic. "
            f"{mark('license', s.number('lic', 'A-99999', 'MD.999999'))}",
            f"Signature : {mark('name', who.whole())}     Date {when(s.seen, form)}",
            f"Witness : {mark('name', s.nurse.whole())} RN",
        ]
    )
    return _misread(text, draw)


MISREAD = {
    "O": "0",
    "0": "O",
    "l": "1",
    "1": "l",
    "I": "l",
    "S": "5",
    "5": "S",
    "B": "8",
    "rn": "m",
    "e": "c",
    "g": "q",
}


def _misread(marked: str, draw: random.Random) -> str:
    """Exchange one letter in eighty for one that looks alike, drop and double some spaces; marks are left alone."""
    made = []
    for c in marked:
        if ord(c) >= FIRST and c <= CLOSE:
            made.append(c)
        elif c in MISREAD and draw.random() < 0.015:
            made.append(MISREAD[c])
        elif c == " " and draw.random() < 0.01:
            made.append("  ")
        elif c == " " and made and made[-1].isalpha() and draw.random() < 0.005:
            continue
        elif c == ":" and draw.random() < 0.05:
            made.append(".")
        else:
            made.append(c)
    return "".join(made)


def handoff(s: Subject) -> str:
    """A table: a list for the next shift, or an export with a column for each field."""
    draw, case, who = s.draw, s.case, s.who
    tag = draw.choice(["two", "two dashed", "slash", "stamp"])
    if draw.random() < 0.5:
        separator = draw.choice(["|", "\t", ","])
        columns = [
            "PAT_NAME",
            "MRN",
            "DOB",
            "SEX",
            "AGE",
            "ADMIT_DT",
            "ATTENDING",
            "PCP_PHONE",
            "PAYER_ID",
            "ENC_ID",
            "ZIP",
            "DX",
        ]
        given = mark("name", who.register().upper() if draw.random() < 0.5 else who.register())
        cells = [
            f'"{given}"' if separator == "," else given,
            s.mrn(),
            when(s.born, "stamp" if tag == "stamp" else "slash"),
            "F" if who.woman else "M",
            s.years(),
            when(s.seen, "stamp" if tag == "stamp" else "slash"),
            mark("name", s.doctors[0].family.upper()),
            s.phone("office"),
            mark("health_plan", s.number("policy", "AAA999999999-99", "999999999", "W999999999")),
            mark("other_id", s.number("encounter", "9999999999", "ENC-9999999")),
            mark("zip", s.zip),
            case.name,
        ]
        rows = [separator.join(columns), separator.join(cells), ""]
        rows += ["TEST" + separator + "VALUE" + separator + "DATE"]
        rows += [
            separator.join([test, value.replace(",", ";"), when(s.after(number), tag)])
            for number, (test, value) in enumerate(case.numbers)
        ]
        rows += ["", f"COMMENT{separator}{case.story[0].replace(',', ';')} RN {mark('name', s.nurse.given)} aware"]
        return "\n".join(rows)
    widths = (9, 26, 12, 34, 40)
    head = "".join(
        pad(cell, wide) for cell, wide in zip(["Bed", "Patient", "MRN", "Problem", "To do"], widths, strict=True)
    )
    ours = [
        f"{draw.randint(3, 9)}{draw.choice('NSEW')}-{draw.randint(10, 44)}",
        f"{mark('name', who.register())} {s.years()}{'F' if who.woman else 'M'}",
        s.mrn(),
        case.name[:32],
        f"{case.advice[0][:30]} f/u {when(s.after(1), tag)}",
    ]
    rows = [
        f"SIGN-OUT {when(s.seen, draw.choice(['slash', 'name and day', 'military']))} 19:00   Team: "
        f"{mark('name', s.doctors[0].family)} / {mark('name', s.doctors[1].family)}  pgr {s.phone('pager')}",
        head,
        "-" * 118,
        "".join(pad(cell, wide) for cell, wide in zip(ours, widths, strict=True)),
        " " * 9 + "meds: " + "; ".join(case.drugs[:3]),
        " " * 9 + "labs: " + " | ".join(f"{test} {value}" for test, value in case.numbers),
        " " * 9 + f"family: {s.kin[2][0]} {mark('name', s.kin[2][1].given)} {s.phone('kin')}   code: full",
    ]
    for doctor in s.doctors[2:]:  # the neighbours in the list
        rows.append(
            "".join(
                pad(cell, wide)
                for cell, wide in zip(
                    [
                        f"{draw.randint(3, 9)}{draw.choice('NSEW')}-{draw.randint(10, 44)}",
                        f"{mark('name', doctor.register())} {draw.randint(20, 80)}{'F' if doctor.woman else 'M'}",
                        mark("mrn", f"{draw.randint(1000000, 9999999)}"),
                        draw.choice(["r/o MI", "DKA, gap 22->14", "cellulitis L leg", "EtOH w/d, CIWA 8-12"]),
                        f"[ ] {draw.choice(['CT A/P', 'echo', 'PT eval', 'K repl 40'])} {when(s.after(0), tag)}",
                    ],
                    widths,
                    strict=True,
                )
            )
        )
    return "\n".join(rows)


def triage(s: Subject) -> str:
    """An emergency or ambulance note typed in capitals, in a hurry."""
    draw, case, who = s.draw, s.case, s.who
    doctor, relation_kin = s.doctors[0], s.kin[0]
    form = draw.choice(["two", "military", "slash", "dashed"])
    parts = [
        f"{mark('name', who.register() if draw.random() < 0.6 else who.whole())} {s.years()} "
        f"{draw.choice(['YO', 'Y/O', 'YR OLD'])} {'F' if who.woman else 'M'} BIBA FROM "
        + draw.choice(
            [
                mark("institution", s.home),
                f"{mark('address', s.street)}, {mark('city', s.town)}",
                f"HOME IN {mark('city', s.town)}",
            ]
        )
        + f" CC {case.why}",
        f"{draw.choice(['MEDIC', 'EMS', 'UNIT'])} {draw.randint(2, 40)} RUN# "
        f"{mark('other_id', s.number('run', '99-999999', '9999999'))} ETA 5-7 MIN, CODE 3",
        f"PER {relation_kin[0]} "
        f"{mark('name', relation_kin[1].whole() if draw.random() < 0.4 else relation_kin[1].given)} "
        f"{s.phone('kin')} LAST SEEN NORMAL {when(s.after(-1), form)} 2230",
        draw.choice(case.story),
        f"PMH {case.background}",
        f"MEDS {', '.join(case.drugs)} NKDA",
        " ".join(case.signs),
        " ".join(f"{test} {value}" for test, value in case.numbers),
        f"D/W DR {mark('name', doctor.family)} {when(s.seen, form)} "
        f"{draw.randint(0, 23):02d}{draw.randint(10, 59)}, WILL ADMIT. "
        f"{case.done[0]}",
        f"PMD {mark('name', s.doctors[1].family)} AT {mark('institution', s.office)} NOTIFIED",
        f"DOB {when(s.born, draw.choice(['slash', 'dashed long', 'military']))} "
        f"{draw.choice(['MRN', 'MR#', 'HOSP NO'])} {s.mrn()}",
        f"CAR TOWED, {s.state} {draw.choice(PLATE)} "
        f"{mark('vehicle', s.number('tag', 'AAA-9999', '9AAA999', 'AA9 99A'))}"
        if draw.random() < 0.4
        else f"BELONGINGS TO {mark('name', relation_kin[1].given)}",
        f"LAST TETANUS {when(s.after(-900), 'month and year')}, FLU SHOT {draw.choice(['2019', 'UTD'])}",
    ]
    kept = [parts[0], *[part for part in parts[1:] if draw.random() < 0.8]]
    joined = draw.choice([". ", "\n", " -- "]).join(kept)
    sign = (
        f"{mark('name', s.nurse.given[0] + s.nurse.family)} RN {when(s.seen, form)} "
        f"{draw.randint(10, 23)}{draw.randint(10, 59)}"
    )
    return (joined + "\n" + sign).upper()


def social(s: Subject) -> str:
    """A social worker's or case manager's narrative, with many people and places."""
    draw, case, who = s.draw, s.case, s.who
    he, his = ("she", "her") if who.woman else ("he", "his")
    (r1, k1), (r2, k2), (r3, k3) = s.kin
    worker = s.doctors[3]
    form = draw.choice(["two", "said, American", "name and day", "short name, point"])
    born_in = draw.choice(["Guam", "Ohio", "Michoacán", "Lagos, Nigeria", "Poland", "Puerto Rico", "West Virginia"])
    sentences = [
        f"SW met with pt {mark('name', who.whole())} at bedside on {when(s.seen, form)} to complete "
        f"psychosocial assessment.",
        f"{he.capitalize()} is a {s.years_in_words()} year old widowed patient admitted for {case.name}.",
        f"Pt was born in {born_in} and moved to {mark('city', s.town)} in {draw.randint(1960, 2005)}, where "
        f"{he} worked at "
        f"{mark('institution', s.work)}.",
        f"{he.capitalize()} has a {r1}, {mark('name', k1.whole())}, who lives around the corner on "
        f"{mark('address', s.street)}, and a {r2}, {mark('name', k2.given)}, with whom {he} is estranged.",
        f"{mark('name', k1.given)}'s cell is {s.phone('kin')}; {mark('name', k2.given)} uses "
        f"{mark('email', _mail(s, k2.given))}.",
        f"Per {mark('name', k1.given)}, pt has missed 3-4 doses a week of {case.drugs[0]} since "
        f"{when(s.after(-75), 'month')}.",
        f"HCPOA is {his} {r3} {mark('name', k3.whole())} (form signed "
        f"{when(s.after(-400), draw.choice(['short name', 'slash']))}).",
        f"Pt declined {mark('institution', s.home)} because of a stay there in "
        f"{when(s.after(-300), 'month of year')}.",
        f"Referral faxed to {mark('institution', s.home)}, attn {mark('name', s.doctors[2].given)}, at "
        f"{s.phone('home fax', 'fax')}; auth # {mark('other_id', s.number('auth', 'A99999999', '9999999999'))} "
        f"from {s.payer}.",
        f"{draw.choice(['Medicaid', 'Medicare', 'Disability'])} number "
        f"{mark('health_plan', s.number('public', '9AA9-AA9-AA99', '999999999A'))}, "
        f"{draw.choice(LAST_FOUR)} {mark('ssn', s.number('last four', '9999'))}.",
        f"Dr. {mark('name', s.doctors[0].family)} would like d/c by {when(s.after(3), form)}; {case.advice[0]}",
        f"Transport: {r1} drives a {draw.choice(['white Ford', 'Corolla', 'blue van'])}, {draw.choice(PLACARD)} "
        f"{mark('vehicle', s.number('placard', 'A999999', '999999A'))}.",
        f"PHQ-2 1/6, AUDIT-C 3/12, {case.signs[-1]}",
        f"Veterans card no. {mark('license', s.number('card', 'V99999999', '99-999-999'))} seen and copied.",
        f"Voice print enrolled with the pharmacy line, ID {mark('biometric', s.number('voice', 'VP9999-99'))}.",
    ]
    weights = [sentence for sentence in sentences[3:-2] if draw.random() < 0.75]
    rare = [sentence for sentence in sentences[-2:] if draw.random() < 0.2]
    text = " ".join([*sentences[:3], *weights, *rare])
    end = (
        f"{mark('name', worker.whole())}, {draw.choice(['LCSW', 'MSW', 'RN CM'])}, "
        f"{draw.choice(['pager', 'ext.', 'Vocera'])} {mark('phone', s.number('pager', '99999', '9-9999'))}, "
        f"{mark('email', worker.given.lower().replace(' ', '') + '@hospital.example.org')}"
    )
    return wrap(f"{text}\n\n{end}", draw.choice([90, 2000]))


def _mail(s: Subject, given: str = "") -> str:
    import unicodedata

    name = unicodedata.normalize("NFKD", given or s.who.given).encode("ascii", "ignore").decode().lower()
    name = name.replace(" ", "").replace("-", "")
    family = "".join(c for c in unicodedata.normalize("NFKD", s.who.family) if c.isascii() and c.isalpha()).lower()
    host = s.draw.choice(["gmail.example", "mail.example.com", "uni.example.edu"])
    return (
        s.draw.choice([f"{name}_{family}", f"{name[0]}{family}{s.born:%y}", f"{family}+health", f"{name}.{family}"])
        + f"@{host}"
    )


PLATE = ["TAG", "PLATE", "LIC PLATE"]
PLACARD = ["handicap placard", "license plate", "plate #"]
ADMITTED = ["said", "said, American", "name and day", "letter, American", "short name", "two"]
LAST_FOUR = ["last 4 of social", "SSN ending in", "last four SSN", "SSN last 4:", "social security no. ends"]
STYLES = {
    "letter": letter,
    "message": message,
    "scan": scan,
    "handoff": handoff,
    "triage": triage,
    "social": social,
}
