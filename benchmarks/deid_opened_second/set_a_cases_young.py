"""Cases of obstetrics and of children."""

from __future__ import annotations

from set_a_case import Case, Imaging, Operation, Pathology

PREECLAMPSIA = Case(
    key="preeclampsia",
    specialty="Obstetrics",
    sex="F",
    ages=(19, 43),
    complaint="Headache and high blood pressure in pregnancy",
    diagnosis="Preeclampsia with severe features at 36 weeks",
    story=(
        "{Mr} is a {age}-year-old G2P1 at 36 weeks 2 days by a 9-week ultrasound, sent from clinic for a pressure "
        "of 168/108.",
        "She has had a frontal headache since {d-1} and spots before the eyes; no epigastric pain.",
        "The first pregnancy ended in a term vaginal birth at {ohosp} in {m-900}; that child is well.",
        "Prenatal care is with {dr1}, with a normal anatomy scan and a negative Panorama.",
        "Her {rel}, {reln}, is with her. Her due date is {d+26}.",
        "She received betamethasone and magnesium on arrival.",
    ),
    history=("Rh negative, RhoGAM given at 28 weeks", "Asthma, mild", "Group B Streptococcus positive",
    "Chlamydia, treated", "Sickle trait"),
    drugs=("Prenatal vitamin daily", "Labetalol 200 mg TID", "Aspirin 81 mg daily", "Ventolin PRN", "Diclegis PRN"),
    allergies="No known drug allergies",
    exam=("ABDOMEN: Fundus 35 cm, vertex by Leopold maneuvers, no right upper quadrant pain.", "CERVIX: 2 cm, "
                                                                                               "50%, -2, soft, "
                                                                                               "Bishop score 6.",
          "NEURO: Reflexes 3+ with two beats of clonus.", "FETUS: Category I tracing, baseline 140, Braxton Hicks "
                                                          "contractions."),
    labs=("Protein/creatinine 0.9", "Platelets 118", "AST 52, ALT 61", "Uric acid 7.1", "Creatinine 0.9", "LDH 240",
    "Magnesium 5.2"),
    imaging=Imaging(
        "US OB BIOPHYSICAL PROFILE AND GROWTH",
        "Transabdominal sonography with Doppler of the umbilical artery.",
        ("Single live fetus in cephalic presentation, heart rate 144.", "Estimated weight 2,480 g, 21st "
                                                                        "percentile by Hadlock.",
         "Amniotic fluid index 8.1 cm. Biophysical profile 8/8.", "Anterior placenta, Grannum grade 2, no previa."),
        ("Growth in the lower normal range.", "Biophysical profile 8/8."),
    ),
    course=("Labor was induced with Cytotec and a Cook balloon; for a category II tracing remote from delivery a "
            "cesarean was done on {d-3}.",
            "A female infant of 2,510 g was born with Apgar scores of 8 and 9.", "Magnesium ran for 24 hours; "
                                                                                 "Procardia XL 30 mg was begun.",
            "She is breastfeeding with help from lactation ({rn})."),
    plan=("Procardia XL 30 mg daily.", "Pressure check in 72 hours with the Babyscripts cuff.", "Postpartum visit "
                                                                                                "at 6 weeks.",
                                                                                                "Nexplanon before "
                                                                                                "discharge.",
          "Call for headache, vision change or pressure above 160/110."),
    lay=("The headache just won't go away with Tylenol.", "I see little sparkles when I stand up.", "The baby is "
                                                                                                    "moving fine."),
    nurse=("bp 168/108, repeat 162/104 @ {time}, md aware", "labetalol 20 iv, mag 6 g bolus then 2 g/h",
    "FHT 140 mod var accels no decels, toco irreg",
           "DTRs 3+, 2 beat clonus", "fundus firm U/1, lochia mod rubra", "bf on demand, latch 8"),
    operation=Operation(
        "Primary low transverse cesarean section",
        "Intrauterine pregnancy at 36 weeks, preeclampsia with severe features, category II tracing",
        "Epidural",
        "700 mL",
        ("A Pfannenstiel incision was made and carried down to the fascia, which was opened with Mayo scissors.",
         "The peritoneum was entered bluntly and an Alexis retractor was placed.",
         "A low transverse hysterotomy was made; the infant was delivered from the left occiput posterior "
         "position with a Kiwi vacuum, one pull.",
         "Cord gases were sent. The placenta came spontaneously and intact, and Pitocin was run.",
         "The uterus was closed in two layers with 0 Monocryl; a B-Lynch suture was not needed.",
         "The fascia was closed with 0 PDS, and the skin with 4-0 Vicryl on a Keith needle."),
    ),
    pathology=Pathology(
        "Placenta, third trimester",
        "Placental disc, 412 g trimmed, 16.5 x 14.0 x 2.2 cm. The cord has three vessels and a marginal "
        "insertion. The maternal surface is intact with a 1.5 cm firm tan area.",
        "Accelerated villous maturation, increased syncytial knots (Tenney-Parker changes) and decidual "
        "arteriopathy.",
        "Placenta, 412 g (10th percentile), with maternal vascular malperfusion and one infarct.",
    ),
)  # fmt: skip

ASTHMA = Case(
    key="childhood asthma",
    specialty="Pediatrics",
    sex="",
    ages=(5, 15),
    complaint="Wheezing and cough",
    diagnosis="Status asthmaticus; moderate persistent asthma",
    story=(
        "{first} is a {age}-year-old {man} with moderate persistent asthma brought by {his} {rel}, {reln}, for "
        "wheezing since last night.",
        "The cold began on {d-3}; the school nurse at {school} called when the peak flow was 140.",
        "Four nebulizers of albuterol at home gave relief for less than two hours.",
        "{He} has been to the emergency department twice this year, last on {hol}, and was in the PICU at {ohosp} "
        "in {y-1100}.",
        "Flovent is given on most days; {rel2f} ({rel2}), who smokes outside, has {him} on weekends.",
        "Immunizations are up to date, with the flu vaccine given on {d-60}.",
    ),
    history=("Moderate persistent asthma", "Eczema", "Peanut allergy with EpiPen Jr", "Born at 34 weeks, NICU for "
                                                                                      "12 days",
                                                                                      "Kawasaki disease at age 3, "
                                                                                      "normal coronaries"),
    drugs=("Flovent HFA 110 mcg 2 puffs BID with AeroChamber", "Albuterol PRN", "Singulair 5 mg chewable nightly",
    "Claritin 5 mL daily", "EpiPen Jr 0.15 mg"),
    allergies="Peanut, amoxicillin (hives)",
    exam=("GENERAL: Sitting up, talks in phrases, happy with stickers.", "CHEST: Subcostal retractions, biphasic "
                                                                         "wheeze, PRAM score 8.",
          "EARS: Tympanic membranes gray.", "SKIN: Eczema of the antecubital folds, Dennie-Morgan lines."),
    labs=("VBG 7.38/41", "SpO2 90% on room air", "Rhinovirus positive on BioFire panel", "WBC 9.8, eosinophils 7%",
    "Potassium 3.3"),
    imaging=Imaging(
        "XR CHEST 2 VIEWS",
        "Frontal and lateral views.",
        ("Hyperinflation with flattened diaphragms and peribronchial thickening.", "Subsegmental atelectasis of "
                                                                                   "the right middle lobe.",
                                                                                   "Heart and thymus are normal.",
         "No pneumothorax; bones intact."),
        ("Findings of reactive airway disease or viral bronchiolitis.", "Right middle lobe atelectasis."),
    ),
    course=("{He} had three DuoNebs, magnesium 50 mg/kg and Decadron 0.6 mg/kg, then continuous albuterol at 15 "
            "mg/h.", "High-flow at 15 L and 40% was weaned off by {s-1}.",
            "Asthma teaching was done with {relf}, and the action plan was sent to {school}.", "Child life helped "
                                                                                               "with the spacer."),
    plan=("Flovent 110 mcg two puffs twice a day, every day.", "Albuterol every 4 hours for 2 days, then as needed.",
    "Decadron second dose tomorrow.", "Visit with {dr2} in three days.",
          "Allergy referral."),
    lay=("It started with a runny nose and then the whistling.", "We did the nebulizer four times.", "The school "











            "nurse called me at work."),
    nurse=("rr 38, subcostal retrax, insp/exp wheeze, PRAM 8", "duoneb x3, decadron 16 mg po, spit up x0",
    "cont albuterol 15 mg/h, hr 148", "HFNC 15L/40% -> RA @ {time}",
           "asthma action plan reviewed w/ {rel} {relf}, spacer teach back done", "popsicle x2, voids x3"),
)  # fmt: skip

YOUNG_CASES = (PREECLAMPSIA, ASTHMA)
