"""Cases of internal medicine and intensive care."""

from __future__ import annotations

from set_a_case import Case, Imaging, Operation

HEART = Case(
    key="heart failure",
    specialty="Cardiology",
    sex="",
    ages=(58, 97),
    complaint="Shortness of breath and leg swelling",
    diagnosis="Acute on chronic systolic heart failure with paroxysmal atrial fibrillation",
    story=(
        "{Mr} is a {age}-year-old {man} with ischemic cardiomyopathy who came in with ten days of worsening "
        "dyspnea and leg swelling.",
        "{He} now sleeps on three pillows and wakes gasping most nights; the weight went from 171 to 184 pounds.",
        "{He} ran out of Lasix over {hol} and did not refill it until {rel2f} noticed the empty bottle.",
        "There was no chest pain, no syncope and no fever, and {he} denies eating out more than usual.",
        "An echocardiogram at {ohosp} in {m-8} showed an EF of 30% with moderate mitral regurgitation.",
        "{He} was last seen in heart failure clinic by {dr1} on {d-63}, when Entresto was increased.",
    ),
    history=("Ischemic cardiomyopathy, NYHA class III", "CABG x3 in {y-3300}", "Paroxysmal atrial fibrillation, "
                                                                               "CHA2DS2-VASc 5",
             "Type 2 diabetes mellitus", "Gout", "Sick sinus syndrome with dual-chamber pacemaker"),
    drugs=("Furosemide 40 mg PO BID", "Entresto 49/51 mg BID", "Carvedilol 12.5 mg BID", "Eliquis 5 mg BID",
           "Spironolactone 25 mg daily", "Jardiance 10 mg daily", "Allopurinol 100 mg daily"),
    allergies="Lisinopril (cough)",
    exam=("NECK: JVP 12 cm with positive hepatojugular reflux; no Kussmaul sign.",
          "HEART: Irregularly irregular, S3 present, 2/6 holosystolic murmur at the apex.",
          "LUNGS: Bibasilar crackles to the mid zones, worse on the right.",
          "EXTREMITIES: 3+ pitting edema to the knees. Homans sign negative."),
    labs=("BNP 1,842 pg/mL (H)", "Troponin T 0.03, flat x3", "Creatinine 1.6 (baseline 1.3)", "Potassium 3.4 (L)",
    "Sodium 133 (L)",
          "INR 1.2", "Magnesium 1.7"),
    imaging=Imaging(
        "XR CHEST 2 VIEWS",
        "PA and lateral views of the chest.",
        ("The cardiac silhouette is enlarged. Median sternotomy wires are intact.",
         "Small bilateral pleural effusions with Kerley B lines and peribronchial cuffing.",
         "Dual-lead pacemaker with tips in the right atrial appendage and right ventricular apex.",
         "No pneumothorax. Degenerative changes of the thoracic spine."),
        ("Moderate pulmonary edema with small bilateral effusions.", "Cardiomegaly, unchanged from {h-140}."),
    ),
    course=("{He} was diuresed with intravenous Lasix 80 mg twice a day and was net negative 6.4 liters by "
            "hospital day 4.",
            "Rate control was with carvedilol; a short run of nonsustained VT on telemetry on {d-2} was "
            "asymptomatic.",
            "The electrophysiology service, {dr3}, interrogated the pacemaker and found 18% atrial fibrillation "
            "burden.",
            "Discharge weight was 170.2 pounds by standing scale."),
    plan=("Daily weights; call for a gain of more than 3 pounds in a day.", "2 g sodium diet, 1.5 L fluid "
                                                                            "restriction.",
          "Basic metabolic panel in one week.", "Continue Eliquis; no aspirin.", "Cardiac rehabilitation referral."),
    lay=("I can't get through the night without sitting up in the recliner.", "My ankles are so swollen that my "
                                                                              "shoes don't fit.",
         "I take the water pill, the Coreg and the Eliquis, and the little white one for gout.",
         "I think it started after all that ham on {hol}."),
    nurse=("SOB w/ exertion, 2 pillow orthopnea", "3+ pitting edema BLE", "crackles bil bases, O2 sat 91% RA -> "
                                                                          "95% on 2L NC",
           "Lasix 80 IVP given, foley placed, 1100 cc out", "tele AF 90s", "K 3.4, KCl 40 po given"),
    operation=Operation(
        "Pacemaker generator change",
        "Pacemaker generator at elective replacement indicator",
        "Moderate sedation with midazolam 2 mg and fentanyl 50 mcg, local 1% lidocaine",
        "10 mL",
        ("The left infraclavicular area was prepped with ChloraPrep and draped in the usual sterile fashion.",
         "An incision was made over the old scar and the pocket was entered with Bovie electrocautery; the old "
         "generator was delivered and the leads disconnected.",
         "Thresholds were tested: right atrium 0.75 V at 0.4 ms, P wave 2.8 mV; right ventricle 1.0 V at 0.4 ms, "
         "R wave 11 mV.",
         "The pocket was irrigated with bacitracin solution and a TYRX envelope was placed.",
         "The wound was closed in three layers with 2-0 and 3-0 Vicryl and a 4-0 Monocryl, and Dermabond was "
         "applied."),
        "Medtronic Azure XT DR generator",
    ),
)  # fmt: skip

PNEUMONIA = Case(
    key="COPD and pneumonia",
    specialty="Pulmonary Medicine",
    sex="",
    ages=(49, 93),
    complaint="Cough and trouble breathing",
    diagnosis="Acute exacerbation of COPD with right lower lobe pneumonia",
    story=(
        "{Mr} is a {age}-year-old {gentleman} with GOLD stage 3 COPD on 2 liters of home oxygen, presenting with "
        "five days of productive cough.",
        "Sputum turned from white to green on {d-4}, and the rescue inhaler was used eight times yesterday.",
        "{His} {rel}, {relf}, had a cold the week before; nobody at home has had COVID or influenza.",
        "{He} was treated at {ohosps} with azithromycin and prednisone for the same problem in {m-5}.",
        "Smoking history is 50 pack-years; {he} quit in {y-1500} with Chantix.",
        "Pneumovax and Prevnar 20 are up to date; the influenza vaccine was given on {d-75} at {pharm}.",
    ),
    history=("COPD, FEV1 38% predicted", "Obstructive sleep apnea on CPAP", "GERD with Barrett esophagus",
    "Hypertension",
             "Osteoporosis with L1 compression fracture", "Raynaud phenomenon"),
    drugs=("Trelegy Ellipta 100/62.5/25 mcg one inhalation daily", "Albuterol HFA 2 puffs q4h PRN", "Amlodipine 5 "
                                                                                                    "mg daily",
           "Pantoprazole 40 mg daily", "Fosamax 70 mg weekly", "Mucinex 600 mg BID"),
    allergies="Penicillin (hives), Bactrim (rash)",
    exam=("GENERAL: Speaking in short sentences, using accessory muscles, tripod position.",
          "CHEST: Barrel-shaped; diffuse expiratory wheezes and egophony at the right base.",
          "HEART: Distant, tachycardic, regular. No Graham Steell murmur.",
          "EXTREMITIES: No clubbing, no cyanosis. Trace ankle edema."),
    labs=("WBC 16.8 (H), 88% neutrophils", "ABG 7.31 / 58 / 62 on 3 L", "Procalcitonin 1.9", "Lactate 1.4",
    "Sputum: Streptococcus pneumoniae",
          "Legionella urinary antigen negative", "MRSA nares negative"),
    imaging=Imaging(
        "CT CHEST WITHOUT CONTRAST",
        "Helical images from the thoracic inlet through the adrenal glands, 1.25 mm, with MIP reformats.",
        ("Consolidation with air bronchograms in the posterior basal segment of the right lower lobe.",
         "Severe centrilobular emphysema, upper lobe predominant, with a 3.1 cm bulla at the left apex.",
         "A 6 mm solid nodule in the lingula (series 4, image 118).",
         "No mediastinal adenopathy. Chronic anterior wedging of L1."),
        ("Right lower lobe pneumonia.", "6 mm lingular nodule; repeat CT in 6 to 12 months per Fleischner criteria.",
         "Severe emphysema."),
    ),
    course=("{He} was started on ceftriaxone and doxycycline, Solu-Medrol 60 mg IV every 8 hours and DuoNebs "
            "around the clock.",
            "BiPAP 12/5 was needed for the first two nights, and {he} was weaned to 2 liters by {s-1}.",
            "Pulmonary was consulted ({dr1}) and recommended a slow prednisone taper and the nodule follow-up.",
            "Physical therapy noted desaturation to 86% on stairs that recovered within a minute."),
    plan=("Prednisone 40 mg daily, taper by 10 mg every 3 days.", "Levofloxacin 750 mg daily for 3 more days.",
          "CT chest in 6 months for the nodule.", "Pulmonary rehabilitation at {clinic}.", "Nocturnal BiPAP study."),
    lay=("The phlegm is green and I can't even walk to the mailbox.", "I'm using the nebulizer every three hours.",
         "I haven't smoked since {y-1500}, and I don't plan to.", "My {rel} {relf} made me come in."),
    nurse=("resp 28 labored, exp wheeze throughout", "sat 84% ra on arrival, 91% 3l nc", "duoneb x2, solumedrol "
                                                                                         "125 ivp",
           "bipap 12/5 at hs tol fair", "sputum cx sent", "amb to br w/ sba, desats to 86 recovers w pursed lip"),
)  # fmt: skip

DIABETES = Case(
    key="diabetic ketoacidosis",
    specialty="Endocrinology",
    sex="",
    ages=(19, 44),
    complaint="Vomiting and high blood sugar",
    diagnosis="Diabetic ketoacidosis, type 1 diabetes mellitus",
    story=(
        "{Mr} is a {age}-year-old {man} with type 1 diabetes since the age of 9, brought in after a day of vomiting.",
        "The Omnipod site came off at work on {d-1} and was not noticed; the Dexcom read HIGH all night.",
        "{He} lost insurance on {d-48} after leaving {work} and has been stretching the Humalog.",
        "Blood glucose by fingerstick was 512, ketones were large, and {he} was breathing deeply (Kussmaul).",
        "This is the third admission for DKA; the last was at {ohosp} in {m-9}.",
        "{His} {rel}, {reln} ({relph}), brought the pump and supplies.",
    ),
    history=("Type 1 diabetes mellitus, A1c 11.2%", "Hashimoto thyroiditis", "Background retinopathy",
    "Gastroparesis", "Anxiety"),
    drugs=("Humalog via Omnipod 5, total basal 22 units", "Lantus 20 units nightly as backup", "Levothyroxine 88 "
                                                                                               "mcg daily",
                                                                                               "Zofran ODT 4 mg PRN",
           "Baqsimi 3 mg nasal PRN"),
    allergies="Latex",
    exam=("GENERAL: Ill-appearing, dry mucous membranes, fruity breath.", "ABDOMEN: Diffusely tender without "
                                                                          "rebound; Murphy sign negative.",
          "NEURO: Drowsy but oriented x3.", "FEET: Monofilament intact, no ulcers."),
    labs=("Glucose 548 (HH)", "pH 7.08, HCO3 7, anion gap 29", "Beta-hydroxybutyrate 7.6", "Potassium 5.4",
    "Creatinine 1.4", "Lipase 44",
          "Urine toxicology negative"),
    imaging=Imaging(
        "US ABDOMEN LIMITED",
        "Real-time gray-scale and color Doppler imaging of the right upper quadrant.",
        ("The liver is echogenic, consistent with steatosis, and measures 18.2 cm.", "Gallbladder without stones; "
                                                                                     "sonographic Murphy sign "
                                                                                     "negative.",
         "Common bile duct 4 mm. The pancreas is obscured by bowel gas.", "Right kidney 11.4 cm without "
                                                                          "hydronephrosis."),
        ("Hepatic steatosis.", "No gallstones or biliary dilation."),
    ),
    course=("An insulin drip was run by the DKA protocol with D5 half-normal added when glucose fell below 250; "
            "the gap closed at hour 14.",
            "Lantus was given two hours before the drip was stopped on {d-1}.",
            "The diabetes educator, {rn}, reviewed sick-day rules and ketone strips.",
            "A social worker applied for emergency Medicaid and coupons for Humalog."),
    plan=("Restart Omnipod with new sites; Lantus pens as backup.", "Endocrinology visit in 7 days at {clinic}.",
          "Ophthalmology this month.", "Glucagon prescription to {pharm}."),
    lay=("The pod fell off and I didn't see it until I felt really sick.", "I was stretching the Humalog because "
                                                                           "of the insurance.",
         "My Dexcom said HIGH from midnight on.", "I threw up maybe nine times."),
    nurse=("FSBS 512, ketones lg", "2 PIV 18g, NS 2L bolus", "insulin gtt 6 u/h per protocol, q1h FS",
    "n/v x6, zofran 4 mg ivp w/ relief",
           "AG 29 -> 17 @ {time}", "pump removed, bagged, given to {relf}"),
)  # fmt: skip

SEPSIS = Case(
    key="dialysis line sepsis",
    specialty="Critical Care",
    sex="",
    ages=(35, 88),
    complaint="Fever and chills at dialysis",
    diagnosis="Septic shock due to catheter-related Staphylococcus aureus bacteremia",
    story=(
        "{Mr} is a {age}-year-old {man} with end-stage renal disease from diabetic nephropathy who had rigors at "
        "dialysis on {d-2}.",
        "The temperature was 39.4 and the pressure 74/40; {he} was sent from the unit by ambulance with 2 liters "
        "of saline running.",
        "The right internal jugular Permcath had been placed at {ohosps} on {d-88} while the fistula matured.",
        "Blood cultures grew gram-positive cocci in clusters in 4 of 4 bottles within 11 hours.",
        "{dr1} of nephrology and {dr3} of infectious disease are following.",
        "{His} {rel} {reln} is health care proxy and was called at {relph}.",
    ),
    history=("ESRD on hemodialysis Tuesday, Thursday, Saturday", "Left brachiocephalic fistula, maturing",
    "Hypertension",
             "Calciphylaxis, resolved", "HFpEF", "Prior Clostridioides difficile colitis"),
    drugs=("Sevelamer 1600 mg with meals", "Nifedipine XL 60 mg daily", "Epogen with dialysis", "Calcitriol 0.5 mcg",
    "Hydralazine 50 mg TID", "Sensipar 30 mg"),
    allergies="Vancomycin (red man syndrome), shellfish",
    exam=("NEURO: RASS -2 on propofol, CAM-ICU unable to assess.", "CV: Tachycardic, no new murmur, no Janeway "
                                                                   "lesions or Osler nodes.",
          "RESP: AC/VC 16/420/8/50%, thick secretions.", "ACCESS: Left femoral Trialysis catheter; right IJ site "
                                                         "with purulence.",
          "SKIN: Mottled knees, stage 2 sacral pressure injury 2 x 3 cm."),
    labs=("WBC 24.6, bands 18%", "Lactate 5.8 -> 2.2", "Procalcitonin 48", "Platelets 88 (L)", "K 5.9",
    "ABG 7.24/36/71", "MSSA by rapid PCR"),
    imaging=Imaging(
        "XR CHEST PORTABLE",
        "Single AP semierect view of the chest.",
        ("Endotracheal tube tip 4.2 cm above the carina. Enteric tube below the diaphragm.",
         "Right internal jugular tunneled catheter has been removed.", "New patchy opacities in both lower lungs, "
                                                                       "possibly septic emboli.",
         "Small left effusion. No pneumothorax."),
        ("Tubes in satisfactory position.", "Bilateral patchy opacities, worse than on {h-1}."),
    ),
    course=("Levophed was at 22 mcg/min with vasopressin 0.04, now weaned to 4; hydrocortisone 50 mg every 6 hours.",
            "Cefazolin replaced daptomycin after the PCR; the line was pulled by {dr3} at the bedside on {s-1}.",
            "TEE on {s-1} showed a 7 mm vegetation on the tricuspid valve.", "CRRT by CVVHDF at 25 mL/kg/h, net "
                                                                             "even."),
    plan=("Cefazolin 2 g q12h on CRRT, six weeks from first negative culture.", "Daily SAT/SBT.",
    "Repeat cultures q24h until clear.",
          "MAP goal 65; stop vasopressin first.", "Heparin SC, famotidine, HOB 30 degrees."),
    lay=("I was shaking so hard in the chair that the machine kept beeping.", "The catheter was sore for a week "
                                                                              "and I told them.",
         "They said it was staph in the blood."),
    nurse=("levo 22 -> 4 mcg/min, vaso off @ {time}", "vent AC 16/420/8/50, ETT 23 @ lip", "CRRT filter clotted "
                                                                                           "x1, changed",
           "RIJ site purulent, cx sent", "sacral Mepilex, turned q2h, waffle boots", "FMS in place, c diff neg"),
)  # fmt: skip

CROHN = Case(
    key="Crohn's disease",
    specialty="Gastroenterology",
    sex="",
    ages=(18, 57),
    complaint="Abdominal pain and diarrhea",
    diagnosis="Crohn's disease of the terminal ileum with stricture",
    story=(
        "{Mr} is a {age}-year-old {man} with stricturing Crohn's ileitis diagnosed in {y-2600} who came with "
        "crampy right lower quadrant pain.",
        "There have been six to eight loose stools a day since {m-2}, with weight loss of 14 pounds and no blood.",
        "Humira lost effect; the trough on {d-52} was undetectable with high antibodies, and Stelara was begun.",
        "{dr1} did a colonoscopy on {d-20}; the ileocecal valve could not be passed and the Simple Endoscopic "
        "Score was 11.",
        "{He} had a partial obstruction treated at {ohosp} over {hol} with a nasogastric tube.",
        "{His} {rel2}, {rel2n}, has ulcerative colitis.",
    ),
    history=("Crohn's disease, Montreal A2 L1 B2", "Iron deficiency anemia", "Erythema nodosum", "Appendectomy in "
                                                                                                 "{y-4000}",
                                                                                                 "Sacroiliitis, "
                                                                                                 "HLA-B27 negative"),
    drugs=("Stelara 90 mg SC every 8 weeks", "Budesonide 9 mg daily", "Venofer as scheduled", "Bentyl 10 mg PRN",
    "Vitamin D3 2000 units daily", "Imodium PRN"),
    allergies="Remicade (infusion reaction)",
    exam=("ABDOMEN: Fullness and tenderness in the right lower quadrant; McBurney and Rovsing signs negative.",
          "PERIANAL: Skin tags, no fistula, no abscess.", "SKIN: No pyoderma gangrenosum.", "MOUTH: Two aphthous "
                                                                                            "ulcers."),
    labs=("CRP 48 (H)", "Fecal calprotectin 1,130", "Hemoglobin 9.8 (L), MCV 74", "Ferritin 6", "Albumin 3.1",
    "Quantiferon negative", "C. difficile toxin negative"),
    imaging=Imaging(
        "MR ENTEROGRAPHY",
        "Coronal and axial HASTE, TrueFISP, DWI and post-contrast VIBE after oral Breeza and glucagon.",
        ("A 12 cm segment of terminal ileum with mural thickening to 9 mm, comb sign and upstream dilation to 4.2 "
         "cm.",
         "No fistula, phlegmon or abscess.", "Enlarged mesenteric nodes to 11 mm.", "Liver, spleen and pancreas "
                                                                                    "are normal."),
        ("Active inflammatory and fibrostenotic Crohn's disease of the terminal ileum.", "No penetrating disease."),
    ),
    course=("A laparoscopic ileocecal resection was done on {d-5} without complication.", "Diet was advanced on "
                                                                                          "postoperative day 2 "
                                                                                          "under the ERAS pathway.",
            "Lovenox 40 mg is to go on for 28 days.", "Venofer 300 mg was given on {s-2}."),
    plan=("Restart Stelara four weeks after surgery.", "Colonoscopy at six months for Rutgeerts score.",
    "Low-residue diet for two weeks.", "B12 monthly."),
    lay=("The cramps come about twenty minutes after I eat.", "I'm down fourteen pounds since summer.",
    "The Humira just stopped working.",
         "I don't want a bag if there's any way around it."),
    nurse=("abd soft distended, tender RLQ, BS hyper", "6 loose BM this shift, no blood", "NGT to LIS 400 cc "
                                                                                          "bilious",
                                                                                          "dilaudid pca 0.2/8, "
                                                                                          "pain 4/10",
           "lap sites x4 c/d/i dermabond"),
)  # fmt: skip

MEDICAL_CASES = (HEART, PNEUMONIA, DIABETES, SEPSIS, CROHN)
