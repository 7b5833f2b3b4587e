"""The words that announce a place or an institution, and those with a capital behind them that are none."""

from __future__ import annotations

from polyclinic.deidentify.language import words_of

# Verbs and their like before `to` and `from` that go with places.
MOVES = frozenset(
    words_of(
        "requested prescription prescriptions refill refills rx transferred transfer transfers transferring admitted "
        "admit readmitted discharged discharge dc'd d/c'd d/c dc referred referral referrals faxed fax sent send "
        "moved moving move went going goes go taken took brought bring returned returning return back transported "
        "transport relocated relocating commutes commute commuting drove drives travelled traveled travels traveling "
        "travelling flew trip visit visits close next release released accepted records request letter retired "
        "graduated home came comes coming arrived arrives arriving emigrated immigrated hails originally laid fired "
        "here closest nearest walked walks rushed airlifted biba bib by ems is was are he she patient pt gentleman "
        "lady woman man male female teacher student retiree mine people family child boy girl nurse farmer over "
        "belongings opinion mba bs ba ms phd md degree diploma ged study studies images films ct mri labs results "
        "report reports notes call note scan echo"
    )
)
LIVES = frozenset(
    words_of(
        "lives living lived live resides residing resided reside born raised grew up stays staying stayed home house "
        "apartment condo flat trailer farm resident settled practice office clinic works working worked job wedding "
        "conference vacation holiday incident accident homeless family relatives located based hospitalized treated "
        "seen died buried down there cabin family-owned retired back stationed incarcerated"
    )
)
# A retiree from Hope.
PEOPLE = frozenset(
    words_of(
        "brother sister son daughter father mother husband wife cousin uncle aunt friend nephew niece partner "
        "gentleman lady woman man girl boy male female retiree teacher student farmer mine family people pt patient "
        "he she is was here come comes came hails originally child nurse veteran engineer worker couple mother "
        "father widow widower"
    )
)
OF = frozenset(
    words_of("city town village suburb native resident county borough township outside municipality district parish")
)
LIVING = frozenset(words_of("live lives living lived resides reside residing moved grew"))
OF_FIRMS = frozenset(
    words_of(
        "owner member employee employees president graduate alumnus alumna founder director ceo pastor parishioner "
        "members co-owner manager supervisor foreman principal"
    )
)
EMPLOYED = frozenset(
    words_of(
        "letter works worked working work job jobs employed position nights days shifts shift drives drove driver "
        "cook engineer accountant manager nurse teacher cashier clerk foreman mechanic welder supervisor janitor "
        "secretary custodian electrician plumber carpenter truck bus time volunteer volunteers volunteered coach "
        "coached student studies studying enrolled freshman sophomore junior senior teaches professor waitress "
        "hauling hauls haul roofer payroll picker operator writes bolter lineman technician tech machinist assembler "
        "trucker porter guard dispatcher receptionist caretaker groundskeeper landscaper painter attendant bartender "
        "dishwasher barista stocker courier conductor firefighter paramedic bookkeeper salesman consultant analyst "
        "programmer developer packer route van software "
        "server sells nights days evenings weekends retired graduated degree intern chef baker librarian"
    )
)
JOBS = frozenset(words_of("registered enrolled contracted job employed position works contract"))
RUN = frozenset(words_of("employed installed run owned operated supplied"))
WENT = frozenset(words_of("went go moved goes going accepted"))
LEAVERS = frozenset(("retired", "graduated"))
REGIONS = frozenset(
    (
        "united states",
        "united kingdom",
        "states",
        "west coast",
        "east coast",
        "u s",
        "middle east",
        "midwest",
        "new england",
        "south",
        "north",
        "east",
        "west",
        "gulf coast",
        "pacific northwest",
        "eastern europe",
        "south asia",
        "internet",
    )
)
# Who pays for care is no institution of the patient's.
PAYERS = frozenset(
    words_of(
        "aetna anthem bcbs cigna humana kaiser medicaid medi-cal medicare molina tricare unitedhealthcare uhc "
        "wellcare centene ambetter bluecross geico progressive allstate"
    )
)
VERBS = frozenset(
    words_of(
        "leaving attends attended attending declined visited joined left owns runs toured prefers chose near outside "
        "through"
    )
)
# What stands before a colon and a place.
LABELS = frozenset(
    words_of(
        "attorney lawyer facility hospital clinic employer employment school pharmacy church agency hospice dialysis "
        "hha dme transport site institution practice organization company lab laboratory snf rehab choice university "
        "college workplace ems parish provider location"
    )
)
# With a capital after `at` or `transferred to`, and yet no place's name.
NO_PLACES = frozenset(
    words_of(
        "baseline home bedside rest triage lunch breakfast dinner supper bedtime night noon midnight school church "
        "work discharge floor tele telemetry stepdown hospice rehab surgery theatre theater recovery nursery preop "
        "postop university college hospital clinic pharmacy lab radiology pathology dialysis hemodialysis intake "
        "admission registration reception checkout follow-up visit birth delivery labor term onset presentation "
        "present arrival time least best most once peak trough risk goal target room bed chair wheelchair stretcher "
        "bathroom kitchen jail prison court shelter street bar gym park beach pool mosque temple synagogue daycare "
        "preschool kindergarten camp base front back side top bottom right left center tube feeding date dose level "
        "max maximum minimum thanksgiving christmas easter halloween ramadan hanukkah passover sunrise sunset "
        "medicine pediatrics psych internet google facebook zoom heaven mass house office doctor nurse patient "
        "family mother father staff security police hospitalist attending resident surgeon oncology cardiology "
        "neurology urology observation inpatient outpatient transfer transplant trauma emergency urgent oxygen "
        "insulin aspirin warfarin penicillin sulfa latex codeine morphine amoxicillin iodine contrast peanut "
        "shellfish"
    )
)
# Parts of a hospital: a nurse from Case Management.
DEPARTMENTS = frozenset(
    words_of(
        "work management control services service therapy records team relations protective advocate office "
        "desk room unit access resources affairs affair security security's safety quality food supply "
        "supplies processing risk sneakers hospice care outpatient inpatient liaison ethics patient nursing "
        "day night january bowel labor area region side coast part department dept state committee"
    )
)
# What is in these is no town: interested in, results in, seen in Clinic.
IN_WHAT = frozenset(
    words_of(
        "interested results resulted resulting trained certified fluent involved believe believes participate used "
        "dissolved mixed specializes majoring majored degree masters phd dose change changes increase decrease role"
    )
)
