"""What the invented patients have: the clinical sentences, full of what looks like an identifier and is none.

Names of diseases, signs and tools after people, drugs, ratios, doses, scores, years alone. In sentences {She}, {she},
{her} stand for the patient. No medical advice.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Illness:
    """One illness as notes tell it."""

    name: str
    complaint: str
    youngest: int
    oldest: int
    history: tuple[str, ...]
    past: str
    drugs: tuple[str, ...]
    examination: tuple[str, ...]
    results: tuple[tuple[str, str, str, str], ...]  # test, value, unit, usual range
    study: str
    findings: tuple[str, ...]
    impression: tuple[str, ...]
    course: tuple[str, ...]
    plan: tuple[str, ...]
    device: str  # implant or tool whose serial number may be noted
    talk: tuple[tuple[str, str], ...]  # what the doctor asks and the patient answers


ILLNESSES = [
    Illness(
        "congestive heart failure",
        "shortness of breath",
        48,
        89,
        (
            "{She} reports 2-3 pillow orthopnea and a weight gain of 10-12 lb over 1-2 weeks.",
            "{She} ran out of Lasix 40 mg about 5 days ago and has been eating out 4/7 nights.",
            "Denies chest pain, syncope, fever. NYHA (New York Heart Association) class III at baseline.",
        ),
        "CHF with EF 35-40% (2019), HTN, DM2, CABG x3 in 2011, Barrett's esophagus, hyperlipidemia",
        (
            "Lasix 40 mg PO BID",
            "Coreg 12.5 mg BID",
            "lisinopril 20 mg daily",
            "Lipitor 80 mg qHS",
            "Aldactone 25 mg daily",
        ),
        (
            "JVP 12 cm, S3 present, 2/6 holosystolic murmur at the apex.",
            "Crackles 1/3 up bilaterally. 2+ pitting edema to the knees. Cheyne-Stokes pattern while asleep.",
            "Strength 5/5, no Babinski.",
        ),
        (
            ("BNP", "1842", "pg/mL", "0-100"),
            ("Sodium", "133", "mmol/L", "135-145"),
            ("Creatinine", "1.4", "mg/dL", "0.6-1.2"),
            ("Troponin I", "0.03", "ng/mL", "0.00-0.04"),
        ),
        "CHEST, PA AND LATERAL",
        (
            "There is cardiomegaly with Kerley B lines and small bilateral effusions, right greater than left.",
            "Sternal wires and a left-sided pacemaker are unchanged. No pneumothorax.",
        ),
        ("Pulmonary edema, increased.", "Small effusions, 2:1 right to left."),
        (
            "The patient was diuresed with IV Lasix 80 mg BID, net negative 6.5 L over 4 days.",
            "Echo showed EF 30-35% with moderate MR. Foley catheter was removed on hospital day 3.",
        ),
        (
            "2 g sodium diet, 1.5 L fluid restriction.",
            "Daily weights; call for a gain of 3 lb in 1 day or 5 lb in 1 week.",
        ),
        "Medtronic dual chamber pacemaker",
        (
            ("How many pillows are you sleeping on?", "Two, sometimes three. It used to be one back in 2019."),
            ("Any swelling?", "Oh yeah, my shoes don't fit, and I'm up like twelve pounds."),
            ("Are you taking the Lasix?", "I ran out, maybe five days ago."),
        ),
    ),
    Illness(
        "community acquired pneumonia",
        "cough and fever",
        24,
        88,
        (
            "{She} has had productive cough for 5 days with temps to 102.4 and rigors x2 last night.",
            "Took a Z-Pak from urgent care, 4 of 5 doses, without relief. Smokes 1/2 ppd x 30 yrs.",
            "No travel, no sick contacts except a grandchild with Epstein-Barr in 2022.",
        ),
        "COPD (Gold 2), GERD, Hashimoto's thyroiditis, appendectomy in 1987",
        ("Spiriva 18 mcg daily", "Synthroid 88 mcg daily", "Prilosec OTC 20 mg", "albuterol 2 puffs q4-6h PRN"),
        (
            "Rhonchi and egophony at the right base. Sats 89-91% on RA, 95% on 2 L.",
            "Abdomen soft, Murphy's sign negative. No calf tenderness, Homans negative.",
        ),
        (
            ("WBC", "17.8", "K/uL", "4.0-11.0"),
            ("Procalcitonin", "2.1", "ng/mL", "0.0-0.5"),
            ("Lactate", "1.9", "mmol/L", "0.5-2.0"),
        ),
        "CT CHEST WITHOUT CONTRAST",
        (
            "Consolidation in the right lower lobe with air bronchograms. A 4 x 5 mm nodule in the left upper lobe.",
            "No adenopathy by size. A Bochdalek hernia is seen incidentally.",
        ),
        ("Right lower lobe pneumonia.", "4-5 mm nodule; follow up at 6-12 months per Fleischner criteria."),
        (
            "Treated with Rocephin 1 g and Zithromax 500 mg, weaned to room air on day 3/5.",
            "CURB-65 was 2. Gram stain: 3+ gram positive diplococci; cultures no growth at 48 hrs.",
        ),
        ("Augmentin 875/125 mg BID to finish 7 days.", "Repeat film in 6-8 weeks."),
        "Respironics home concentrator",
        (
            ("When did the cough start?", "About five days back. Green stuff, a cupful."),
            ("Did the Z-Pak help?", "Not one bit, doc."),
            ("Still smoking?", "Half a pack, down from two."),
        ),
    ),
    Illness(
        "right hip fracture",
        "fall with hip pain",
        62,
        89,
        (
            "{She} tripped on a rug at about 0300 on the way to the bathroom; no LOC, no head strike.",
            "Unable to bear weight. Pain 9/10, 4/10 after Dilaudid 0.5 mg. Last ate at 18:30.",
            "Takes Coumadin for AFib, last INR 2-3.",
        ),
        "Osteoporosis, Parkinson's disease, AFib, Colles fracture 2014, Graves' disease s/p RAI 2003",
        ("Coumadin 5 mg M/W/F and 2.5 mg other days", "Sinemet 25-100 TID", "Fosamax 70 mg weekly", "Toprol XL 50"),
        (
            "Right leg shortened and externally rotated. DP 2+. Sensation intact L4-5, S1.",
            "GCS 15. Cogwheel rigidity, Romberg not tested. Braden score 14.",
        ),
        (
            ("Hemoglobin", "10.2", "g/dL", "12.0-16.0"),
            ("INR", "2.4", "", "0.9-1.1"),
            ("Potassium", "4.1", "mmol/L", "3.5-5.1"),
        ),
        "RIGHT HIP, 2 VIEWS",
        (
            "Displaced femoral neck fracture, Garden IV. Osteopenia. Degenerative change at L4-L5.",
            "No pelvic ring fracture. A Foley catheter overlies the pelvis.",
        ),
        ("Displaced right femoral neck fracture, Garden type IV.",),
        (
            "INR reversed with vitamin K 10 mg. Taken to the OR for hemiarthroplasty on hospital day 2, EBL 250 cc.",
            "Jackson-Pratt drain out POD 2. Worked with PT, 40 ft x2 with a walker.",
        ),
        ("Weight bearing as tolerated.", "Lovenox 40 mg daily x 28 days, then resume Coumadin, goal INR 2-3."),
        "Zimmer hip stem",
        (
            ("Did you hit your head?", "No, just my hip, I went straight down on it."),
            ("One to ten?", "Nine. It's a four if I don't breathe."),
            ("Are you on a blood thinner?", "Coumadin. Five on Monday, Wednesday, Friday, half the rest."),
        ),
    ),
    Illness(
        "acute cholecystitis",
        "right upper quadrant pain",
        22,
        79,
        (
            "{She} has had 3 episodes of RUQ pain after fatty meals; this one has lasted 14 hrs, 8/10.",
            "N/V x4, nonbilious. Last bowel movement 2 days ago. Denies EtOH.",
        ),
        "Crohn's disease (dx 2008), Bell's palsy 2016, cholelithiasis",
        ("Humira 40 mg q2wk", "Imuran 100 mg daily", "Percocet 5/325 1-2 tabs q6h PRN"),
        (
            "Murphy's sign positive, no rebound at McBurney's point. T 101.1, HR 104.",
            "Sclerae anicteric. Rovsing and psoas negative.",
        ),
        (
            ("AST", "64", "U/L", "10-40"),
            ("Total bilirubin", "1.3", "mg/dL", "0.2-1.2"),
            ("Lipase", "38", "U/L", "13-60"),
            ("WBC", "14.6", "K/uL", "4.0-11.0"),
        ),
        "US ABDOMEN, LIMITED",
        (
            "Gallbladder wall 6 mm with pericholecystic fluid and a 1.8 cm stone in the neck. "
            "Sonographic Murphy positive.",
            "CBD 5 mm. Morison's pouch is dry.",
        ),
        ("Acute calculous cholecystitis.",),
        (
            "Zosyn 3.375 g q6h was begun and a laparoscopic cholecystectomy was done without a Veress injury.",
            "Calot's triangle was well seen. Port sites closed with 4-0 Monocryl. Blake drain removed on POD 1.",
        ),
        ("No lifting over 10 lb for 4-6 weeks.", "Norco 5/325 #20, no refills."),
        "Boston Scientific biliary stent",
        (
            ("Does it come after meals?", "Always. Pizza, mostly. This time it's fourteen hours and counting."),
            ("How is your Crohn's?", "Quiet since the Humira, that was 2018 or so."),
        ),
    ),
    Illness(
        "type 2 diabetes with a foot ulcer",
        "wound on the left foot",
        38,
        86,
        (
            "{She} noticed drainage from the left great toe 10 days ago. FBS 180-240, HbA1c 9.4%.",
            "Stepped on a nail in 2021 with a similar wound. Uses Lantus 22 units, misses 2-3 doses/wk.",
        ),
        "DM2 x 20 yrs, Charcot foot, CKD 3b, retinopathy (20/60 OD, 20/40 OS), Dupuytren's contracture",
        (
            "Lantus 22 units qHS",
            "Humalog sliding scale",
            "metformin 1000 mg BID",
            "Neurontin 300 mg TID",
            "Norvasc 10",
        ),
        (
            "2 x 3 cm ulcer, Wagner grade 2, plantar. Probe to bone negative. ABI 0.8 L, 0.9 R.",
            "Monofilament 3/10 L, 5/10 R. Achilles reflex 1+. Doppler signals biphasic.",
        ),
        (
            ("HbA1c", "9.4", "%", "4.0-5.6"),
            ("Glucose", "286", "mg/dL", "70-99"),
            ("ESR", "62", "mm/hr", "0-20"),
            ("eGFR", "38", "mL/min/1.73", ">60"),
        ),
        "LEFT FOOT, 3 VIEWS",
        (
            "Soft tissue defect at the first MTP. No cortical erosion. Lisfranc alignment maintained.",
            "Vascular calcification of Monckeberg type.",
        ),
        ("No radiographic evidence of osteomyelitis; MRI if concern persists.",),
        (
            "Wound debrided at the bedside, Unasyn 3 g q6h then PO. Vancomycin trough 15-20.",
            "Insulin changed to Lantus 30 units with 1:10 carb ratio.",
        ),
        ("Unna boot change weekly, offloading shoe.", "Check sugars AC & HS, 4x/day. Goal 80-130."),
        "Dexcom G6 transmitter",
        (
            ("Do you check your sugars?", "One-eighty to two-forty, when I do."),
            ("Any feeling in that foot?", "Not since 2017 or thereabouts."),
        ),
    ),
    Illness(
        "ischemic stroke",
        "left arm weakness and slurred speech",
        45,
        88,
        (
            "Last known well at 21:15. {She} woke at 0540 with left facial droop and arm drift.",
            "NIHSS 7 at 06:20. Outside the tPA window of 3-4.5 hrs.",
        ),
        "HTN, Wolff-Parkinson-White s/p ablation 2010, migraine, tobacco 40 pk-yrs",
        ("aspirin 81", "Plavix 75 mg daily", "HCTZ 12.5/lisinopril 20", "Crestor 20 mg"),
        (
            "Left UE 3/5, LE 4/5, left Babinski present, Hoffmann negative. BP 188/96.",
            "Broca-type hesitancy. Wernicke's area function intact; follows 3/3 commands.",
        ),
        (
            ("LDL", "142", "mg/dL", "<100"),
            ("Glucose", "118", "mg/dL", "70-99"),
            ("Platelets", "221", "K/uL", "150-400"),
        ),
        "CT HEAD WITHOUT CONTRAST",
        (
            "Loss of gray-white differentiation at the right insula; ASPECTS 8/10. No hemorrhage.",
            "Circle of Willis calcification. Virchow-Robin spaces are prominent.",
        ),
        ("Early right MCA infarct.", "No hemorrhage or mass effect."),
        (
            "MRI confirmed a right M2 infarct. Swallow passed at bedside, dysphagia diet level 2/3.",
            "Holter showed 12 beats of NSVT. Rankin 2 at discharge.",
        ),
        ("BP goal <130/80.", "DAPT x 21 days, then Plavix alone. LDL goal <70."),
        "Medtronic Reveal loop recorder",
        (
            ("When were you last normal?", "When I went to bed, quarter past nine."),
            ("Any numbness now?", "The hand's still fat and clumsy."),
        ),
    ),
    Illness(
        "asthma with acute exacerbation",
        "wheezing",
        18,
        58,
        (
            "{She} has used albuterol q2h x 24 hrs. Peak flow 210, personal best 430.",
            "Trigger: neighbor's cat. 2 ED visits and 1 intubation in 2012.",
        ),
        "Asthma, Churg-Strauss ruled out 2020, eczema, G2P1001",
        ("Advair 250/50 1 puff BID", "Singulair 10 mg", "ProAir PRN", "Flonase 2 sprays/nostril"),
        (
            "Wheezes throughout, I:E 1:3, speaking 3-4 word sentences. RR 28.",
            "No stridor. Mallampati II.",
        ),
        (("Eosinophils", "9", "%", "0-5"), ("pH", "7.38", "", "7.35-7.45"), ("pCO2", "41", "mmHg", "35-45")),
        "CHEST, PORTABLE",
        ("Hyperinflation, flattened diaphragms. No infiltrate.", "Heart size normal, CTR 0.45."),
        ("No acute process. Hyperinflated lungs.",),
        (
            "Solu-Medrol 125 mg x1, continuous nebs, then DuoNeb q4h. Magnesium 2 g over 20 min.",
            "Peak flow 350 (81%) on the day of discharge.",
        ),
        ("Prednisone 40 mg x 5 days, no taper.", "Asthma action plan: green >80%, yellow 50-80%, red <50%."),
        "Philips InnoSpire nebulizer",
        (
            ("How often the inhaler?", "Every two hours since yesterday."),
            ("Pets?", "Not mine, the neighbor's. Sharp claws, too."),
        ),
    ),
    Illness(
        "major depression",
        "low mood and poor sleep",
        19,
        74,
        (
            "{She} endorses 5/9 symptoms for 6-8 weeks; PHQ-9 is 17, was 9 in 2023. Sleeps 3-4 hrs/night.",
            "Denies SI/HI. May have had hypomania in college. Will not drive on Ativan.",
        ),
        "MDD, Gilbert's syndrome, Raynaud's, hernia repair 2009",
        ("Zoloft 100 mg daily", "Ativan 0.5 mg PRN", "Desyrel 50 mg qHS", "Wellbutrin XL 150"),
        (
            "Flat affect, linear thought. MMSE 28/30. Beck inventory 29.",
            "Gait normal. Thyroid not enlarged, no Chvostek.",
        ),
        (
            ("TSH", "2.2", "mIU/L", "0.4-4.0"),
            ("Vitamin D", "19", "ng/mL", "30-100"),
            ("B12", "410", "pg/mL", "200-900"),
        ),
        "MRI BRAIN WITH AND WITHOUT CONTRAST",
        ("No restricted diffusion. Scattered T2 foci, Fazekas 1.", "A 3 mm Rathke cleft cyst is incidental."),
        ("No acute abnormality.",),
        ("Zoloft was raised to 150 mg; PHQ-9 fell to 11 in 2 weeks.", "Attended 8/10 groups. Sleep 6-7 hrs."),
        ("Zoloft 150 mg. Taper Ativan by 1/4 tab weekly.", "988 lifeline reviewed; call 911 in an emergency."),
        "Abbott DBS pulse generator",
        (
            ("How's sleep?", "Three, four hours. I wake at the same time each night."),
            ("Any thoughts of hurting yourself?", "No. I wouldn't do that to the kids."),
        ),
    ),
]
