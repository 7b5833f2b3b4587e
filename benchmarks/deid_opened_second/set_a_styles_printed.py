"""Print-outs with heads and tables: radiology, pathology, laboratory, registration sheet."""

from __future__ import annotations

from set_a_ids import email, home_lines, home_phone, mobile, mrn, number, signed
from set_a_scene import Scene
from set_a_text import listed, sentences

from polyclinic.corpus.invented_notes.marked_text import mark, pad


def radiology(scene: Scene) -> str:
    """Return a report of an examination by images."""
    case, person, image = scene.case, scene.patient.person, scene.case.imaging
    reader, orderer = scene.staff[1], scene.staff[0]
    sex = "F" if person.female else "M"
    form = scene.random.randrange(4)
    if form == 0:
        head = "\n".join(
            pad(left, 44) + right
            for left, right in (
                (f"PATIENT: {person.register(capitals=True)}", f"MRN: {mrn(scene)}"),
                (f"DOB: {scene.born()}  SEX: {sex}", f"ACC#: {number(scene, 'R')}"),
                (
                    f"ORDERING: {orderer.register(capitals=True, middle=False)}",
                    f"EXAM DATE: {scene.head()} {scene.time()}",
                ),
                ("LOCATION: 5 East, bed 12", f"ORDER: {number(scene, 'order')}"),
            )
        )
        head = f"{scene.place('hosp')}\nDepartment of Radiology\n\n{head}"
    elif form == 1:
        head = (
            f"Name: {person.full()} | {sex} | {scene.age_text()} yrs | ID {mrn(scene)}\nAccession "
            f"{number(scene, 'R')} | Study date "
            f"{scene.head()} | Ref: {orderer.initial_last()}"
        )
    elif form == 2:
        head = (
            f"DIAGNOSTIC IMAGING REPORT\n{scene.place('clinic')}\nTel {scene.contact()}\n\nRe: {person.whole()}, "
            f"born {scene.born()}\n"
            f"Requested by: {scene.doctor(2)}\nExam performed: {scene.head()}"
        )
    else:
        head = (
            f"{person.register(capitals=True)}  {mrn(scene)}  {scene.born()}\nFINAL REPORT\nEXAM: {image.title}  "
            f"{scene.head()} {scene.time()}\n"
            f"REASON FOR EXAM: {case.complaint}"
        )
    compare = scene.draw(
        "None.",
        "{h-140}.",
        "Outside study from {ohosp} dated {h-200}.",
        "CT of {h-32}, report only.",
        "{h-365} and {h-33}.",
    )
    history = scene.draw(
        "{age}-year-old {man} with {c}.".replace("{c}", case.complaint[0].lower() + case.complaint[1:]),
        "{c}. Rule out acute process.".replace("{c}", case.complaint),
        "{c}, per {dr0}.".replace("{c}", case.complaint),
    )
    call = scene.draw(
        "Findings were discussed with {dr0} by telephone at {time} on {h+0}.",
        "Critical result called to {rn} at {time}, read back.",
        "",
        "",
        "Preliminary report by {dr3}, resident.",
    )
    found = [scene.fill(line) for line in image.findings]
    return "\n\n".join(
        part
        for part in (
            head,
            f"EXAMINATION: {image.title}",
            f"CLINICAL HISTORY: {history}",
            f"COMPARISON: {compare}",
            f"TECHNIQUE: {image.technique}",
            "FINDINGS:\n" + (sentences(found) if scene.chance(0.5) else listed(found, "*")),
            "IMPRESSION:\n" + listed([scene.fill(line) for line in image.impression], "1"),
            call,
            f"{scene.random.choice(['Interpreted by', 'Radiologist', 'Dictated and signed'])}: {reader.full()}, "
            f"{reader.degree}"
            if scene.chance(0.5)
            else signed(scene, reader, "Radiology"),
        )
        if part
    )


def pathology(scene: Scene) -> str:
    """Return a report of surgical pathology."""
    case, person, seen = scene.case, scene.patient.person, scene.case.pathology
    assert seen is not None
    reader = scene.staff[1]
    taken = -scene.random.randint(1, 4)
    rows = (
        (f"Patient: {person.register()}", f"Case #: {number(scene, 'S')}"),
        (f"MRN: {mrn(scene)}", f"Collected: {scene.head(taken)}"),
        (f"DOB: {scene.born()} ({scene.age_text()} yr)", f"Received: {scene.head(taken)}"),
        (f"Submitting: {scene.staff[0].register(middle=False)}", f"Reported: {scene.head()}"),
    )
    if scene.chance(0.5):
        head = "\n".join(pad(left, 42) + right for left, right in rows)
    else:
        head = "\n".join(f"{left}\n{right}" for left, right in rows)
    gross = (
        scene.random.choice(["Received labelled with the name", "The container is labelled"])
        + f' "{person.register(middle=False)}" '
        f"and the number {mrn(scene)}. {seen.gross}"
    )
    if scene.chance(0.6):
        gross += (
            f" Representative sections are submitted in A1-A{scene.random.randint(3, 9)} "
            f"({scene.staff[4].initials(lower=True)})."
        )
    talk = scene.draw(
        "The findings were told to {dr0} on {h+0}.",
        "Dr. {x} has seen the slides and agrees.".replace("Dr. {x}", "{dr3}"),
        "Slides reviewed at the tumor board of {d+3}."
        if case.specialty in ("Urology", "Dermatology", "Breast Oncology")
        else "",
        "Intradepartmental consultation: {dr3}.",
    )
    return "\n\n".join(
        [
            f"{scene.place('hosp')}\nDEPARTMENT OF PATHOLOGY AND LABORATORY MEDICINE\nSURGICAL PATHOLOGY REPORT",
            head,
            f"SPECIMEN: {seen.specimen}",
            f"CLINICAL INFORMATION: {case.diagnosis}. " + sentences(scene.some(case.story, 2, 3)),
            f"FINAL DIAGNOSIS:\n{seen.diagnosis}",
            f"GROSS DESCRIPTION: {gross}",
            f"MICROSCOPIC: {seen.microscopic}",
            f"COMMENT: {talk} Immunostains were run with appropriate controls"
            + ("." if scene.british else "; Ventana and Dako reagents, validated here and not FDA cleared."),
            signed(scene, reader, "Histopathology" if scene.british else "Pathology"),
        ]
    )


def laboratory(scene: Scene) -> str:
    """Return a print-out of laboratory values, cumulative."""
    person, random = scene.patient.person, scene.random
    days = sorted(random.sample(range(-6, 1), 3), reverse=True)
    columns = [scene.date(day, "{m:02d}/{d:02d}" if not scene.british else "{d:02d}/{m:02d}") for day in days]
    tests = (
        ("Sodium", 136, 145, 0), ("Potassium", 35, 51, 1), ("Chloride", 98, 107, 0), ("CO2", 21, 31, 0),
        ("BUN", 7, 25, 0), ("Creatinine", 6, 13, 1), ("Glucose", 70, 110, 0), ("Calcium", 85, 105, 1),
        ("WBC", 40, 110, 1), ("Hgb", 120, 160, 1), ("Hct", 36, 48, 0), ("Platelets", 150, 400, 0),
        ("Alk Phos", 40, 130, 0), ("Bili T", 2, 12, 1), ("Mg", 16, 26, 1),
    )  # fmt: skip
    table = [pad("TEST", 14) + "".join(pad(column, 11) for column in columns) + "REF RANGE"]
    for name, low, high, places in random.sample(tests, 10):
        scale = 10**places
        row = pad(name, 14)
        for _ in days:
            value = random.randint(low - (high - low) // 5, high + (high - low) // 3)
            flag = " L" if value < low else " H" if value > high else ""
            row += pad(f"{value / scale:.{places}f}{flag}", 11)
        table.append(row + f"{low / scale:.{places}f} - {high / scale:.{places}f}")
    rows = (
        (f"{person.register(capitals=True)}", f"Acct: {number(scene, 'account')}"),
        (f"DOB: {scene.born()}  {'F' if person.female else 'M'}", f"MR#: {mrn(scene)}"),
        (f"Req. {scene.staff[0].register(capitals=True, middle=False)}", f"Spec #: {number(scene, 'L')}"),
        (f"Coll: {scene.head()} {scene.time()}", f"Rec'd: {scene.head()} {scene.time()}"),
    )
    head = "\n".join(pad(left, 40) + right for left, right in rows)
    culture = scene.draw(
        "BLOOD CULTURE X2 ({h-3}): No growth at 72 hours.",
        "URINE CULTURE ({h-2}): >100,000 CFU/mL Escherichia coli. Ampicillin R, Cefazolin S, Nitrofurantoin S, "
        "Bactrim R.",
        "SPUTUM: Moderate Haemophilus influenzae, beta-lactamase negative. Gram stain: few PMNs.",
        "MRSA SCREEN ({h-1}): Negative. VRE SCREEN: Negative.",
    )
    note = scene.draw(
        "*** CRITICAL: Potassium called to {rn} at {time} on {h+0}, read back by same. Tech: {ini}".replace(
            "{ini}", scene.staff[4].initials()
        ),
        "Comment: specimen slightly hemolyzed. Verified by {ini}.".replace("{ini}", scene.staff[4].initials()),
        "Send-out to {ohosp} reference lab, phone {phone}. Result expected {h+4}.",
    )
    director = scene.staff[1]
    name = (
        f"{scene.place('hosp')} Laboratory\nLaboratory Director: {director.full()}, {director.degree}   CLIA "
        f"{mark('license', _clia(scene))}"
    )
    if scene.british:
        name = f"{scene.place('hosp')}\nPathology Department, Haematology and Biochemistry"
    assays = "Remarks: " + "; ".join(scene.some(scene.case.labs, 3)) + "."
    return "\n\n".join(
        [
            name,
            head,
            "CUMULATIVE REPORT\n" + "\n".join(table),
            assays,
            culture,
            note,
            "-- END OF REPORT --  Page 1 of 1",
        ]
    )


def _clia(scene: Scene) -> str:
    return f"{scene.random.randint(10, 52)}D{scene.random.randint(1000000, 2099999):07d}"


def registration(scene: Scene) -> str:
    """Return a registration sheet with insurance and the reason for the visit."""
    person, patient, random = scene.patient.person, scene.patient, scene.random
    near, far = patient.relatives
    work = scene.place("work")
    plan = random.choice(
        [
            "Aetna PPO",
            "Blue Cross Blue Shield",
            "UnitedHealthcare",
            "Medicare Part A/B",
            "Humana Gold Plus",
            "Cigna",
            "Medicaid",
        ]
    )
    hidden = random.random() < 0.4
    social = f"xxx-xx-{number(scene, 'ssn4')}" if hidden else number(scene, "ssn")
    left = [
        f"Patient: {person.register(capitals=random.random() < 0.5)}"
        + (f"   Goes by: {person.called()}" if random.random() < 0.3 else ""),
        f"DOB: {scene.born()}   Age: {scene.age_text()}   Sex: {'F' if person.female else 'M'}",
        f"SSN: {social}",
        f"Address: {home_lines(scene, lines=False)}",
        f"Home: {home_phone(scene)}   Cell: {mobile(scene)}",
        f"Email: {email(scene)}",
        f"{'School' if scene.age < 18 else 'Employer'}: {work}" if scene.age < 67 else "Employer: Retired",
    ]
    extra = [
        f"Driver's License: {patient.town.state} {number(scene, 'driver')}",
        f"Vehicle: 2016 Toyota Corolla, plate {number(scene, 'plate')}",
        f"Palm scan enrolled: {number(scene, 'biometric')}",
        f"Consent signed electronically from {number(scene, 'ip')}",
        f"Photo on file: {number(scene, 'photo')}",
        f"Auto claim: VIN {number(scene, 'vin')}, claim {number(scene, 'claim')}",
    ]
    left += random.sample(extra, random.randint(1, 3))
    money = [
        f"Guarantor: {(person if scene.age > 17 else near.person).register()}   Relation: "
        f"{'Self' if scene.age > 17 else near.relation.capitalize()}",
        f"Primary insurance: {plan}   Policy #: {number(scene, 'member')}   Group: {number(scene, 'group')}",
        f"Account #: {number(scene, 'account')}   Visit #: {number(scene, 'visit')}   MRN: {mrn(scene)}",
        f"Emergency contact 1: {near.person.full()} ({near.relation}) {scene.value('relph')}",
    ]
    if scene.case.key != "depression":
        money.append(
            f"Emergency contact 2: {far.person.register(middle=False)} ({far.relation}) {scene.value('rel2ph')}"
        )
    doctors = [
        f"PCP: {patient.family_doctor.register(middle=False)} {patient.family_doctor.degree}   NPI: "
        f"{number(scene, 'npi')}",
        f"Admitting: {scene.staff[0].register()} {scene.staff[0].degree}",
        f"Pharmacy: {scene.place('pharm')}, {scene.value('road')}, {scene.contact()}",
    ]
    why = (
        f"Chief complaint: {scene.case.complaint}\nAdmit diagnosis: {scene.case.diagnosis}\nAllergies: "
        f"{scene.case.allergies}\n" + sentences(scene.some(scene.case.story, 2, 3))
    )
    return "\n\n".join(
        [
            f"{scene.place('hosp')}\nFACE SHEET   Printed {scene.head()} {scene.time()}",
            "\n".join(left),
            "\n".join(money),
            "\n".join(doctors),
            why,
            "Home medications: " + "; ".join(scene.some(scene.case.drugs, 3)),
            f"Religion: {random.choice(['Catholic', 'Baptist', 'None', 'Muslim', 'Declined'])}   Language: "
            "English   Advance directive: "
            f"{random.choice(['Yes, scanned', 'No', 'Unknown'])}\nRegistered by: {scene.staff[4].initials()}",
        ]
    )
