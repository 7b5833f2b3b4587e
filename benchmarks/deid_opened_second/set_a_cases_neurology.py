"""Cases of neurology and psychiatry."""

from __future__ import annotations

from set_a_case import Case, Imaging

STROKE = Case(
    key="stroke",
    specialty="Neurology",
    sex="",
    ages=(46, 95),
    complaint="Sudden right-sided weakness and trouble speaking",
    diagnosis="Acute ischemic stroke, left middle cerebral artery territory",
    story=(
        "{Mr} is a {age}-year-old right-handed {man} who was last known well at 21:30 on {d-1}.",
        "{His} {rel}, {reln}, found {him} on the bathroom floor at about 5 in the morning, unable to speak.",
        "EMS noted a right facial droop and a flaccid right arm; the initial NIHSS was 14.",
        "{He} was taken first to {ohosp}, where a CT showed no hemorrhage and an ASPECTS of 8, and then "
        "transferred by helicopter.",
        "Tenecteplase was not given because of the unknown time of onset; {dr1} performed a thrombectomy with "
        "TICI 2b reperfusion.",
        "{He} takes Plavix but had stopped it on {d-9} for a dental extraction.",
    ),
    history=("Hypertension", "Hyperlipidemia", "Left carotid stenosis, 60%", "Prior TIA in {y-1100}", "Tobacco use",
    "Dupuytren contracture"),
    drugs=("Clopidogrel 75 mg daily", "Atorvastatin 80 mg nightly", "Lisinopril 20 mg daily",
    "Hydrochlorothiazide 12.5 mg daily",
           "Nicotine patch 14 mg"),
    allergies="No known drug allergies",
    exam=("MENTAL STATUS: Alert, Broca-type aphasia, follows one-step commands.",
          "CRANIAL NERVES: Right lower facial weakness; gaze full; visual fields intact to threat.",
          "MOTOR: Right deltoid 2/5, grip 1/5, iliopsoas 3/5. Left side 5/5 throughout.",
          "REFLEXES: Brisk on the right with a Babinski sign; Hoffmann positive.",
          "COORDINATION: Left finger-to-nose intact. Romberg not tested."),
    labs=("LDL 142", "Hemoglobin A1c 6.1%", "Glucose 118", "Platelets 231", "Troponin I <0.01", "INR 1.0", "TSH 2.1"),
    imaging=Imaging(
        "MRI BRAIN WITHOUT CONTRAST AND MRA HEAD",
        "Sagittal T1, axial T2, FLAIR, DWI, ADC and SWI; 3D time-of-flight angiography of the circle of Willis.",
        ("Restricted diffusion in the left insula, frontal operculum and corona radiata.",
         "No hemorrhagic transformation on SWI. No midline shift.",
         "Moderate confluent periventricular white matter disease, Fazekas 2.",
         "Recanalized left M1 segment; mild irregularity of the M2 superior division."),
        ("Acute infarct in the left MCA territory.", "No hemorrhage.", "Patent left M1 segment."),
    ),
    course=("{He} was watched in the neuro ICU for 24 hours with systolic pressure kept under 160 with nicardipine.",
            "Speech therapy passed {him} for a pureed diet with nectar-thick liquids on {s-2}.",
            "Zio patch was placed; the echocardiogram showed no thrombus and no PFO on bubble study.",
            "Strength in the right arm improved to 3/5, and {he} began to use single words, among them the name "
            "of {his} {rel}, {relf}."),
    plan=("Aspirin 81 mg plus clopidogrel 75 mg for 21 days, then clopidogrel alone.", "Acute rehabilitation, "
                                                                                       "three hours a day.",
          "Carotid duplex; vascular surgery to see {him} ({dr3}).", "No driving until cleared."),
    lay=("The words are in my head but they don't come out right.", "My right hand still drops the cup.",
         "My {rel} {relf} does the pills for me now.", "They put a clip-on heart monitor on me for two weeks."),
    nurse=("nihss 9 @ {time}, r facial droop, r arm drift", "q1h neuro checks, perrl 3mm", "bp 158/84 on "
                                                                                           "nicardipine 5 mg/h, "
                                                                                           "off @ {time}",
           "failed bedside swallow, npo, slp aware", "groin site R soft no hematoma, dp pulses 2+", "purewick in "
                                                                                                    "place"),
)  # fmt: skip

PARKINSON = Case(
    key="Parkinson's disease and falls",
    specialty="Movement Disorders",
    sex="",
    ages=(62, 94),
    complaint="Repeated falls and stiffness",
    diagnosis="Parkinson's disease, Hoehn and Yahr stage 3, with orthostatic hypotension",
    story=(
        "{Mr} is a {age}-year-old {man} with Parkinson's disease of eleven years who has fallen four times since "
        "{m-2}.",
        "The worst fall was on {d-12}, on the way to the bathroom at night, with a bruise of the left temple but "
        "no loss of consciousness.",
        "{His} {rel} {relf} reports that {he} freezes in doorways and that the tremor is back two hours before "
        "the next dose.",
        "There are vivid dreams and, since {hol}, visual hallucinations of children in the yard.",
        "Sinemet was raised by {dr1} on {d-40}; lightheadedness on standing has been worse since.",
        "A DaTscan in {y-2400} supported the diagnosis, and Lewy body dementia is a concern.",
    ),
    history=("Parkinson's disease", "REM sleep behavior disorder", "Overactive bladder", "Constipation",
             "Depression", "Left total hip arthroplasty"),
    drugs=("Carbidopa-levodopa 25/100 two tablets four times a day", "Rasagiline 1 mg daily", "Sertraline 50 mg "
                                                                                              "daily",
                                                                                              "Miralax 17 g daily",
           "Midodrine 5 mg TID", "Melatonin 6 mg at bedtime"),
    allergies="Metoclopramide, haloperidol (avoid: Parkinson's)",
    exam=("GENERAL: Masked facies, hypophonia, Myerson sign present.",
          "MOTOR: Cogwheel rigidity at both wrists, 4 Hz rest tremor on the left.",
          "GAIT: Stooped, shuffling, en bloc turns of six steps; pull test with three steps back.",
          "COGNITION: MoCA 21/30, clock drawing impaired."),
    labs=("Vitamin B12 288", "TSH 3.4", "Orthostatics: 138/76 supine, 102/60 standing", "Vitamin D 19 (L)",
    "UA negative"),
    imaging=Imaging(
        "CT HEAD WITHOUT CONTRAST",
        "Axial 5 mm images from the skull base to the vertex.",
        ("No intracranial hemorrhage. No extra-axial collection.", "Mild generalized atrophy with proportionate "
                                                                   "ventricles.",
         "Left temporal scalp hematoma without underlying fracture.", "Paranasal sinuses are clear; left "
                                                                      "maxillary retention cyst."),
        ("No acute intracranial abnormality.", "Left temporal scalp hematoma."),
    ),
    course=("Levodopa was divided into five smaller doses and the last dose of rasagiline was given on {d-3}.",
            "Compression stockings and midodrine brought the standing systolic pressure to 118.",
            "Seroquel 12.5 mg at night was started for hallucinations after discussion with {relf}.",
            "Physical therapy used LSVT BIG exercises and laser cues for freezing."),
    plan=("Sinemet one and a half tablets five times a day.", "Home safety evaluation.", "Consider Nuplazid if "
                                                                                         "hallucinations persist.",
          "Speech therapy, LSVT LOUD.", "DBS evaluation deferred because of cognition."),
    lay=("My feet just stick to the floor in the doorway.", "I see little kids in the yard and I know they're not "
                                                            "there.",
         "The Sinemet wears off before lunch.", "{relf} put a rail up in the bathroom."),
    nurse=("freezing w/ turns, needs cueing", "orthostatic 136/78 -> 101/58, c/o dizzy", "Sinemet on time @ "
                                                                                         "{time}, do NOT give Reglan",
           "bed alarm on, low bed, yellow socks", "oriented to self/place", "sm skin tear L forearm, Mepilex "
                                                                            "applied"),
)  # fmt: skip

DEPRESSION = Case(
    key="depression",
    specialty="Psychiatry",
    sex="",
    ages=(20, 68),
    complaint="Low mood and sleeplessness",
    diagnosis="Major depressive disorder, recurrent, moderate; generalized anxiety disorder",
    story=(
        "{Mr} is a {age}-year-old {man} with recurrent depression, seen for low mood, early waking and loss of "
        "interest since {m-3}.",
        "The mood fell after the death of {his} {rel2}, {rel2f}, on {d-110} and after trouble with a supervisor "
        "at {work}.",
        "{He} sleeps four hours, has lost 11 pounds and cries in the car before work.",
        "There are passive thoughts of not waking up, without plan or intent; the C-SSRS was negative for active "
        "ideation.",
        "{He} lives with {relf} ({rel}), whom {he} names as the main reason to go on.",
        "Zoloft helped in {y-2000}; Wellbutrin caused jitteriness and was stopped by {dr2}.",
    ),
    history=("Major depressive disorder, first episode at 24", "Migraine", "Hypothyroidism", "One hospitalization "
                                                                                             "at {ohosp} in "
                                                                                             "{y-2000}"),
    drugs=("Escitalopram 10 mg daily", "Trazodone 50 mg at bedtime", "Levothyroxine 50 mcg daily", "Imitrex 50 mg "
                                                                                                   "PRN",
                                                                                                   "Hydroxyzine "
                                                                                                   "25 mg PRN"),
    allergies="Sulfa",
    exam=("APPEARANCE: Casually dressed, poor eye contact, psychomotor slowing.", "SPEECH: Soft, increased latency.",
          "MOOD: \"Flat.\" AFFECT: Constricted, tearful at times.", "THOUGHT: Linear; no delusions; passive death "
                                                                    "wish without plan.",
          "INSIGHT: Fair. JUDGMENT: Fair."),
    labs=("PHQ-9 19", "GAD-7 14", "AUDIT-C 3", "TSH 2.8", "QTc 428 ms"),
    imaging=Imaging(
        "MRI BRAIN WITH AND WITHOUT CONTRAST",
        "Multiplanar T1, T2, FLAIR and post-gadolinium (Gadavist 7 mL) images.",
        ("Normal gray-white differentiation. No abnormal enhancement.", "Two punctate T2 hyperintensities in the "
                                                                        "frontal white matter.",
         "The pituitary and the Meckel caves are unremarkable.", "Arnold-Chiari malformation is not seen."),
        ("No mass or infarct.", "Nonspecific white matter foci as seen with migraine."),
    ),
    course=("Escitalopram was raised to 20 mg and sleep hygiene was reviewed.", "{He} attended groups and did "
                                                                                "behavioral activation with {dr3}.",
            "{rel2f} came up often in session; grief and depression were told apart.", "PHQ-9 fell from 19 to 12 "
                                                                                       "by {d-1}."),
    plan=("Escitalopram 20 mg daily.", "CBT weekly.", "Safety plan reviewed; 988 given.", "FMLA papers to {work}.",
    "Return in two weeks."),
    lay=("I wake up at three and that's it, I'm up.", "I keep hearing {rel2f}'s voice in the kitchen.",
    "Work is the worst part. I sit in the parking lot and cry.",
         "I wouldn't do anything to myself, I have {relf} to think of."),
    nurse=("mood 3/10, denies SI/HI/AVH", "slept 4 h, q15 checks maintained", "ate 50% meals, wt down 2 lb",
    "attended group x1, isolative to room",
           "hydroxyzine 25 x1 for anxiety w/ effect"),
)  # fmt: skip

NEUROLOGY_CASES = (STROKE, PARKINSON, DEPRESSION)
