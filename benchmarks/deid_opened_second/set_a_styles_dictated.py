"""Dictated styles: discharge summary, operative report, death summary."""

from __future__ import annotations

from set_a_ids import dictated, mrn, number, signed
from set_a_scene import Scene
from set_a_text import capital, inline, listed, sentences

from polyclinic.corpus.invented_notes.marked_text import mark


def _head(scene: Scene, title: str, admitted: int) -> str:
    person = scene.patient.person
    attending = scene.staff[0]
    form = scene.random.randrange(4)
    if form == 0:
        return (
            f"{scene.place('hosp')}\n{title}\n\nPATIENT NAME: {person.register(capitals=True)}\nMR #: {mrn(scene)}\n"
            f"DATE OF BIRTH: {scene.born()}\nADMITTED: {scene.head(admitted)}\nDISCHARGED: {scene.head()}\n"
            f"ATTENDING: {attending.whole()}, {attending.degree}\n"
        )
    if form == 1:
        return (
            f"Name: {person.whole()}    MRN: {mrn(scene)}    DOB: {scene.born()}\n"
            f"Admit date: {scene.head(admitted)}    Discharge date: {scene.head()}\n"
            f"Service: {scene.case.specialty}    Attending: {attending.last()}\n\n{title.title()}\n"
        )
    if form == 2:
        return (
            f"{title}\n\nPatient: {person.full()}\nAccount Number: {number(scene, 'account')}\nMedical Record: "
            f"{mrn(scene)}\n"
            f"Dates of Hospitalization: {scene.head(admitted)} - {scene.head()}\nPrimary Care: {scene.doctor(2)}\n"
        )
    return (
        f"This is a discharge summary on {person.full()}, medical record number {mrn(scene)}, date of birth "
        f"{scene.born()}, "
        f"admitted {scene.date(admitted)} and discharged {scene.date()}. This is {scene.doctor(0)} dictating.\n"
    )


def discharge_summary(scene: Scene) -> str:
    """Return a discharge summary as it is dictated."""
    case = scene.case
    stay = -scene.random.randint(5, 10)
    spoken = scene.chance(0.35)
    parts = [_head(scene, "DISCHARGE SUMMARY", stay)]
    heads = {name: name.upper() if not spoken else name.capitalize() for name in
             ("admission diagnosis", "history of present illness", "past medical history", "hospital course",
             "laboratory data",
              "discharge medications", "disposition", "follow-up", "condition")}  # fmt: skip
    parts.append(f"{heads['admission diagnosis']}: {case.diagnosis}.")
    scene.shift = stay
    story = scene.some(case.story, 5)
    scene.shift = 0
    parts.append(f"{heads['history of present illness']}: {sentences(story)}")
    parts.append(f"{heads['past medical history']}: " + inline(scene.some(case.history, 3)))
    if scene.chance(0.7):
        parts.append(f"{heads['laboratory data']}: " + inline(scene.some(case.labs, 3)))
    parts.append("PHYSICAL EXAMINATION ON ADMISSION: " + " ".join(scene.some(case.exam, 2)))
    parts.append(
        f"IMAGING: {case.imaging.title} of {scene.date(stay)}: " + sentences(scene.some(case.imaging.impression, 1))
    )
    parts.append(f"{heads['hospital course']}: {sentences(scene.some(case.course, 3))}")
    if scene.chance(0.6):
        parts.append(
            scene.draw(
                "{He} had a family meeting on {d-1} with {relf} and {dr3}, and the goals of care were gone over "
                "again.",
                "Case management ({rn}) arranged {agency} and a rolling walker.",
                "The patient was seen on the day of discharge by {dr0} and was comfortable, afebrile and on room "
                "air.",
                "I spoke with {dr2} by telephone at {phone} on {s+0} and the office has this summary.",
                "On the {o-2} {he} pulled out the line, which was replaced by {dr3}.",
                "There was one fall from the commode on {s-1} without injury, witnessed by {rnf}.",
            )
        )
    sign = scene.random.choice(["1", "-"])
    parts.append(f"{heads['discharge medications']}:\n" + listed(scene.some(case.drugs, 3), sign))
    parts.append(f"ALLERGIES: {case.allergies}.")
    where = ["home with {rel} {relf}", "home", "home with {agency}"]
    if scene.age > 59:
        where += ["{nh}, {phone}", "{nh} in {city}", "skilled nursing at {nh}"]
    parts.append(f"{heads['disposition']}: " + capital(scene.draw(*where)) + ".")
    follow = scene.draw(
        "{dr2} on {d+7} at 10:15 and {dr1} in four weeks.",
        "With {dr1} at {clinic}, {phone}, on {d+12}.",
        "{dr1} {s+10}, {dr3} {s+24}. Call {phone} with questions.",
        "Primary care in one week; the office of {dr1} will call {relf} at {relph}.",
    )
    parts.append(f"{heads['follow-up']}: {follow} " + sentences(scene.some(case.plan, 2, 3)))
    parts.append(dictated(scene, scene.staff[0], scene.staff[4]))
    return "\n\n".join(parts)


def operative_report(scene: Scene) -> str:
    """Return an operative report; an implant comes with its serial number."""
    case, person = scene.case, scene.patient.person
    operation = case.operation
    assert operation is not None
    surgeon, assistant, sleeper = scene.staff[0], scene.staff[3], scene.staff[1]
    where = scene.place("hosp")
    head = scene.random.choice(
        [
            f"OPERATIVE REPORT\n{where}\n\nPATIENT: {person.register(capitals=scene.chance(0.5))}\nMRN: "
            f"{mrn(scene)}\n"
            f"DOB: {scene.born()}    SEX: {'F' if person.female else 'M'}\nDATE OF PROCEDURE: {scene.head()}",
            f"{where}\nOPERATIVE NOTE\n\nPatient Name: {person.whole()}\nHospital No.: {mrn(scene)}\nEncounter: "
            f"{number(scene, 'visit')}\n"
            f"Date of operation: {scene.head()}   OR 7",
            f"Procedure Note - {case.specialty}\n{person.register()}   {mrn(scene)}   {scene.head()}",
        ]
    )
    who = scene.random.choice(
        [
            f"SURGEON: {surgeon.whole()}, {surgeon.degree}\nASSISTANT: {assistant.full()}, PA-C\n"
            f"ANESTHESIOLOGIST: {sleeper.full()}, MD",
            f"SURGEON: {surgeon.initial_last()}\nFIRST ASSISTANT: {assistant.initial_last()}, PGY-4\nANESTHESIA: "
            f"{sleeper.last()}",
            f"SURGEON: Dr{scene.dot} {surgeon.last()}\nASSISTANTS: {assistant.last()} (PGY-3), "
            f"{scene.staff[4].last()} (MS4)",
        ]
    )
    indication = sentences(scene.some(case.story[:3], 3))
    consent = scene.draw(
        "Risks and benefits were gone over with {Mr} and {his} {rel}, {relf}, and consent was signed on {d-6}.",
        "The site was marked by {dr0} in the holding area. A time-out was done with {rn}.",
        "The patient was seen in the holding area, the site was marked, and informed consent was confirmed.",
    )
    steps = [scene.fill(step) for step in operation.steps]
    if operation.implant:
        steps.insert(
            len(steps) - 1, f"The implant was a {operation.implant}, serial number {number(scene, 'serial')}."
        )
    body = sentences([consent, *steps])
    count = scene.draw(
        "All counts were correct per {rnf}.",
        "Counts were correct times two.",
        "Sponge, needle and instrument counts were correct.",
    )
    end = scene.draw(
        "{dr0} was present for the entire procedure.",
        "I was present and scrubbed for all key portions.",
        "I spoke with {reln} in the waiting room after the case.",
        "The findings were told to {relf} by phone at {relph}.",
    )
    loss = f"ESTIMATED BLOOD LOSS: {operation.blood_loss}\nCOMPLICATIONS: None\nDRAINS: As above"
    if case.pathology:
        loss += f"\nSPECIMENS: {case.pathology.specimen} ({number(scene, 'S')})"
    return "\n\n".join(
        [
            head,
            f"PREOPERATIVE DIAGNOSIS: {operation.before}.\nPOSTOPERATIVE DIAGNOSIS: Same.\nPROCEDURE: "
            f"{operation.title}.",
            f"{who}\nTYPE OF ANESTHESIA: {operation.anesthesia}.",
            loss,
            f"INDICATIONS: {indication}",
            f"DESCRIPTION OF PROCEDURE: {body} {count} {end}",
            dictated(scene, surgeon, scene.staff[4]),
        ]
    )


def death_summary(scene: Scene) -> str:
    """Return a death summary, some with the autopsy."""
    case, person = scene.case, scene.patient.person
    stay = -scene.random.randint(5, 9)
    autopsy = scene.chance(0.4)
    head = (
        f"DEATH SUMMARY\n\nNAME OF DECEASED: {person.whole()}\nMRN: {mrn(scene)}\nDATE OF BIRTH: {scene.born()}\n"
        f"ADMISSION: {scene.head(stay)}\nDATE AND TIME OF DEATH: {scene.head()} {scene.time()}\nPLACE: "
        f"{scene.place('hosp')}, 4 West\n"
        f"PRONOUNCED BY: {scene.staff[3].full()}, {scene.staff[3].degree}"
    )
    proper = case.diagnosis.startswith("Parkinson")
    cause = case.diagnosis if proper else case.diagnosis[0].lower() + case.diagnosis[1:]
    parts = [head, f"CAUSE OF DEATH: Cardiopulmonary arrest due to {cause}."]
    scene.shift = stay
    parts.append("BRIEF HISTORY: " + sentences(scene.some(case.story, 4)))
    scene.shift = 0
    parts.append("COURSE: " + sentences(scene.some(case.course, 2, 3)))
    parts.append(
        scene.draw(
            "On {d-1} {he} became hypotensive and was intubated; a family meeting with {relf} and {rel2f} led to "
            "comfort measures. Morphine and Ativan were given and {he} was extubated to room air.",
            "On the night of {s-1} a code blue was called for PEA. ACLS was run for 22 minutes with five rounds "
            "of epinephrine without return of circulation. {His} {rel}, {reln}, was called at {relph}.",
            "{He} had asked for no further treatment in {m-3} and a MOLST form was on the chart. {He} died "
            "quietly with {relf} at the bedside.",
        )
    )
    county = mark("city", scene.patient.town.county)
    parts.append(
        scene.draw(
            "The family of {Mr} was notified by {dr0}. The chaplain came at {time}.",
            "Next of kin, {reln} ({rel}), was at the bedside. Funeral home to be named by the family.",
            "{relf} ({rel}) was notified at {relph}; the medical examiner of " + county + " declined the case.",
        )
    )
    if autopsy:
        pathologist = scene.staff[1]
        parts.append(
            f"AUTOPSY ({number(scene, 'A')}), performed {scene.head()} by {pathologist.full()}, "
            f"{pathologist.degree}; permission was given by "
            f"{scene.patient.relatives[0].person.full()}. The body is that of a well-developed "
            f"{'woman' if person.female else 'man'} "
            f"appearing the stated age of {scene.age_text()}; toe tag {person.register()}. The heart weighs 510 g "
            "with left ventricular hypertrophy of 1.9 cm; the right coronary artery is 80% narrowed. The lungs "
            "weigh 1,340 g together and are congested. The liver is of nutmeg pattern, 1,620 g. The circle of "
            "Willis is atherosclerotic. Kimmelstiel-Wilson nodules are absent in the kidneys."
        )
        parts.append(signed(scene, pathologist, "Pathology"))
    else:
        parts.append("AUTOPSY: Declined.\n\n" + dictated(scene, scene.staff[0], scene.staff[4]))
    return "\n\n".join(parts)
