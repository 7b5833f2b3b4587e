"""Illnesses of the notes kept apart: what is said, without identifiers. No medical advice."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """One illness as these notes tell it."""

    name: str
    youngest: int
    oldest: int
    why: str
    story: tuple[str, ...]
    background: str
    drugs: tuple[str, ...]
    signs: tuple[str, ...]
    numbers: tuple[tuple[str, str], ...]
    done: tuple[str, ...]
    advice: tuple[str, ...]


CASES = [
    Case(
        "pulmonary embolism",
        25,
        84,
        "pleuritic chest pain",
        (
            "Pain began 36 hours ago after a 9-10 hour drive; rated 7/10 with inspiration.",
            "Wells 6.0, PERC positive. On Yaz since 2020, stopped.",
            "No hemoptysis. One prior DVT in 2016 after an Achilles repair.",
        ),
        "Factor V Leiden, Sjogren's, Osgood-Schlatter as a teen, tonsillectomy 1994",
        ("Eliquis 10 mg BID x7d then 5 mg BID", "Plaquenil 200 mg BID", "Tylenol 500 mg 1-2 q6h prn"),
        ("HR 112, RR 24, SpO2 91% RA, BP 118/74, T 37.2.", "Left calf 3 cm larger, Homans equivocal."),
        (("D-dimer", "4.8 (<0.5)"), ("hs-Trop", "22 -> 19"), ("Hgb", "13.1"), ("Plt", "212")),
        ("CTPA: segmental RLL clot, RV/LV ratio 0.8, Westermark absent.", "Heparin bolus 80 U/kg then 18 U/kg/h."),
        ("Eliquis for 3-6 months.", "Compression hose 20-30 mmHg."),
    ),
    Case(
        "exacerbation of COPD",
        50,
        88,
        "worsening dyspnea",
        (
            "Sputum went from 1/4 cup to 1/2 cup daily, green. mMRC 3/4.",
            "Lives with two cats; 55 pack-years, last cigarette in 2018.",
            "Home O2 2-3 L, uses Trelegy daily and DuoNeb 4-6x/day.",
        ),
        "COPD GOLD 3 (FEV1 41%), Mallory-Weiss tear 2015, Cushingoid from steroids, vertigo",
        ("Trelegy 100/62.5/25 1 inh daily", "prednisone 40 mg x5d", "azithromycin 250 mg MWF", "Chantix 1 mg BID"),
        ("Pursed lips, Hoover's sign. Wheeze bilat, 3-word speech.", "No Kussmaul. Trace edema 1+/4+."),
        (("pH", "7.31"), ("pCO2", "58"), ("HCO3", "30"), ("WBC", "12.4")),
        ("BiPAP 12/5 overnight, weaned by 0600.", "Gas repeat 7.38/49/71 on 28% Venturi."),
        ("Pulm rehab 2-3x/wk.", "Prednisone 40-40-30-20-10."),
    ),
    Case(
        "left breast cancer",
        34,
        79,
        "follow up after lumpectomy",
        (
            "Pathology: 1.4 cm IDC, Nottingham grade 2 (3+2+2), ER 95%, PR 80%, HER2 1+, 0/2 nodes.",
            "Oncotype 14. Completed 16/16 fractions in 2022.",
        ),
        "Stage IA breast CA, Lynch syndrome negative, Meniere's disease, Baker's cyst",
        ("Arimidex 1 mg daily", "calcium 600/D 400 BID", "Effexor XR 37.5 mg"),
        ("ECOG 0. Incision at 2 o'clock well healed.", "No Paget change, no adenopathy, Virchow node negative."),
        (("CA 27-29", "21"), ("Alk phos", "78"), ("T-score", "-1.9"), ("BI-RADS", "2")),
        ("Mammogram BI-RADS 2; DEXA T-score -1.9.", "Ki-67 12%."),
        ("Arimidex through year 5.", "DEXA q2 years."),
    ),
    Case(
        "perforated appendicitis",
        5,
        40,
        "belly pain and vomiting",
        (
            "Pain started around the navel 2 days ago, now RLQ, 8/10, worse on bumps in the road.",
            "Vomited 6x, drank 4 oz of Gatorade, last void 5 hrs ago. Alvarado 9/10, PAS 8.",
        ),
        "Kawasaki at age 3, Hirschsprung ruled out 2012, tympanostomy tubes, immunizations UTD",
        ("Zosyn 3.375 g q6h", "Toradol 15 mg IV", "Zofran 4 mg ODT", "Tylenol 15 mg/kg"),
        ("Guarding at McBurney, Rovsing and Dunphy positive.", "T 39.1, HR 128, cap refill 2-3 s."),
        (("WBC", "19.7"), ("CRP", "14.2"), ("Na", "131"), ("UA", "neg")),
        ("Laparoscopic appendectomy, Lanz site not needed, 3 ports, 19 Fr Blake drain.", "EBL 15 mL, ASA 2E."),
        ("No gym or sports x 4 wks.", "Augmentin ES 600 5 mL BID x7d."),
    ),
    Case(
        "acute kidney injury",
        55,
        89,
        "weakness and low urine output",
        (
            "Had N/V/D 4-5x/day for 3 days but kept taking Motrin 800 and lisinopril/HCTZ 20/12.5.",
            "Creatinine 3.9 from 1.1 in 2023. FENa 0.4%.",
        ),
        "HTN, gout, Dupuytren release, Paget's disease of bone, hernia repair 2007",
        ("Norvasc 5", "allopurinol 100 mg", "HOLD metformin 500 BID", "bicarb 650 TID"),
        ("Dry, JVP flat, no asterixis. Orthostatic 128/76 -> 98/60.", "Skin: no livedo, Lisfranc scar."),
        (("Cr", "3.9"), ("BUN", "88"), ("K", "5.8"), ("CO2", "16")),
        ("3 L LR, Foley 650 mL, K 5.8->4.6 with 10 U insulin/D50.", "Renal US 10.2/10.6 cm, no hydro."),
        ("No NSAIDs. BMP in 3-5 days.", "2 g K diet."),
    ),
    Case(
        "Alzheimer's dementia with agitation",
        70,
        89,
        "confusion and wandering",
        (
            "MoCA 11/30 (was 16/30 in 2022). Up at 2-3 am looking for the car.",
            "Sundowning, 2 falls. Needs help with 4/6 ADLs. FAST 6b.",
        ),
        "Alzheimer's, Lewy body considered, Zenker's diverticulum, cataracts OU 20/50",
        ("Aricept 10 mg qhs", "Namenda 10 BID", "Seroquel 12.5 mg qhs prn", "Miralax 17 g"),
        ("Oriented 1/4. Myerson present, no Brudzinski. Gait wide.", "GDS 5/15, CAM negative."),
        (("TSH", "3.1"), ("B12", "344"), ("RPR", "NR 1:1"), ("Na", "138")),
        ("CT: Fazekas 2, no bleed.", "UA neg, bladder scan 80 mL."),
        ("Seroquel 25 mg at 1700, then 12.5 prn.", "24/7 supervision."),
    ),
    Case(
        "knee osteoarthritis, status post replacement",
        48,
        85,
        "knee stiffness",
        (
            "POD 12. Flexion 5-95, was 0-80 last week. Pain 3-4/10, on 2-3 oxycodone/day.",
            "Walked 200 ft x3 with a cane, stairs 4 up 4 down.",
        ),
        "OA Kellgren-Lawrence 4, Dequervain's, OSA on CPAP 10-12, Bankart repair 1999",
        ("Celebrex 200", "oxycodone 5 mg 1/2-1 tab q4-6h", "aspirin 81 BID x35d", "Colace 100 BID"),
        ("Incision c/d/i, staples 28. Lachman n/a, Thompson intact.", "Quads 4/5, HS 4+/5."),
        (("Hgb", "10.8"), ("ESR", "41"), ("INR", "1.0"), ("CRP", "2.2")),
        ("Press-fit femur size 5, tibia 4, 10 mm poly.", "Aquacel changed, Steri-Strips 1/2 in."),
        ("PT 3x/wk x 6 wks.", "Antibiotics before dental work x2 yrs."),
    ),
]
