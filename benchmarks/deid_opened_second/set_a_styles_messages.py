"""Messages and talk: portal thread, telephone encounter, transcript of a visit."""

from __future__ import annotations

from set_a_ids import email, extension, fax, home_lines, home_phone, mobile, mrn, number, portal
from set_a_scene import Scene
from set_a_text import capital, hurried, inline, sentences


def portal_thread(scene: Scene) -> str:
    """Return messages between the patient (or a relative) and the office."""
    case, patient, random = scene.case, scene.patient, scene.random
    person, near = patient.person, patient.relatives[0]
    nurse, doctor = scene.nurses[0], patient.family_doctor
    by_relative = scene.age < 18 or scene.age > 84 or scene.chance(0.2)
    writer = near.person if by_relative else person
    lay = scene.some(case.lay, 2)
    if by_relative and scene.age > 17:
        lay = [f'{"He" if not person.female else "She"} says: "{line}"' for line in lay]
    opening = scene.draw(
        "Hi {dr2},",
        "Hello,",
        "Dear {dr2} and team,",
        "Good morning {rnf},",
        "hi its {w} again".replace("{w}", writer.called()),
        "Dr. {l},".replace("{l}", doctor.last()),
    )
    about = (
        f"I am writing about my {_of(near.relation, person.female)} {person.full()}, dob {scene.born()}. "
        if by_relative
        else ""
    )
    asks = (
        "My next visit is on {s+12} but I don't think I can wait. Can someone call me at {cell}?",
        "I was at {ohosp} on {s-4} and they told me to let you know. Can {dr1} see the results?",
        "Could you send the refill to {pharm} on {road} instead of the one on file? I run out on {s+3}.",
        "Also we moved, the new address is {home}. Please change it.",
        "I need a letter for {work} that I was out {s-6} through {s-1}. You can email it to {mail}."
        if 18 <= scene.age < 66
        else "The aide from {agency} comes tomorrow and wants the new med list.",
        "The picture is attached ({photo}). Is that normal?",
        "My blood pressure cuff at home says 148/90 most mornings, is that ok?",
    )
    ask = random.choice(asks)
    for key, value in (
        ("cell", mobile(scene)),
        ("home", home_lines(scene, lines=False)),
        ("mail", email(scene)),
        ("photo", number(scene, "photo")),
    ):
        ask = ask.replace("{" + key + "}", value)
    ask = scene.fill(ask)
    if by_relative:
        ask = ask.replace("My next visit", "The next visit").replace("I was at", "We were at")
    close = random.choice(["Thanks,", "Thank you so much", "thx", "Thank you,", "Best,", "God bless,"])
    sign = random.choice([writer.called(), writer.full(), writer.first_initial(), writer.first()])
    first = f"{opening}\n\n{about}{sentences(lay)} {ask}\n\n{close}\n{sign}"
    if scene.chance(0.35):
        first = hurried(random, first, lower=scene.chance(0.5), slips=0.04)
    greeting = random.choice(
        [
            f"Hi {writer.first()},",
            f"Hello {_title(scene, writer.female, near.relation)} {writer.last()},",
            f"Dear {writer.first()},",
            "Good afternoon,",
        ]
    )
    reply = scene.draw(
        "Thank you for your message. I have passed it on to {dr2}, who is out of the office until {s+2}. {dr1} is "
        "covering.",
        "I looked at the chart with {dr2}. The labs of {s-2} are back: {labs} No change for now.".replace(
            "{labs}", inline(scene.some(case.labs, 2, 3))
        ),
        "We can see you on {s+1} at 2:40 with {dr3}. Please come 15 minutes early and bring your bottles.",
        "{dr2} would like you to continue {drug} as it is.".replace("{drug}", random.choice(case.drugs)),
        "The results are in the portal: {url}. If you cannot log in, call {phone}.".replace("{url}", portal(scene)),
    )
    more = scene.draw(
        "If the symptoms get worse, go to the emergency department at {hosp} or call 911.",
        "Please check your weight every morning and write it down.",
        "Our fax for the form is {fx}.".replace("{fx}", fax(scene)),
        "For urgent matters do not use the portal; call {x}.".replace("{x}", extension(scene)),
        "",
    )
    answer = (
        f"{greeting}\n\n{reply} {more} "
        + sentences(scene.some(case.plan, 1, 2))
        + f"\n\n{nurse.full() if scene.chance(0.6) else nurse.first_initial()}, {nurse.degree}\n"
        f"{scene.place('clinic')}"
    )
    last = scene.draw(
        "ok thank you, see you {s+1}",
        "Great, thanks {rnf}!",
        "That works. {relf} will drive." if not by_relative else "That works for us.",
        "Will do. Have a good weekend, {rnf}.",
        "Thanks for the quick answer.",
    )
    header = random.choice(
        ["From: {f}\nTo: {t}\nSent: {d}\nSubject: {s}", "{d}  {f} -> {t}\nRe: {s}", "[{d}] {f} wrote to {t}: ({s})"]
    )
    subject = (
        case.complaint.lower()
        if scene.chance(0.5)
        else random.choice(["Medication question", "test results", "Appointment", "question for the nurse"])
    )
    blocks = []
    clock = iter([scene.time(), *sorted(scene.time() for _ in range(2))])
    for day, sender, receiver, text in (
        (-1, writer.full(), f"{doctor.full()}, {doctor.degree}", first),
        (0, f"{nurse.full()}, {nurse.degree}", writer.full(), answer),
        (0, writer.full(), nurse.full(), last),
    ):
        blocks.append(
            header.format(f=sender, t=receiver, d=f"{scene.head(day)} {next(clock)}", s=subject) + "\n\n" + text
        )
    if scene.chance(0.4):
        blocks.insert(
            0, f"Patient Message Thread   Msg ID {number(scene, 'message')}   MRN {mrn(scene)}   {person.register()}"
        )
    elif by_relative:
        blocks.insert(0, f"Proxy access: {writer.full()} for {person.register()} (MRN {mrn(scene)})")
    return random.choice(["\n\n---\n\n", "\n\n", "\n\n________________\n\n"]).join(blocks)


def _of(relation: str, female: bool) -> str:
    back = {
        "daughter": ("father", "mother"), "son": ("dad", "mom"), "granddaughter": ("grandfather", "grandmother"),
        "niece": ("uncle", "aunt"),
        "son-in-law": ("father-in-law", "mother-in-law"), "sister": ("brother", "sister"), "brother": ("brother",
        "sister"),
        "mother": ("son", "daughter"), "father": ("son", "daughter"), "grandmother": ("grandson", "granddaughter"),
        "aunt": ("nephew", "niece"),
        "husband": ("husband", "wife"), "wife": ("husband", "wife"), "roommate": ("roommate", "roommate"), "cousin": (
        "cousin", "cousin"),
    }  # fmt: skip
    return back[relation][female]


def _title(scene: Scene, female: bool, relation: str) -> str:
    return (f"Ms{scene.dot}" if female else f"Mr{scene.dot}") if relation else ""


def telephone(scene: Scene) -> str:
    """Return a telephone encounter as the triage nurse writes it."""
    case, patient, random = scene.case, scene.patient, scene.random
    person, near = patient.person, patient.relatives[0]
    nurse = scene.nurses[0]
    caller = near.relation + " " + near.person.full() if scene.age < 18 or scene.chance(0.5) else "patient"
    head = (
        f"TELEPHONE ENCOUNTER\n{person.register(capitals=scene.chance(0.3))}   MRN {mrn(scene)}   DOB "
        f"{scene.born()}\n"
        f"Call date: {scene.head()} {scene.time()}   Caller: {caller}\nCallback: "
        f"{random.choice([home_phone(scene), mobile(scene), scene.value('relph')])}\n"
        f"Provider: {scene.doctor(2)}   Encounter #: {number(scene, 'visit')}"
    )
    lay = sentences(scene.some(case.lay, 2))
    body = (
        f"S: {capital(caller if caller != 'patient' else scene.titled())} calls about {case.complaint.lower()}. "
        f'Reports: "{lay}" '
        + sentences(scene.some(case.story, 2, 3))
        + f" Meds reviewed: {inline(scene.some(case.drugs, 2))} Allergies: {case.allergies}."
    )
    clock = iter(sorted(scene.time() for _ in range(3)))
    steps = "\n".join(
        f"{next(clock)} {line} {random.choice([nurse.initials(), nurse.initials(lower=True), nurse.first_initial()])}"
        for line in (
            scene.draw(
                "LMOM for {relf}, no PHI left.",
                "Called {pharm} ({phone}), spoke w/ {px}, refill was sent {s-2}.".replace(
                    "{px}", scene.staff[4].first()
                ),
                "No answer, mailbox full.",
            ),
            scene.draw(
                "Paged {dr1}, awaiting call back.",
                "Per {dr2}: come in {s+1}, no med change.",
                "Discussed w/ {dr3}, agrees with plan.",
            ),
            scene.draw(
                "Pt called back, verbalized understanding, repeats plan.",
                "Spoke w/ {reln}, she or he will bring {him} in.".replace("she or he", scene.value("relhe")),
                "Records requested from {ohosps}, fax {fx}.".replace("{fx}", fax(scene)),
            ),
        )
    )
    plan = (
        "P: "
        + sentences(scene.some(case.plan, 2, 3))
        + scene.draw(" Appt {w+1} 0920 w/ {dr2}.", " ER precautions given.", " Will call {Mr} again on {s+2}.")
    )
    end = scene.random.choice(
        [
            f"{nurse.full()}, {nurse.degree}",
            f"Routed to: {patient.family_doctor.register(middle=False)} {patient.family_doctor.degree}\nClosed by "
            f"{nurse.register(middle=False)} {scene.head()}",
        ]
    )
    group = "Adult After Hours" if scene.age > 17 else "Pediatric"
    where = random.choice(["see within 24 hours", "home care", "go to office now"])
    protocol = f"Protocol used: Schmitt-Thompson {group}; disposition {where}."
    return "\n\n".join([head, body, protocol, steps, plan, end])


_BLANK = (
    ("Any fevers or chills?", "No, nothing like that."),
    ("Are you sleeping okay?", "So-so. Maybe five hours."),
    ("Any trouble with the medicines?", "No, I take them like it says on the bottle."),
    ("How is your appetite?", "It's alright, I eat small."),
    ("Any numbness or tingling?", "A little in the toes, but that's old."),
    ("Do you smoke or drink?", "A beer on the weekend, no cigarettes."),
    ("Any chest pain or palpitations?", "Not really, no."),
    ("Okay, let me have a listen. Deep breath in, and out.", "Okay."),
)


_CHILD = (
    ("Any fever?", "Just a little warm on the first night."),
    ("Is the appetite okay?", "Eating about half, drinking fine."),
    ("Any vomiting or rash?", "No."),
    ("Anybody smoke in the house?", "Outside only."),
    ("Let me listen. Big breath for me, like blowing out candles.", "Good job, buddy."),
)
_LATELY = (
    ("You were at {ohosp} in {m-5}, right?", "Yes, {dr3} took care of me there."),
    ("When I saw you on {s-40} we talked about the blood work.", "Right, that was before {hol}."),
    ("I have the letter from {dr1} here, from {d-15}.", "Yeah. They were very nice over there."),
    ("Did you ever get that scan over at {ohosps}?", "Uh, I think it was the {o-16}, a Monday maybe."),
)
_PRACTICAL = (
    ("And the prescription goes to {pharm}?", "Yes. Call us at {phone} if they don't have it."),
    ("My number changed, it's {cell} now.", "I'll put that in the chart."),
    ("We live out in {city} now, on {road}, so mornings are hard.", "Let's say {w+14}, in the afternoon."),
    ("Do I need to come back before {s+20}?", "No. I'll let {dr2} know how we are doing."),
)


def _asked(scene: Scene, pairs: tuple[tuple[str, str], ...]) -> list[tuple[int, str]]:
    first = 1 if pairs is _PRACTICAL else 0
    question, answer = scene.random.choice(pairs)
    question = question.replace("{cell}", mobile(scene))
    return [(first, scene.fill(question)), (1 - first, scene.fill(answer))]


def transcript(scene: Scene) -> str:
    """Return the transcript of a visit, some by a machine that writes no capitals."""
    case, patient, random = scene.case, scene.patient, scene.random
    person, near = patient.person, patient.relatives[0]
    child = scene.age < 18
    speaker = "Mother" if child and near.relation == "mother" else near.relation.capitalize() if child else "Patient"
    doctor = scene.staff[0]
    form = random.choice(
        [
            ("Doctor: ", f"{speaker}: "),
            ("DR: ", "PT: "),
            ("[doctor] ", f"[{speaker.lower()}] "),
            ("Speaker 1: ", "Speaker 2: "),
        ]
    )
    form = (form[0], form[1].replace("PT", "PARENT") if child else form[1])
    other = near.person
    title = scene.titled() if not child else f"{'Ms' if other.female else 'Mr'}{scene.dot} {other.last()}"
    talk: list[tuple[int, str]] = [
        (
            0,
            f"Good morning, {title}. I'm "
            f"{random.choice(['Dr' + scene.dot + ' ' + doctor.last(), doctor.full()])}. Can you tell me "
            f"{'the full name and date of birth of your child' if child else 'your full name and date of birth'}?",
        ),
        (1, f"{'It is ' if child else ''}{person.full()}, {scene.date_born_spoken()}."),
        (
            0,
            "Thank you. "
            + scene.draw("And who is with you today?", "I see you came with someone.", "Did anybody drive you?"),
        ),
        (
            1,
            scene.draw("That's {relf}, my {rel}.", "My {rel}, {reln}.", "{relf} is out in the waiting room.")
            if not child
            else f"I'm {other.first()}, the {near.relation}.",
        ),
        (0, f"So the note from {scene.doctor(2)} says {case.complaint.lower()}. Tell me about it."),
    ]
    pairs = random.sample(_CHILD if child else _BLANK, 5)
    for number_, line in enumerate(scene.some(case.lay, 3)):
        if number_:
            talk.append((0, random.choice(["Mm-hmm. Go on.", "Okay.", "I see. What else?", "And then?"])))
        talk.append((1, line))
        question, answer = pairs[number_ % len(pairs)]
        talk += [(0, question), (1, answer)]
    talk += [
        *_asked(scene, _LATELY),
        (0, "On the exam I find this. " + sentences(line.split(": ", 1)[1] for line in scene.some(case.exam, 2, 3))),
        (0, "The labs show " + inline(scene.some(case.labs, 2, 3))),
        (
            1,
            scene.draw(
                "Is that bad?",
                "Okay. {rel2f} had that too." if case.key != "depression" else "Okay.",
                "Can you tell that to {rel2f} as well?" if child else "Can you tell that to {relf} as well?",
            ),
        ),
        (0, "Here is what I would do. " + sentences(scene.some(case.plan, 2, 3))),
        *_asked(scene, _PRACTICAL),
        (
            0,
            scene.draw(
                "Good. Anything else?", "Anything else today?", "{rnf} will set that up at the desk. Anything else?"
            ),
        ),
        (1, random.choice(["No, that's it. Thank you, doctor.", f"Thanks, Dr{scene.dot} {doctor.last()}."])),
    ]
    lines = [form[who] + text for who, text in talk]
    text = "\n".join(lines)
    if scene.chance(0.3):
        text = text.lower()
    head = scene.draw(
        "",
        "Visit recorded {h+0}, {clinic}. Transcript not edited.\n\n",
        "Audio file of {h+0}, {n}, {min} minutes\n\n".replace("{n}", person.register()).replace(
            "{min}", str(random.randint(6, 28))
        ),
    )
    return head + text
