"""Cases of abdomen, tumours, pregnancy, kidneys, childhood and mind."""

from __future__ import annotations

from set_b_case import case

CIRRHOSIS = case(
    "cirrhosis",
    "Gastroenterology",
    (36, 76),
    "[abdominal distension|vomiting blood|confusion and jaundice]",
    story="""
{Pt} is a {age}-year-old {man} with alcohol related cirrhosis (Child-Pugh {n:8-11}, MELD-Na {n:16-29}) and ascites.
{He} had [one episode|two episodes|three episodes] of hematemesis on {s-5} and was brought from {out}.
Last drink was on {hol}, {n:4-8} beers; before that {he} had been sober since {m-500} with AA.
The last EGD by {spec} on {d-240} showed grade II varices, banded x{n:2-4}.
{relcap} noticed {he} was sleeping all day and mixing up {his} words.
{He} has a tattoo from the seventies and had hepatitis C treated with Harvoni.
{He} was laid off from {emp}.""",
    history="""
        alcohol related cirrhosis; hepatitis C, treated, SVR; esophageal varices; spontaneous bacterial
        peritonitis; depression; Mallory-Weiss tear; Crohn's disease in remission; inguinal hernia""",
    drugs="""
        lactulose 30 mL TID; rifaximin (Xifaxan) 550 mg BID; spironolactone 100 mg daily; furosemide 40 mg
        daily; nadolol 20 mg daily; Protonix 40 mg BID; thiamine 100 mg daily; ciprofloxacin 500 mg daily; folic
        acid 1 mg daily""",
    allergies="NKDA; NSAIDs - GI bleed; morphine; Compazine (dystonia)",
    exam="""
General: jaundiced, temporal wasting, palmar erythema.
Eyes: icteric, no Kayser-Fleischer rings.
Abdomen: tense, shifting dullness, caput medusae, spleen tip palpable, reducible umbilical hernia.
Neuro: asterixis, oriented to person and place, West Haven grade {n:1-2}.
Skin: spider angiomata over the chest, Terry nails.""",
    results="""
T bili {f:2.4-9.8}, albumin 2.{n:1-8}, INR {f:1.5-2.4}, platelets {n:41-98}, Na 12{n:4-9}, ammonia {n:68-140}.
Paracentesis: {n:3-8} L removed, WBC {n:90-640} with {n:12-60}% neutrophils, SAAG 1.{n:3-9}.
Ultrasound with Doppler: nodular liver, patent portal vein, no focal lesion; AFP 4.{n:1-9}.
EGD: large varices with red wale sign, banded x{n:3-5}; portal hypertensive gastropathy.
H. pylori stool antigen negative; Hgb {f:6.8-9.4} on arrival.""",
    course="""
{He} received octreotide, ceftriaxone and {n:2-4} units of blood; {spec} banded {n:3-5} varices on {s-4}.
Large volume paracentesis was repeated on {s-2} with albumin 8 g per liter.
Encephalopathy cleared with lactulose to {n:3-4} stools a day.
Transplant hepatology at {out} was called; {otherdoc} will see {him} as an outpatient.
CIWA was below 8 throughout; no Librium was needed.""",
    plan="""
Repeat EGD and banding on {d+21}.
2 g sodium diet; lactulose to 3 stools a day; no driving.
Alcohol counselling through {agency}.
Labs on {s+7}: CMP, CBC, PT/INR, faxed to {spec}.
Hepatocellular carcinoma screening ultrasound in {mp+180}.""",
    diagnoses="""
        Decompensated alcohol related cirrhosis; variceal hemorrhage; hepatic encephalopathy; ascites;
        thrombocytopenia""",
    ward="""
melena x3, h/h {f:6.8-8.2}/22, 2u prbc up w/o rxn, octreotide 50 mcg/hr
abd girth 112 cm, para site leaking - ostomy bag applied
lactulose q4, 4 BMs, A&Ox2, asterixis +
ciwa 4-6-3, no tremor, sitter at bs
sclera icteric, scratching, sarna lotion given""",
    calls="""
belly is tight again and {he} would like the tap before the weekend
ran out of Xifaxan, {pharm} needs a prior authorization
{He} had a black stool this morning""",
    talk="""
When was your last drink? || I had a few over {hol}. I'm not proud of it.
How many bowel movements a day? || Two, maybe three when I take all the lactulose.
Have you been confused at all? || {relyourcap} says I was calling the dog by the wrong name.
Did they drain the fluid? || Yeah, over at {out}, six liters, on the {dayword} I think.
Are you going to meetings? || Every {wd}, at the church hall, my sponsor drives me.""",
    procedure="Esophagogastroduodenoscopy with variceal band ligation",
    operation="""
Propofol was given by anesthesia; the Olympus GIF-HQ190 scope was passed to the second part of the duodenum.
Three columns of large varices with red wale marks were seen from 30 cm to the Z line at 39 cm.
{n:3-6} bands were placed with a Saeed Six-Shooter with good hemostasis; no Dieulafoy lesion was seen.
The stomach showed mosaic mucosa; Hill grade II flap valve.
There were no immediate complications.""",
)

BREAST_CANCER = case(
    "breast cancer",
    "Oncology",
    (34, 84),
    "[follow up of breast cancer|chemotherapy visit|neutropenic fever]",
    sex="F",
    story="""
{Pt} is a {age}-year-old {man} with stage II{stage} invasive ductal carcinoma of the left breast, ER {n:80-99}%, PR
 {n:20-90}%, HER2 negative, Ki-67 {n:14-45}%.
A screening mammogram on {d-260} showed a BI-RADS 5 mass at 2 o'clock.
Core biopsy on {d-250} ({acc}) confirmed Nottingham grade {n:2-3} disease.
{He} had a lumpectomy with sentinel node biopsy by {otherdoc} on {d-220}; 1 of 3 nodes was positive.
Oncotype DX recurrence score was {n:26-38}.
{He} is on cycle {n:2-4} of dose dense Adriamycin and Cytoxan with Neulasta.
{His} mother had ovarian cancer and died at {page}; a BRCA panel was negative.
{He} teaches at {school} and hopes to go back after {hol}.""",
    history="""
        left breast cancer; hypothyroidism (Hashimoto's); migraine; anxiety; uterine fibroids; cesarean x2;
        asthma; hyperlipidemia""",
    drugs="""
        ondansetron 8 mg q8h prn; Compazine 10 mg q6h prn; dexamethasone 8 mg on days 2-3; levothyroxine 100 mcg
        daily; tamoxifen 20 mg daily; Ativan 0.5 mg prn; Claritin 10 mg daily; Effexor XR 37.5 mg daily""",
    allergies="NKDA; Taxol - infusion reaction; Keflex; adhesive (blisters)",
    exam="""
General: alopecia, well appearing, ECOG {n:0-1}.
Breasts: well healed left periareolar scar, no mass; right breast normal.
Nodes: no cervical, supraclavicular or axillary adenopathy (Virchow node absent).
Port: right chest Port-A-Cath, no erythema.
Extremities: no lymphedema, arm circumference 28 cm bilaterally.""",
    results="""
ANC {f:0.3-4.2}, WBC {f:1.1-6.8}, Hgb {f:9.6-12.4}, platelets {n:98-290}.
CA 27.29 {n:14-36}, alkaline phosphatase {n:58-112}, AST {n:18-41}.
MUGA: LVEF {n:56-66}%.
PET/CT: no FDG-avid distant disease; SUV of the left axilla 1.8.
DEXA: T score -1.{n:1-9} at the femoral neck.""",
    course="""
{He} was admitted with neutropenic fever of 38.{n:4-9} and given cefepime 2 g q8h.
Port cultures on {s-3} had no growth; Neupogen was started.
{spec} reviewed the case at tumor board on {s-2}.
ANC recovered to {f:1.2-3.4} on {s-1}.
{rel2cap} has been staying with {him}.""",
    plan="""
Proceed with cycle {n:3-4} on {s+7} with a 20% dose reduction.
Taxol weekly x12 starting in {mp+40}.
Radiation oncology consult with {otherdoc} on {d+30}.
Genetics letter to be copied to {his} sister, {sister}.
Wig prescription given; support group at {clinic} meets first {wd} of the month.""",
    diagnoses="Invasive ductal carcinoma of the left breast, stage II; chemotherapy induced neutropenia; anxiety",
    ward="""
port accessed w/ 20g huber, + BR, NS flush
adriamycin push via side arm, BR checked q2-3ml, no c/o burning
neulasta onpro applied R arm, pt aware of beep
n/v x2 after AC, emend + zofran given
mouth sores gr 1, magic mouthwash ordered""",
    calls="""
temperature of 100.{n:4-9} tonight on day {n:7-11} after chemo
asks if {he} can have the flu shot during chemotherapy
the forms for {emp} need to be signed by {s+5}""",
    talk="""
How did you do after the last cycle? || Two bad days, then I could eat again. The Zofran stops me up though.
Any fevers at home? || I had ninety nine nine on the {dayword}, but it went down by itself.
Who's at home with you? || {relyourcap}, and my sister {sistergiven} flew in from {town2}.
Did genetics call you? || They did, everything was negative, so my girls can relax.
When do you see the radiation doctor? || {otherdoc}, I think, it's {sp+20}.""",
    procedure="Left partial mastectomy and sentinel lymph node biopsy",
    operation="""
Lymphazurin was injected under the areola; the axilla had a count of {n:900-4200} on the Neoprobe.
Three sentinel nodes were removed; touch prep was negative in two.
The mass was excised around the Kopans wire; specimen x-ray confirmed the clip; specimen {acc} was oriented with
 sutures.
Cooper's ligaments were divided and the cavity marked with clips.
The wound was closed with 3-0 Vicryl and 4-0 Monocryl; Dermabond was applied.""",
)

PREGNANCY = case(
    "pregnancy",
    "Obstetrics",
    (18, 43),
    "[contractions|decreased fetal movement|headache at 34 weeks]",
    sex="F",
    story="""
{Pt} is a {age} year old G{n:2-4}P{n:1-2} at 3{n:3-8} weeks {n:1-6} days by LMP of {d-240}, consistent with a first
 trimester ultrasound.
The due date is {d+20}.
Prenatal care has been at {clinic} with {spec}, and one visit with the midwife {midwife}.
Pregnancy is complicated by gestational diabetes, diet controlled, and group B Streptococcus bacteriuria.
Blood pressures at home have been {n:142-158}/{n:90-98} since {s-3} with a headache and no visual symptoms.
{His} first baby, {babyname}, was delivered at {out} on {d-1100} by low transverse cesarean for breech.
The father of the baby, {father}, works at {emp}.""",
    history="""
        gestational diabetes; prior cesarean; anemia; hyperemesis; chlamydia, treated; asthma; postpartum
        depression; factor V Leiden""",
    drugs="""
        prenatal vitamin daily; ferrous sulfate 325 mg daily; labetalol 200 mg BID; aspirin 81 mg daily;
        Diclegis 2 tabs qHS; Zoloft 50 mg daily; NPH 8 units qHS; Makena weekly""",
    allergies="NKDA; penicillin - anaphylaxis; latex; Reglan (akathisia)",
    exam="""
Fundal height {n:33-39} cm, vertex by Leopold maneuvers, estimated weight {f:2.4-3.6} kg.
Fetal heart tones {n:128-156}, moderate variability, accelerations, no decelerations; Category I.
Cervix: {n:1-4} cm, {n:50-80}% effaced, -{n:1-2} station, Bishop score {n:4-8}.
Reflexes 3+ with no clonus; 1+ edema; no Homans sign.
Toco: contractions every {n:3-8} minutes; no Braxton Hicks pattern.""",
    results="""
Urine protein/creatinine 0.{n:28-62}, platelets {n:118-240}, AST {n:18-44}, uric acid {f:4.4-6.8}.
Blood type O positive, rubella immune, RPR nonreactive, HBsAg negative, HIV negative.
GBS positive; 3 hour glucose tolerance test abnormal x2.
Ultrasound: AFI {f:8.2-16.4} cm, biophysical profile 8/8, anterior placenta.
Hgb {f:9.4-11.9}, ferritin {n:6-18}.""",
    course="""
Magnesium sulfate was started for severe features; betamethasone x2 was given on {s-3} and {s-2}.
A repeat low transverse cesarean was performed on {d-2} by {spec} for arrest of descent.
A live [female|male] infant weighing {n:2600-3900} g was delivered with Apgars of 8 and 9.
Quantitative blood loss was {n:650-980} mL; hemoglobin on {s-1} was {f:8.6-10.9}.
Lactation visited twice; the baby latched well.""",
    plan="""
Blood pressure check on {s+4} at {clinic}; labetalol 200 mg BID.
Nothing per vagina for six weeks; no lifting above the weight of the baby.
Postpartum visit with {spec} on {d+40}; 2 hour glucose tolerance test then.
Mirena at the postpartum visit.
Edinburgh scale {n:4-11}; call if over 12 or if mood drops.""",
    diagnoses="""
        Intrauterine pregnancy in the third trimester; preeclampsia with severe features; gestational diabetes A1;
        prior cesarean""",
    ward="""
POD{n:1-2} c/s, fundus firm @ U, lochia rubra mod, incision w/ prineo CDI
mag @ 2g/hr off at 0800, DTRs 2+, UO 80/hr
baby to breast q3h, latch score 8, {relshort} at bs
IV hep locked, foley out 0600, DTV by 1200
edinburgh 6, RhoGAM not needed""",
    calls="""
having contractions every {n:6-9} minutes since {n:2-5} am
noticed the baby is moving less today
blood pressure at home was 15{n:0-8}/9{n:0-8} twice""",
    talk="""
When was your last period? || It was, um, the {dayword}, I have it in my phone.
Is the baby moving? || Like crazy, mostly when I lie down.
Any headache or spots in your vision? || A headache since {wd}, right behind my eyes, Tylenol doesn't touch it.
Where did you have your first? || At {out}, {babyname} was breech so they did a C-section.
Who will be with you for the birth? || {fathergiven}, and my mom if she gets off work in time.""",
    procedure="Repeat low transverse cesarean section",
    operation="""
Spinal anesthesia was found adequate; a Pfannenstiel incision was made through the old scar and carried to the fascia.
The bladder flap was created; a low transverse hysterotomy was made and clear fluid was noted.
The infant was delivered from occiput posterior with one loose nuchal cord; cord gases were sent.
The uterus was closed with 0 Monocryl in two layers; Pitocin 40 units and TXA 1 g were given.
The fascia was closed with 0 Vicryl, the skin with 4-0 Monocryl.""",
)

CHILD_ASTHMA = case(
    "childhood asthma",
    "Pediatrics",
    (6, 17),
    "[wheezing|asthma attack|cough and trouble breathing]",
    story="""
{Pt} is a {age}-year-old {boy} with moderate persistent asthma, brought by {rel}, with wheezing since {s-1}.
The trigger was a cold going around at {school}.
{He} had Flovent but the inhaler ran out after {hol}; the school nurse, {schoolnurse}, gave albuterol at {n:10-12}:20.
There was one PICU stay at {out} in {m-600}, with BiPAP and terbutaline.
{He} was born at 3{n:5-8} weeks, vaccinations are up to date (last well visit {d-150} with {pcp}).
The family moved from {town2} in {m-200} and there is a cat and a wood stove.
{rel2cap} smokes outside.""",
    history="""
        asthma; eczema; peanut allergy; RSV bronchiolitis in infancy; allergic rhinitis; ear tubes; Kawasaki
        disease at age 2; ADHD""",
    drugs="""
        Flovent HFA 110 mcg 2 puffs BID; albuterol 2-4 puffs q4h prn with spacer; Singulair 5 mg qHS; Zyrtec 5
        mg daily; prednisolone 1 mg/kg daily; EpiPen Jr; triamcinolone 0.1% ointment; Concerta 18 mg daily""",
    allergies="NKDA; peanuts - anaphylaxis; amoxicillin (rash); cats",
    exam="""
General: alert, playful after the second neb, weight {f:15.2-48.6} kg.
HEENT: TMs clear, boggy turbinates, Dennie-Morgan lines.
Chest: subcostal retractions, diffuse expiratory wheeze, PRAM score {n:4-8}, I:E 1:3.
CV: tachycardic, innocent Still murmur 1/6.
Skin: eczema at the antecubital fossae, no Koplik spots.""",
    results="""
SpO2 {n:89-93}% on room air, {n:95-98}% after three DuoNebs and Decadron 0.6 mg/kg.
Rhinovirus/enterovirus PCR positive; RSV, influenza and SARS-CoV-2 negative.
CXR: hyperinflation and peribronchial cuffing, no consolidation.
VBG: pH 7.3{n:4-9}, pCO2 {n:36-46}.
Total IgE {n:180-940}, eosinophils {n:5-12}%.""",
    course="""
{He} was spaced to albuterol every 4 hours by {s-1}; continuous albuterol had been stopped on {s-2}.
Magnesium 50 mg/kg was given once in the ED.
The asthma action plan was reviewed with {rel} and sent to the nurse at {school}.
{He} was never febrile and ate well.
Pulmonology ({spec}) stepped {him} up to Dulera.""",
    plan="""
Prednisolone 2 mg/kg/day for 5 days, last dose on {s+4}.
Restart Flovent 110, two puffs twice a day with spacer.
Visit with {pcp} on {d+3}, asthma clinic with {spec} on {d+30}.
School form for {school} signed.
Return for retractions, blue lips or albuterol more than every 4 hours.""",
    diagnoses="Status asthmaticus, improved; rhinovirus infection; atopic dermatitis; moderate persistent asthma",
    ward="""
wheeze throughout, subcostal + suprasternal retractions, pas 8 -> 4 after 3 nebs
alb 5mg q2 spaced to q4, tol po apple juice x2
{relshort} at bs, sleeping w/ side rails up x2
temp 37.{n:1-8} ax, cap refill <2, voided x3
IV R hand 24g saline locked, no-no on""",
    calls="""
needs a refill of the albuterol and a second spacer for {school}
was up all night coughing and used the neb every 3 hours
asks for a copy of the shot record for camp by {s+9}""",
    talk="""
How many days has the cough been going? || Since {wd}. {Hespoken} was coughing so hard {hespoken} threw up.
Does {hespoken} use the orange inhaler every day? || When I remember. We ran out around {hol}.
Which school is it? || {school}. The nurse there, {schoolnurse}, called me to come.
Any smokers in the house? || {rel2cap}, but only out on the porch.
When did you last see the lung doctor? || {spec}? That was, like, {mp-120}.""",
    procedure="Flexible laryngoscopy",
    operation="""
After topical Afrin and 2% lidocaine a pediatric 2.2 mm scope was passed through the left nostril.
The adenoids were 2+; the Eustachian tube orifices were clear; Waldeyer ring was normal.
The cords moved symmetrically; there was no paradoxical motion.
{He} tolerated it well and ate a popsicle.
No specimens were taken.""",
)
CASES = (CIRRHOSIS, BREAST_CANCER, PREGNANCY, CHILD_ASTHMA)
