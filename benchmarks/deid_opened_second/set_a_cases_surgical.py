"""Cases of general and orthopedic surgery, with their operations and specimens."""

from __future__ import annotations

from set_a_case import Case, Imaging, Operation, Pathology

HIP = Case(
    key="hip fracture",
    specialty="Orthopedic Surgery",
    sex="",
    ages=(68, 99),
    complaint="Fall with left hip pain",
    diagnosis="Displaced left femoral neck fracture, Garden IV",
    story=(
        "{Mr} is a {age}-year-old {man} who tripped over the dog at home on {d-1} and could not get up.",
        "{He} lay on the kitchen floor for about three hours until {rel} {relf} came by.",
        "The left leg was shortened and externally rotated; there was no head strike and no loss of consciousness.",
        "{He} lives alone on {road} in {city} with a walker and was independent in dressing.",
        "X-rays at {ohosp} showed a displaced femoral neck fracture and {he} was transferred the same evening.",
        "{He} takes Xarelto; the last dose was on the morning of {d-1}.",
    ),
    history=("Osteoporosis", "Atrial fibrillation on Xarelto", "Mild Alzheimer disease", "Colles fracture in "
                                                                                         "{y-1400}", "Hearing loss",
                                                                                         "Paget disease of bone"),
    drugs=("Xarelto 15 mg daily (held)", "Metoprolol succinate 25 mg daily", "Aricept 10 mg nightly",
    "Tylenol 1 g TID", "Prolia 60 mg every 6 months",
           "Senna 2 tablets nightly"),
    allergies="Codeine (nausea)",
    exam=("EXTREMITIES: Left leg short and externally rotated, pain with log roll, Thomas test deferred.",
          "NEUROVASCULAR: Dorsalis pedis 2+, EHL and FHL 5/5, sensation intact in the sural and saphenous nerves.",
          "SKIN: Ecchymosis over the greater trochanter; Braden 15.", "MENTAL STATUS: Oriented to person and place."),
    labs=("Hemoglobin 10.9 -> 8.4", "Creatinine 1.1", "INR 1.3", "Vitamin D 14 (L)", "Type and screen: O positive",
    "CK 640"),
    imaging=Imaging(
        "XR HIP LEFT WITH AP PELVIS",
        "AP pelvis and cross-table lateral view of the left hip.",
        ("Displaced subcapital fracture of the left femoral neck with superior migration of the shaft.",
         "Mild osteoarthritis of both hips. Shenton line is disrupted on the left.", "Old healed fractures of the "
                                                                                     "right pubic rami.",
         "Vascular calcification. Foley catheter in place."),
        ("Displaced left femoral neck fracture, Garden IV.",),
    ),
    course=("{He} had a cemented hemiarthroplasty on {d-3} by {dr0}, and was out of bed the next day.",
            "Two units of red cells were given on {s-2} for a hemoglobin of 7.1.", "Delirium on the second night "
                                                                                   "was managed without "
                                                                                   "restraints; {relf} sat with "
                                                                                   "{him}.",
            "Orthogeriatrics ({dr3}) saw {him} daily."),
    plan=("Weight bearing as tolerated, posterior hip precautions.", "Restart Xarelto on postoperative day 3.",
    "Vitamin D 50,000 units weekly for 8 weeks.",
          "Staples out at two weeks.", "Prolia due next month; DEXA."),
    lay=("I tripped over the dog, silly thing.", "The leg looked crooked and I couldn't move it.", "I want to go "
                                                                                                   "back to my "
                                                                                                   "own house."),
    nurse=("L leg short/ext rot, buck's traction 5 lb", "fascia iliaca block by anes @ {time}, pain 7 -> 3",
    "A&Ox2, pulls at IV, mitts no, {relf} at bedside",
           "HH 8.4/25, 1u PRBC infusing", "heels floated, Braden 15, SCDs on R", "Foley dc'd @ {time}, DTV by 1800"),
    operation=Operation(
        "Left hip hemiarthroplasty, cemented",
        "Displaced left femoral neck fracture",
        "Spinal with 0.5% bupivacaine",
        "250 mL",
        ("The patient was placed in the lateral decubitus position with a Stulberg positioner and Ancef 2 g was "
         "given.",
         "A Hardinge approach was made; the gluteus medius and minimus were split and tagged with Ethibond.",
         "The neck was cut with an oscillating saw one fingerbreadth above the lesser trochanter, and the head "
         "measured 48 mm.",
         "The canal was broached to size 4; a Hohmann retractor protected the sciatic nerve.",
         "Palacos cement with gentamicin was introduced under pressure and the stem seated in 15 degrees of "
         "anteversion.",
         "The hip was stable in flexion of 90 degrees and internal rotation of 45 degrees; the Shuck test was "
         "negative.",
         "The abductors were repaired through drill holes, and the skin was closed with staples and an Aquacel "
         "dressing."),
        "Stryker Exeter V40 stem with 48 mm UHR bipolar head",
    ),
)  # fmt: skip

GALLBLADDER = Case(
    key="cholecystitis",
    specialty="General Surgery",
    sex="",
    ages=(24, 79),
    complaint="Right upper quadrant pain after meals",
    diagnosis="Acute calculous cholecystitis",
    story=(
        "{Mr} is a {age}-year-old {man} with sixteen hours of right upper quadrant pain that began after fried "
        "chicken.",
        "The pain goes to the right scapula with nausea and two episodes of vomiting.",
        "There was a similar spell on {hol} that passed after Pepto-Bismol.",
        "{He} was seen at {ohosps} on {d-21}, where stones were found, and was told to follow up with {dr1}.",
        "No jaundice, no dark urine, no travel; {he} works at {work}.",
    ),
    history=("GERD", "Obesity, BMI 36", "Type 2 diabetes mellitus", "Wisdom teeth extraction", "Bell palsy in "
                                                                                               "{y-2900}"),
    drugs=("Omeprazole 20 mg daily", "Metformin 500 mg BID", "Zyrtec 10 mg PRN"),
    allergies="Morphine (itching)",
    exam=("ABDOMEN: Soft, obese, tender in the right upper quadrant with a positive Murphy sign; Courvoisier sign "
          "absent.",
          "EYES: No scleral icterus.", "LUNGS: Clear, splinting on deep breath."),
    labs=("WBC 14.2 (H)", "Total bilirubin 1.1", "Alkaline phosphatase 122", "AST 41, ALT 58", "Lipase 36",
    "Lactate 1.1"),
    imaging=Imaging(
        "US GALLBLADDER",
        "Gray-scale and color Doppler sonography of the right upper quadrant with a curved probe.",
        ("Gallbladder wall 5.5 mm with pericholecystic fluid.", "A 1.8 cm stone is impacted in the neck (Hartmann "
                                                                "pouch).",
         "Positive sonographic Murphy sign. Common duct 5 mm.", "The liver is mildly echogenic. Morison pouch "
                                                                "without fluid."),
        ("Acute cholecystitis with impacted stone.", "No biliary dilation."),
    ),
    course=("{He} received Zosyn 3.375 g and went to the operating room on {d-1} with {dr0}.", "The gallbladder "
                                                                                               "was gangrenous at "
                                                                                               "the fundus; there "









            "were no intraoperative problems.",
            "A Jackson-Pratt drain put out 20 mL and was removed on {s+0}.", "Pain was controlled with Tylenol, "
                                                                             "Toradol and two doses of oxycodone."),
    plan=("Regular diet.", "No lifting over 15 pounds for four weeks.", "Follow-up in two weeks at {clinic}.",
    "Pathology pending."),
    lay=("It hits me under the ribs and goes straight through to my shoulder blade.", "I had the fried chicken "
                                                                                      "and an hour later I was on "
                                                                                      "the floor.",
         "I threw up twice in the car."),
    nurse=("RUQ pain 8/10, + Murphy's per MD", "20g L AC, LR @ 125", "Toradol 15 IV, pain 8 -> 4 @ {time}",
    "NPO since midnight, consent signed, CHG wipes done",
           "JP 20 cc serosang"),
    operation=Operation(
        "Laparoscopic cholecystectomy with intraoperative cholangiogram",
        "Acute cholecystitis",
        "General endotracheal",
        "25 mL",
        ("The abdomen was entered at the umbilicus with a Hasson technique, and pneumoperitoneum to 15 mmHg was "
         "made.",
         "Three 5 mm ports were placed; adhesions of the omentum were taken down with the Maryland dissector.",
         "The gallbladder was decompressed with a needle, and the fundus was retracted over the liver.",
         "The critical view of safety was obtained in Calot triangle; the cystic duct and artery were the only "
         "two structures.",
         "A cholangiogram showed filling of the duodenum without defects.",
         "The duct was closed with three Hem-o-lok clips and the gallbladder was taken off the liver bed with "
         "hook cautery.",
         "The specimen was removed in an Endo Catch bag; the fascia was closed with 0 Vicryl on a Carter-Thomason "
         "needle."),
    ),
    pathology=Pathology(
        "Gallbladder, cholecystectomy",
        "Received in formalin is a previously opened gallbladder, 9.2 x 4.1 x 3.0 cm, with a dusky green serosa. "
        "The wall is up to 0.8 cm thick. "
        "There are one yellow faceted stone of 1.8 cm and abundant sludge.",
        "Sections show transmural acute inflammation with necrosis, fibrin and Rokitansky-Aschoff sinuses. There "
        "is no dysplasia.",
        "Acute gangrenous cholecystitis with cholelithiasis. Negative for malignancy.",
    ),
)  # fmt: skip

KNEE = Case(
    key="knee replacement",
    specialty="Sports Medicine and Joint Replacement",
    sex="",
    ages=(54, 86),
    complaint="Right knee pain",
    diagnosis="Primary osteoarthritis of the right knee, Kellgren-Lawrence grade 4",
    story=(
        "{Mr} is a {age}-year-old {man} with eight years of right knee pain that now limits walking to one block.",
        "Synvisc in {m-14} and two Kenalog injections by {dr1} helped for six weeks each.",
        "{He} twisted the knee on {d-35} stepping off a curb on {road} and has used a cane since.",
        "{He} lives with {relf} ({rel}) in a split-level house in {city}; there are seven steps.",
        "The left knee was replaced at {ohosp} in {y-1500} with a good result.",
        "{He} wants to walk {rel2f} down the aisle in {m+75}.",
    ),
    history=("Osteoarthritis", "Type 2 diabetes, A1c 6.9%", "Baker cyst, right", "DVT in {y-1490}", "Sleep apnea",
    "Left total knee arthroplasty"),
    drugs=("Meloxicam 15 mg daily", "Metformin 1000 mg BID", "Lipitor 40 mg nightly", "Voltaren gel", "Turmeric"),
    allergies="Nickel (skin patch), Percocet (vomiting)",
    exam=("KNEE: Varus 8 degrees, effusion 1+, range 5 to 105; Lachman, McMurray and drawer tests negative.",
    "HIP: Painless rotation; Trendelenburg sign negative.",
          "VASCULAR: Pulses 2+, no edema.", "GAIT: Antalgic with cane in the left hand."),
    labs=("Hemoglobin 13.1", "A1c 6.9%", "Creatinine 1.0", "MRSA nasal screen negative", "ESR 14, CRP 3"),
    imaging=Imaging(
        "XR KNEE RIGHT 4 VIEWS",
        "Standing AP, Rosenberg, lateral and Merchant views.",
        ("Bone-on-bone narrowing of the medial compartment with subchondral sclerosis.", "Large marginal "
                                                                                         "osteophytes; "
                                                                                         "Kellgren-Lawrence grade 4.",
         "Pellegrini-Stieda lesion at the medial femoral condyle.", "Moderate effusion. No fracture."),
        ("Severe tricompartmental osteoarthritis, worst medially.",),
    ),
    course=("Total knee arthroplasty by {dr0} on {d-2} went without complication.", "{He} walked 150 feet with a "
                                                                                    "rolling walker on the day "
                                                                                    "after surgery.",
            "Blood glucose stayed below 180 on sliding scale.", "The adductor canal catheter (On-Q) was removed "
                                                                "on {s+0}."),
    plan=("Aspirin 81 mg twice a day for 6 weeks.", "Outpatient therapy three times a week.", "TED hose.",
    "Dressing (Aquacel) off on day 7.", "Staple check on {d+12}."),
    lay=("It's bone on bone, they tell me.", "I can't do the stairs without hanging on the rail.", "The Synvisc "











                                                                                                   "didn't do "
                                                                                                   "much this "
                                                                                                   "last time."),
    nurse=("R knee aquacel cdi, ice machine on", "rom 5-88, spo, rw 150 ft cga", "pain 4/10 oxy 5 x1",
    "On-Q dc'd tip intact", "homan's neg, teds on"),
    operation=Operation(
        "Right total knee arthroplasty",
        "Osteoarthritis of the right knee",
        "Spinal with adductor canal block",
        "75 mL",
        ("A tourniquet was inflated to 275 mmHg after exsanguination with an Esmarch bandage.",
        "A medial parapatellar approach was used and the fat pad of Hoffa was excised.",
         "The distal femur was cut at 5 degrees of valgus with an intramedullary guide, and rotation was set from "
         "the Whiteside line.",
         "The tibia was cut at a right angle with 3 degrees of slope; a Steinmann pin held the guide.",
         "Gaps were equal with a 10 mm spacer, and the patella tracked without a thumb.", "The components were "
                                                                                          "cemented with Simplex "
                                                                                          "P and excess cement "
                                                                                          "was removed.",
         "The arthrotomy was closed with Stratafix over 1 g of tranexamic acid."),
        "Zimmer Biomet Persona PS femoral component, size 8",
    ),
)  # fmt: skip

SURGICAL_CASES = (HIP, GALLBLADDER, KNEE)
