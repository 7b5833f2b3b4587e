"""Narrative styles: social work, psychotherapy."""

from __future__ import annotations

from set_a_ids import email, home_lines, mobile, mrn, number, pager, staff_email
from set_a_scene import Scene
from set_a_text import sentences

from polyclinic.corpus.invented_notes.marked_text import mark


def social_work(scene: Scene) -> str:
    """Return an assessment by a social worker or case manager."""
    case, patient, random = scene.case, scene.patient, scene.random
    person, (near, far) = patient.person, patient.relatives
    worker = scene.staff[4]
    head = random.choice(
        [
            f"SOCIAL WORK ASSESSMENT\nDate: {scene.head()}\nPatient: {person.full()} ({mrn(scene)})\nReferred by: "
            f"{scene.doctor(0)}, {case.specialty}",
            f"CASE MANAGEMENT NOTE - {scene.head()} {scene.time()}\n{person.register(capitals=True)}  Unit 6 "
            f"South  Payer ID {number(scene, 'member')}",
            f"Social Services\n{scene.place('hosp')}\n\nClient: {person.whole()}    D.O.B.: {scene.born()}    "
            f"File: {mrn(scene)}",
        ]
    )
    reason = f"Reason for referral: {case.complaint}; discharge planning. " + sentences(scene.some(case.story, 2, 3))
    if scene.age < 18:
        home = (
            f"Family: {person.first()} lives with {patient.relatives[0].person.full()} ({near.relation}) at "
            f"{home_lines(scene, lines=False)} and is "
            f"in school at {scene.place('school')}. {far.person.first()} ({far.relation}) helps on weekends. No "
            "DCF involvement."
        )
    else:
        home = sentences(
            [
                f"Living situation: {scene.titled()}, {home_lines(scene, lines=False)}. Second floor, 14 stairs, "
                "no elevator.",
                scene.draw(
                    "{rel} {reln} ({relph}) is health care proxy.",
                    "{relf}, the {rel}, comes by on Tuesdays and Fridays.",
                    "The household is {first}, {rel} {relf} and two cats.",
                ),
                scene.draw(
                    "{He} moved here from {oc} in {y-2900}.".replace("{oc}", _origin_city(scene)),
                    "{He} was born in {oc} and grew up there with five siblings.".replace(
                        "{oc}", _origin_city(scene)
                    ),
                    "{He} goes to church on Sundays and plays dominoes at the senior center.",
                ),
                scene.draw("{He} retired from {work} in {y-4000}.", "{He} drove a bus, then worked at {work}.")
                if scene.age > 66
                else scene.draw(
                    "{He} works at {work} and is afraid to lose the job.",
                    "{He} is on short-term disability from {work}, claim {c}.".replace("{c}", number(scene, "claim")),
                ),
            ]
        )
    money = scene.draw(
        "Income: SSI $914 a month, SNAP; rent is $640. Medicaid redetermination is due {d+25}.",
        "Benefits: Medicare and a Medigap plan, policy {m}. VA benefits not used.".replace(
            "{m}", number(scene, "member")
        ),
        "Finances: behind on gas bill ({n}); application for LIHEAP was faxed.".replace(
            "{n}", "account " + number(scene, "account")
        ),
        "Applied for a handicapped placard; car is a 2011 Honda Civic, plate {p}.".replace(
            "{p}", number(scene, "plate")
        ),
        "SSN ends in {s}; ID was lost, so we ordered a new card from the county.".replace(
            "{s}", number(scene, "ssn4")
        ),
    )
    feelings = scene.draw(
        "{Mr} was tearful when speaking of {his} late brother {x}, who died on {d-400} at {ohosp}.".replace(
            "{x}", mark("name", random.choice(person.origin.men))
        ),
        "Mood is good. {He} jokes that Parkinson and Murphy must have been roommates.",
        "{relf} reports caregiver strain (Zarit 14) and has not slept through since {hol}.",
        "PHQ-2 was 3. {He} denies SI. Interested in support group, next meeting {d+8}.",
    )
    plan = scene.draw(
        "Plan: referrals sent to {nh} and two others; {relf} toured {nh} on {s-1}. Liaison {x}, {phone}.".replace(
            "{x}", scene.nurses[1].full()
        )
        if scene.age > 59
        else "Plan: FMLA form to {relf}; ride by Lyft Health on {s+1}. Follow up with {x}, {phone}.".replace(
            "{x}", scene.nurses[1].full()
        ),
        "Plan: {agency} accepts, start of care {d+2}, intake nurse {x} at {phone}.".replace(
            "{x}", scene.nurses[1].first_initial()
        ),
        "Plan: Meals on Wheels from {d+5}; Lifeline pendant; walker from {pharm}.",
        "Plan: team meeting {d+2} at 11 with {dr0}; letter to follow. Email to {e}.".replace(
            "{e}", staff_email(scene, scene.staff[0])
        ),
    )
    reach = (
        scene.draw(
            "{called} prefers texts to {c}.".replace("{c}", mobile(scene)),
            "Best contact is {rel} by email, {e}.".replace("{e}", email(scene)),
            "Interpreter {i} used throughout.".replace(
                "{i}", f"ID {mark('other_id', str(random.randint(20000, 399999)))}"
            ),
            "A voicemail was left for {rel2f} ({rel2}).",
        )
        if case.key != "depression"
        else f"{person.called()} prefers texts to {mobile(scene)}."
    )
    medical = (
        "Medical summary per chart: "
        + sentences(scene.some(case.course, 1, 2))
        + f" Allergies: {case.allergies}. Medicines: "
        + ", ".join(scene.some(case.drugs, 2, 4))
        + "."
    )
    end = random.choice(
        [
            f"{worker.full()}, LICSW\nPager {pager(scene)}",
            f"{worker.whole()}, MSW, LCSW   {scene.contact()}",
            f"{worker.initial_last()}, RN, CCM",
        ]
    )
    return "\n\n".join([head, reason, home, money, feelings, medical, plan + " " + reach, end])


def _origin_city(scene: Scene) -> str:
    return mark("city", scene.random.choice(
        ["Cork", "Galway", "San Juan", "Guadalajara", "Ponce", "Saigon", "Guangzhou", "Lahore", "Ahmedabad",
        "Beirut", "Lagos", "Kumasi",
         "Krakow", "Cebu", "Thessaloniki", "Palermo", "Busan", "Port-au-Prince", "Buffalo", "Laredo", "Tulsa",
         "Shreveport", "Bangor", "Dundee"]
    ))  # fmt: skip


def therapy(scene: Scene) -> str:
    """Return a note of a psychotherapy session."""
    case, patient, random = scene.case, scene.patient, scene.random
    person, near = patient.person, patient.relatives[0]
    therapist = scene.staff[3]
    who = random.choice([person.first(), scene.titled(), "Client", f"{person.called()}"])
    number_ = random.randint(3, 22)
    head = random.choice(
        [
            f"PSYCHOTHERAPY NOTE\nClient: {person.first_initial()}   ID: {mrn(scene)}\nSession {number_}, "
            f"{scene.head()}, 50 min, 90834\n{scene.place('clinic')}",
            f"Individual therapy - {scene.head()}\n{person.full()}  DOB {scene.born()}\nTherapist: "
            f"{therapist.full()}, {random.choice(['PsyD', 'LCSW', 'LMHC', 'PhD'])}",
            f"THERAPY PROGRESS NOTE (DAP)\nName: {person.register()}   Date of service: {scene.head()}   "
            f"Telehealth, pt at home in {mark('city', patient.town.name)}",
        ]
    )
    data = sentences(scene.some(case.story, 2, 4))
    said = " ".join(f'"{line}"' for line in scene.some(case.lay, 2, 3))
    talk = random.choice(
        [
            "The argument with {relf} on {s-2} was looked at with the ABC model: event, belief, consequence. "
            "{rel2f}'s birthday on {s+6} is dreaded.",
            "{w} wrote a letter to {rel2f} as homework and read it aloud; the anniversary falls on {d+20}.",
            "We spoke of {friend}, the supervisor at {work}, and rehearsed what to say on Monday.",
            "{w} went out with {friend} and another friend from college on {s-3}, for the first time since {hol}.",
            "{w} drove with {relf} to {rel2f}'s grave in {town} and stayed an hour.",
        ]
    )
    friend = mark("name", random.choice([name for name in person.origin.men if name != near.person.given]))
    talk = scene.fill(talk.replace("{w}", who).replace("{friend}", friend).replace("{town}", _origin_city(scene)))
    return _therapy_end(scene, [head, f"D: {data} {said}", talk], who)


def _therapy_end(scene: Scene, parts: list[str], who: str) -> str:
    case, random = scene.case, scene.random
    method = scene.draw(
        "Interventions: cognitive restructuring, behavioral activation, Socratic questions; Beck thought record "
        "handed out.",
        "Interventions: grief work after Worden, diaphragmatic breathing, Linehan's STOP skill.",
        "Interventions: interpersonal inventory, role play, Jacobson relaxation.",
    )
    exam = "MSE: " + " ".join(scene.some(case.exam, 3))
    scores = "Measures: " + ", ".join(scene.some(case.labs, 2, 3)) + "."
    drugs = "Medication (per " + scene.doctor(1) + "): " + ", ".join(scene.some(case.drugs, 2)) + "."
    risk = scene.draw(
        "Risk: low. No plan or intent. Means: {relf} holds the pills. Safety plan of {d-28} in force, contacts "
        "{relf} {relph} and 988.",
        "Risk: low to moderate, protective factors {relf} and faith. Columbia negative.",
    )
    plan = (
        "P: "
        + sentences(scene.some(case.plan, 2, 3))
        + scene.draw(" Next session {d+7}.", " Next session {s+14}, {time}.", " Will call {dr2} about the thyroid.")
    )
    therapist = scene.staff[3]
    end = random.choice(
        [
            f"{therapist.full()}, PsyD",
            f"{therapist.initials(dots=True)}",
            f"Signed {therapist.full()}, LCSW, license {number(scene, 'npi')}",
        ]
    )
    return "\n\n".join(
        [
            *parts,
            f"A: {who} is working hard in session; insight grows. {scores} {exam}",
            method,
            drugs,
            risk,
            plan,
            end,
        ]
    )
