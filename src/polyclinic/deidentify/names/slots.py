"""Where people stand in notes: how strongly what is before and behind a word says that it is a name.

A name may be any word: Skip, Heaven, Bones. What tells it is its place. Each kind of place has a weight from 1 (a
verb: told Skip) over 2 (a role: RN Skip; a role behind: Skip (son)) to 3 (a relative, a greeting, an age, a degree);
the rules add them up, with what the lists say of the word.
"""

from __future__ import annotations

import functools
import re

from polyclinic.deidentify.language import words_of

RELATIVES = frozenset(
    words_of(
        "wife husband spouse partner son daughter dtr mother father mom mum mama dad daddy brother sister "
        "aunt auntie "
        "uncle cousin niece nephew grandson granddaughter grandmother grandfather grandma grandpa granny nana "
        "boyfriend girlfriend fiance fiancé fiancée fiancee stepson stepdaughter stepmother stepfather "
        "stepmom stepdad "
        "twin daughter-in-law son-in-law mother-in-law father-in-law sister-in-law brother-in-law ex-husband ex-wife "
        "ex-boyfriend ex-girlfriend half-brother half-sister stepbrother stepsister godmother godfather great-aunt "
        "great-uncle foster-mother hubby bf gf named nicknamed née nee née: formerly aka a.k.a sibling twin"
    )
)
GREETINGS = frozenset(words_of("dear hi hey hello thx thanks ty thank-you c/o attn fao"))
TITLES = frozenset(words_of("dr mr mrs ms miss mx prof professor doctor sra dra mister madam rev reverend"))
ROLES = frozenset(
    words_of(
        "rn nurse lpn lvn cna cma np arnp aprn crna crnp pa pa-c md do chaplain therapist psychologist psychiatrist "
        "counselor counsellor tech technician technologist hyg hygienist rph pharmd pharmacist ff firefighter emt "
        "paramedic medic officer sgt deputy det detective trooper constable pc principal teacher coach "
        "student spt sot "
        "sn ms3 ms4 resident fellow intern registrar consultant houseman sho midwife sitter aide hha attg attending "
        "surgeon dietitian dietician pcp pmd gp poa hcpoa dpoa hcp nok don adon sw msw lcsw lmsw interpreter "
        "roommate neighbor neighbour friend sponsor driver pastor minister rabbi imam deacon guardian "
        "caregiver carer "
        "landlord boss manager supervisor coworker colleague attorney lawyer judge scribe observer proctor preceptor "
        "instructor nanny babysitter housekeeper receptionist secretary clerk caseworker navigator advocate liaison "
        "hospitalist cardiologist neurologist oncologist nephrologist pulmonologist urologist dermatologist "
        "gastroenterologist endocrinologist rheumatologist hematologist radiologist pathologist anesthesiologist "
        "obstetrician podiatrist optometrist dentist orthodontist chiropractor doula physio pt ot st slp rt rrt "
        "transporter doula fob mob cg cpl lt capt vso papa mommy ex pca phlebotomist porter orderly "
        "chaperone covering "
        "judge volunteer tutor mentor coordinator neonatologist intensivist physiatrist geriatrician "
        "internist adjuster "
        "operator dispatcher pilot crew custodian promotora comadre tía tío abuela abuelo"
    )
)
# Where one of these stands in parentheses, or before them, a person of that service is named: cards (Okafor).
SERVICE_LABELS = frozenset(
    words_of("ob obgyn peds pharm pharmacy cards ortho neph anesthesia pcp endo heme onc rheum surg cv")
)
SERVICES = frozenset(
    words_of(
        "cardiology cards nephrology renal neurology neuro pulm pulmonary pulmonology gi id ortho orthopedics "
        "orthopaedics surgery urology heme onc oncology hematology endo endocrine endocrinology rheum rheumatology "
        "derm dermatology psych psychiatry psychology radiology rads pathology anesthesia anesthesiology medicine "
        "peds pediatrics paediatrics ob gyn ob/gyn obgyn palliative hospice pharmacy vascular ent ophtho "
        "ophthalmology "
        "optometry podiatry dental icu ed er ir pt ot st slp rt nutrition wound plastics neurosurgery trauma "
        "geriatrics rehab pain allergy genetics toxicology tox"
    )
)
VERBS = frozenset(
    words_of(
        "told asked paged called texted pinged messaged emailed notified informed updated thanked per w/ d/w "
        "s/w c/w by "
        "with saw via assisted met introduced reminded contacted reached advised consulted phoned said says for to "
        "instructed taught educated congratulated counseled counselled see tell ask call page text remind "
        "thank email update help "
        "saw appreciate and from is was it's its thinks thought"
    )
)
LABELS = frozenset(
    words_of(
        "by signature sign signed sig attn re cc from to name patient pt client member witness witnesses "
        "caller agent "
        "team crew caregiver informant author typist reader resident fellow student mother father spouse guardian "
        "cross-cover x-cover xcover cover oncall on-call overnight owner emergency responsible party kin "
        "for attendant present children kids siblings sons daughters family given surname first last pcp np "
        "pa rn md charge triage recorder legal witnessed"
    )
)
PEOPLE_LABELS = LABELS | ROLES | RELATIVES
CLOSINGS = re.compile(
    r"(?:(?:many |with )?(?:thx|thanks|thank you|ty|best|regards|cheers|sincerely|love|respectfully|"
    r"cordially|yours)\b"
    r"[^.\n]{0,30}|(?:kind|warm|best)(?:est)? (?:regards|wishes)|yours \w+|take care|xoxo|warmly|gratefully)[,.!]*",
    re.IGNORECASE,
)
# With one of these each of them begins.
CLOSING_HEADS = (
    *("many ", "with ", "thx", "thank", "ty", "best", "regards", "cheers", "sincerely", "love", "respectfully"),
    *("cordially", "yours", "kind", "warm", "take care", "xoxo", "gratefully"),
)
_RELATIVE = "|".join(sorted((w for w in RELATIVES if w.isalpha()), key=len, reverse=True))
AGE_BEHIND = re.compile(
    r",?\s{1,4}\(?(?:\d{1,3}\s?(?:[mf](?:ale|emale)?\b|y\.?[/ ]?o\b|yrs?\b|years?\b|-years?-old)|[mf]/?\d{2,3}\b)"
    r"|,\s(?:age )?\d{1,3}(?=[,.;)]|\s(?:and|who|is|was)\b)|\s\(\d{1,3}(?:[ yo/.]{0,4}|\s?(?:mo|months?|yrs?))[),]"
    r"|\s(?:is|was)\s(?:an?|the|our)\s(?:\w+\s){0,2}(?:\d{1,3}[- ]?(?:y|mo|[mf]\b)|"
    r"(?:gentleman|lady|woman|man|male|female|boy|girl|infant|toddler|veteran|retiree)\b)",
    re.IGNORECASE,
)
DEGREE_BEHIND = re.compile(
    r",?\s(?:\(?(?:R\.?N|M\.?D|LPN|LVN|CNA|CRNA|APRN|ARNP|F?NP(?:-[BC]C?)?|PA-C|PharmD|RPh|LCSW|LMSW|MSW|LPC|DPT|OTR|"
    r"D\.?D\.?S|D\.?M\.?D|Ph\.?D|PsyD|FACS|PMHNP(?:-BC)?|RRT|EMT-?[BP]?|CCC-SLP|BSN|MBBS|FRC[SP]|R\.?D\.?N?)\b"
    r"|(?<=,\s)(?:DO|PA|PT|OT|RT|MA|MS|ST)\b)"
)
ROLE_BEHIND = re.compile(
    rf"\s\((?:(?:his|her|the|pt['’]?s|patient['’]s|\w+['’]s)\s)?(?:{_RELATIVE}|"
    rf"{'|'.join(sorted(map(re.escape, ROLES | SERVICES), key=len, reverse=True))}|self|patient|pronouns|calling|"
    rf"\w+[- ]in[- ]law)"
    r"(?=[),;/ -])"
    rf"|\s(?:in|at|from|with|of)\s(?:the\s)?(?:{'|'.join(sorted(map(re.escape, SERVICES), key=len, reverse=True))})\b"
    r"|,\s(?:his|her|their|my|our|pt['’]?s)\s[a-z]+"
    rf"|,\s(?:an?|the|his|her|our|my|their)\s(?:\w+\s)?(?:{_RELATIVE}|nurse|teacher|friend|neighbou?r|therapist|"
    r"registrar|case manager|social worker|nurse practitioner|interpreter|chaplain|resident|fellow|caregiver|aide)\b",
    re.IGNORECASE,
)
OWNER = re.compile(
    rf"['’]s\s(?:cell|phone|number|mobile|pager|office|nurse|house|home|apartment|class|room|bedside|request|consent|"
    rf"permission|email|car|job|insurance|vaccines?|meds|medications?|chart|{_RELATIVE})\b",
    re.IGNORECASE,
)
_HELPERS = r"also|then|now|still|has|had|have|was|is|will|would|can|could|did|does|who|not|never|just|both"
# What only people do.
_ONLY_ACTS = (
    r"reports|denies|states|says|said|refused|refuses|resting|sleeping|wants|wanted|asked|agreed|agrees|"
    r"concurs|concurred|verbali[sz]ed|repeated back|drove|thanked|tells|told|lives|works|"
    r"going home|parking|prefers|toured|worries|declined|"
    r"complains|insists|supervising|accepting"
)
PERSON_ONLY = re.compile(
    rf"\s(?:(?:also|then|now|still|has|had|is|was|will|not|never)\s){{0,2}}(?:{_ONLY_ACTS})\b", re.IGNORECASE
)
_ACTS = (
    r"reports?|reported|denies|denied|states?|stated|says|said|wants?|wanted|agreed|agrees|understands?|"
    r"understood|asked|asks|complains|complained|tells|told|thinks|thought|feels|felt|lives|lived|works|"
    r"worked|called|calls|spoke|speaks|requests|requested|consented|verbali[sz]ed|recommends?|recommended|"
    r"concurs?|concurred|advised|suggests?|suggested|aware|updated|agreeable|accompanied|accompanies|brought|"
    r"brings|presents|thanked|repeated|supervising|supervised|assisted|examined|evaluated|performed|accepting|"
    r"following|recs|recommendations?|covering|on call|signing off|worries|carries|drives|drove|uses|refuses|"
    r"refused|declines|declined|endorses|endorsed|attends|attended|tolerated|returned|arrived|admits|admitted|"
    r"insists|insisted|mentions|mentioned|explained|noticed|helps|helped|signed|gave|gives|took|takes care|"
    r"came|went|died|passed away|sitting|walking|resting|sleeping|progressing|present|here|at bedside|"
    r"at the bedside|on scene|on the phone|hcp|poa|nok|acknowledged|witnessed|observed|placed|started|ordered|"
    r"paged|notified|informed|will|calling|speaking"
)
PERSON_BEHIND = re.compile(rf"\s(?:(?:{_HELPERS})\s){{0,3}}(?:{_ACTS})\b", re.IGNORECASE)
_FIRST_OF_ACTS = re.compile(
    "|".join([_HELPERS, *(act.partition(" ")[0] for act in f"{_ACTS}|{_ONLY_ACTS}".split("|"))]), re.IGNORECASE
)
_WORD_BEHIND = re.compile(r"\s(\w+)")
# A finding of a test, a score, a size: what stands before it is a thing.
RESULT_BEHIND = re.compile(
    r"(?:['’]s)?(?:\s(?:test|sign)s?)?(?:[ /][A-Z][\w'’]+){0,2}\s?[:=]?\s?"
    r"(?:(?:neg|pos|negative|positive|intact|equivocal|absent|n/a|wnl|unremarkable|nl)\b|[+-](?=[,.;)]|"
    r"\s*$|\+))|\s\+(?=\s)"
    r"|\s(?:I{1,3}|IV|V)[ab]?(?=[,.;)\s]|$)|\s[A-Z]\d{1,3}[a-z]?(?=[,.;)\s]|$)",
    re.IGNORECASE | re.MULTILINE,
)
SCORE_BEHIND = re.compile(
    r"\s\d{1,2}(?:/\d{1,3})?(?=[,.;)\s]|$)(?!\s?(?:[mf]\b|male|female|y\.?/?o|yrs?|year))",
    re.IGNORECASE | re.MULTILINE,
)
# Of things one says a Foley, the Hoyer, his Dexcom, using Airex; of people not.
NAMED = re.compile(r"\b(?:named|call|called|calls|name) \w+ $")
# What stands before medicines and remedies.
MEDICINES = re.compile(
    r"\b(?:(?:treated|controlled|managed|relieved|covered) with|prescriptions? (?:for|of)|allerg(?:y|ic|ies) to|"
    r"(?:doses?|courses?|trial|bottle|tube|supply|refills?|application|applications|daily) of|refill(?:ed)?|"
    r"medications? (?:are|is|include|includes)|tried|failed|resumed?|restarted|discontinued?|stop(?:ped)?|takes?|"
    r"taking|took|prescribed|started|continued?|currently|given|received|tolerated|increased?|decreased?|held) $",
    re.IGNORECASE,
)
SENTENCE_ENDS = frozenset(words_of("do rn md np pa lpn cna pt ot st rt"))  # with a stop behind them
MILLISECONDS = re.compile(r"\d\s?ms\.\s*$")
DETERMINERS = frozenset(
    words_of(
        "a an the this that these those his her their its my our your another each any some no using use used uses "
        "order ordered orders new old via wears wearing apply applied"
    )
)


def is_thing_place(text: str, start: int, end: int, listed: bool = True) -> bool:
    """Say whether what stands around a word tells that it is a thing: an article before it, a finding behind it."""
    if text[start - 1 : start] == " ":
        cut = start - 1
        while cut and text[cut - 1].isalpha():
            cut -= 1
        word = text[cut : start - 1].lower()
        if (
            word in DETERMINERS
            or (not listed and (word == "on" or MEDICINES.search(text, max(0, start - 28), start)))
        ) and not ROLE_BEHIND.match(text, end):
            return True
    if SCORE_BEHIND.match(text, end) or RESULT_BEHIND.match(text, end):
        return not left_weight(text, start, *before_of(text, start))
    return False


def before_of(text: str, start: int) -> tuple[str, str]:
    """Return the word before a place, in lower case, and the sign between them: none, `,` `:` `(` or a newline.

    At the beginning of a line the word is the whole line above, in lower case.
    """
    low = max(0, start - 30)
    part = text[low:start].rstrip(" \t\"'“‘[*_")
    if not part:
        return "", "\n" if low == 0 else ""
    sign = part[-1]
    if sign == "\n":
        end = start - 1
        while end > 0 and text[end - 1] in " \t\n":
            end -= 1
        return text[text.rfind("\n", 0, end) + 1 : end].strip().lower(), "\n"
    if sign.isalnum():
        sign = ""
    elif sign in "/.+":
        if part[-2:].lower() == "w/" or (sign == "/" and len(part) > 2 and part[-3] == "/"):
            sign = ""
        elif sign == ".":
            return part[:-1].rpartition(" ")[2].lower(), "."
        else:
            part = part[:-1].rstrip(" \t)")
    else:
        part = part[:-1].rstrip(' \t)*_"')
    cut = max(part.rfind(" "), part.rfind("\n"), part.rfind("\t"), part.rfind("("), part.rfind(","), part.rfind('"'))
    return part[cut + 1 :].lower(), sign


def left_weight(text: str, start: int, word: str, sign: str) -> int:
    """Return how strongly what stands before a place says that a name begins there, from 0 to 3.

    Args:
        text: the text.
        start: the place.
        word: before it, from `before_of`.
        sign: between them.
    """
    if sign == "\n":
        if not word:
            return 0
        if len(word) < 40 and CLOSINGS.fullmatch(word):
            return 3
        if word[-1] == ":" and word[:-1].rpartition(" ")[2] in ROLES | LABELS:
            return 2
        return 0
    if sign == "":
        if word in RELATIVES or word in GREETINGS or word in TITLES:
            return 3
        if word in ("him", "her", "them", "me") and NAMED.search(text, max(0, start - 16), start):
            return 3
        if word in ROLES:
            return (
                1
                if word in ("pt", "st", "ot", "md", "do") and (text[start - 3 : start - 1].islower() or word == "pt")
                else 2
            )
        return 1 if word in VERBS else 0
    if sign == ",":
        if word in RELATIVES:
            return 2
        return 3 if word in GREETINGS or word in ("welcome", "regards", "sincerely", "best") else 0
    if sign in ":=":
        plain = word.rstrip(")").removesuffix("(s")
        if plain in SERVICE_LABELS:
            return 1
        return 2 if not PEOPLE_LABELS.isdisjoint((plain, plain.removesuffix("s"))) else 0
    if sign == "(":
        return 2 if word in ROLES or word in SERVICES or word in RELATIVES else 0
    if sign == "@":
        return 3
    if sign in "->~–—":
        return 3 if _signs_off(text, start) else 0
    if sign == ".":
        if word in TITLES and len(word) < 5 and word != "miss":
            return 0 if word == "ms" and MILLISECONDS.search(text, max(0, start - 9), start) else 3
        return (
            2
            if word in ROLES and len(word) < 5 and word not in SENTENCE_ENDS
            else 3
            if word in ("attn", "cc", "c.c")
            else 0
        )
    return 0


def _signs_off(text: str, start: int) -> bool:
    """Say whether a line of a dash, or of a quoted message, and one word ends a message: - Fields."""
    line = text.rfind("\n", 0, start) + 1
    end = text.find("\n", start)
    end = len(text) if end < 0 else end
    if len(text[line:start].strip(" \t>-~–—*")) or end - start > 24 or " " in text[start:end].strip():
        return False
    rest = text[end:].lstrip("\n")
    return not rest.strip() or (text[line] == ">" and rest[0] != ">")


@functools.lru_cache(maxsize=1 << 14)
def begins_act(word: str) -> bool:
    """Say whether what a person does may begin with a word."""
    return _FIRST_OF_ACTS.fullmatch(word) is not None


def right_weight(text: str, end: int, phones: frozenset[int] | set[int]) -> int:
    """Return how strongly what stands behind a place says that a name ends there, from 0 to 3.

    Args:
        text: the text.
        end: place behind the word.
        phones: where phone numbers begin.
    """
    sign = text[end : end + 1]
    if sign in "'’":
        return 2 if sign and OWNER.match(text, end) else 0
    if sign not in " ,\t":
        return 0
    following = text[end + 1 : end + 2]
    plain = sign != "," and following.islower()  # few ages and roles begin so, and no degree
    if (not plain or following in "mfiw") and AGE_BEHIND.match(text, end):
        return 3
    if not plain and DEGREE_BEHIND.match(text, end):
        return 3
    word = _WORD_BEHIND.match(text, end)
    acts = word is not None and begins_act(word[1])
    if acts and PERSON_ONLY.match(text, end):
        return 3
    if ((not plain or following in "iafwo") and ROLE_BEHIND.match(text, end)) or (
        acts and PERSON_BEHIND.match(text, end)
    ):
        return 2
    return 2 if any(place in phones for place in range(end + 1, end + 4)) else 0
