"""Cases of heart and lungs."""

from __future__ import annotations

from set_b_case import case

HEART_FAILURE = case(
    "heart failure",
    "Cardiology",
    (54, 93),
    "[shortness of breath|worsening dyspnea on exertion|leg swelling]",
    story="""
{Pt} is a {age}-year-old {man} with ischemic cardiomyopathy, LVEF {n:20-40}%, who presents with [two weeks|10
 days|several days] of worsening dyspnea and orthopnea.
{He} has gained {n:6-18} pounds since {his} last visit on {d-40} and now sleeps in a recliner.
{He} ran out of furosemide around {s-12} and did not refill it [because of the copay|because {pharm} was out of
 stock].
{He} ate [ham and canned soup|a good deal of Chinese takeout] over {hol} with the family.
{He} denies chest pain, palpitations, syncope or fever.
{He} had a CABG x{n:3-4} (LIMA to LAD, SVG to OM and PDA) at {out} in {m-2400} by {otherdoc}.
A St. Jude dual chamber ICD was placed in {m-900}; no shocks since.
{relcap} says {he} gets winded walking to the mailbox.
Last echocardiogram {d-200} showed moderate mitral regurgitation and a Teichholz EF of {n:25-38}%.""",
    history="""
        CAD s/p CABG; ischemic cardiomyopathy; type 2 diabetes mellitus; CKD stage 3b; atrial fibrillation on
        Eliquis; hyperlipidemia; obstructive sleep apnea on CPAP; gout; BPH""",
    drugs="""
        furosemide (Lasix) {n:4-8}0 mg PO BID; carvedilol 12.5 mg BID; Entresto 24/26 mg BID; spironolactone 25
        mg daily; Eliquis 5 mg BID; atorvastatin 80 mg QHS; Jardiance 10 mg daily; allopurinol 100 mg daily;
        potassium chloride 20 mEq daily; Lantus 22 units qHS""",
    allergies="NKDA; lisinopril (cough); penicillin - rash; sulfa; shellfish",
    exam="""
General: sitting upright, speaking in short sentences, [mildly tachypneic|in no acute distress].
Neck: JVP {n:10-16} cm with positive Kussmaul sign, no carotid bruits.
Lungs: bibasilar crackles [halfway up|to the mid zones], no wheeze.
Cardiac: irregularly irregular, S3 present, 3/6 holosystolic murmur at the apex radiating to the axilla.
Abdomen: soft, liver edge 2 cm below the costal margin.
Extremities: {n:2-3}+ pitting edema to the knees, Homans negative, warm.""",
    results="""
BNP {n:900-4200} pg/mL, troponin I 0.0{n:2-6}, creatinine {f:1.4-2.6} (baseline 1.5), Na 1{n:30-38}, K {f:3.6-5.2},
 Hgb {f:9.8-13.4}.
CXR: cardiomegaly with cephalization, Kerley B lines and small bilateral effusions.
EKG: atrial fibrillation at {n:88-126}, LBBB, QRS 148 ms, no Sgarbossa criteria.
TTE: LVEF {n:20-38}%, LVIDd 6.2 cm, E/e' 18, RVSP {n:42-61} mmHg, TAPSE 1.5 cm.
CHA2DS2-VASc {n:4-7}, HAS-BLED 3.""",
    course="""
{He} was diuresed with IV Lasix {n:4-8}0 mg twice daily with net negative {f:4.2-9.8} liters and a discharge weight
 of {f:71.2-98.4} kg.
Metoprolol was changed to carvedilol and Entresto was restarted at the low dose on {s-3}.
{spec} of cardiology interrogated the device (serial number {serial}) and found 2% atrial pacing and no VT.
Creatinine peaked at {f:2.1-2.9} on {s-4} and came down to {f:1.5-1.9}.
Nutrition saw {him} about a 2 g sodium diet, and {relmid} was present for the teaching.""",
    plan="""
Increase Lasix to 80 mg BID for 5 days, then 40 mg BID; daily weights, call for a gain of 3 lb.
BMP and magnesium on {s+7}.
Follow up with {spec} in the heart failure clinic on {d+10}.
Continue Entresto, carvedilol and spironolactone; Jardiance was held for the AKI.
Remote device check scheduled for {d+60}.
Refer to cardiac rehabilitation at {out}.""",
    diagnoses="""
        Acute on chronic systolic heart failure, NYHA III; ischemic cardiomyopathy; atrial fibrillation; CKD
        stage 3b""",
    ward="""
lungs w/ crackles bil bases, O2 {n:2-4}L NC sat {n:91-96}%, HOB up 45
foley draining clear yellow, {n:9-24}00 ml out this shift after lasix {n:4-8}0 IV
3+ pitting edema BLE, TEDs on, heels floated, Braden {n:14-19}
tele afib rate {n:80-112}, occ PVCs, K {f:3.1-3.6} repleted w/ KCl 40 meq PO
fluid restrict 1.5L, daily wt {f:71.2-98.4}kg standing scale""",
    calls="""
weight is up {n:3-7} lb since [Friday|yesterday] and ankles are tight
wants to know whether to take an extra Lasix
the Entresto needs a prior auth and {pharm} says it was faxed twice""",
    talk="""
How many pillows are you sleeping on now? || Three, and last night I just stayed in the recliner.
Are you taking the water pill every day? || Well, I skip it when I go out, because then I'm looking for a bathroom
 all day.
Did you get the ultrasound of your heart? || Yeah, they did that over at {out}, back in {mp-60}.
Any chest pain or dizziness? || No chest pain. A little lightheaded when I stand up too quick.
And is anyone helping with the pills? || {relyourcap}, {she_rel} fills up the box every Sunday.""",
    procedure="Right heart catheterization",
    operation="""
The right neck was prepped with ChloraPrep and draped; a 7 French sheath was placed in the right internal jugular
 vein under ultrasound by Seldinger technique.
A Swan-Ganz catheter was advanced to the wedge position without difficulty.
RA {n:10-18}, RV 58/12, PA 60/28 (mean {n:36-44}), PCWP {n:22-32} mmHg; Fick cardiac index {f:1.7-2.4}.
Cypher and Xience stents were seen patent on prior angiogram; no coronary injection was made.
Hemostasis was obtained with manual pressure; estimated blood loss was less than 10 mL.""",
)

COPD = case(
    "COPD",
    "Pulmonology",
    (51, 91),
    "[cough and wheezing|shortness of breath|COPD flare]",
    story="""
{Pt} is a {age}-year-old {man} with severe COPD (GOLD D, FEV1 {n:28-48}% predicted) on home oxygen at {n:2-3} liters.
{He} had three days of increased green sputum and wheezing after {rel} had a cold.
{He} was last intubated in {m-700} at {out} and spent 9 days in the ICU.
{He} smoked [a pack|two packs|a pack and a half] a day for 40 years and quit in {yr-6}; {he} worked [as a welder|in
 the foundry] at {emp} until retirement.
{He} used the albuterol nebulizer {n:5-9} times yesterday without lasting relief.
{He} got the flu shot on {d-60} and Prevnar 20 last year.
No hemoptysis, leg swelling, or travel.""",
    history="""
        COPD on home O2; pulmonary hypertension (WHO group 3); GERD with Barrett's esophagus; osteoporosis;
        depression; hypertension; lung nodule, RUL, 6 mm; cataracts""",
    drugs="""
        Trelegy Ellipta 1 puff daily; albuterol HFA 2 puffs q4h prn; DuoNeb q6h; prednisone taper; azithromycin
        250 mg MWF; Daliresp 500 mcg daily; omeprazole 20 mg daily; Fosamax 70 mg weekly; Zoloft 50 mg daily""",
    allergies="NKDA; levofloxacin (tendon pain); codeine - nausea; latex",
    exam="""
General: cachectic, pursed-lip breathing, using accessory muscles.
Chest: hyperinflated, diffuse expiratory wheeze, prolonged expiratory phase, Hoover sign present.
Heart: distant heart sounds, regular, P2 accentuated.
Skin: ecchymoses on both forearms from prednisone, no clubbing.
Neuro: alert, oriented x3, no asterixis.""",
    results="""
ABG on {n:2-4}L: pH 7.{n:29-36}, pCO2 {n:52-74}, pO2 {n:54-68}, HCO3 {n:28-34}.
WBC {f:9.8-16.4}, procalcitonin 0.1{n:1-9}, influenza A/B, RSV and COVID PCR negative.
CT chest: centrilobular emphysema, stable 6 mm RUL nodule, tree-in-bud opacities in the lingula.
Sputum culture: moderate Haemophilus influenzae and rare Moraxella catarrhalis.
Spirometry: FEV1 {f:0.7-1.3} L, FEV1/FVC 0.{n:38-52}, DLCO 41%.""",
    course="""
{He} was placed on BiPAP 12/5 overnight and weaned to {n:2-3} liters by {s-3}.
Solu-Medrol 60 mg IV q8h was changed to prednisone 40 mg, and Rocephin and Zithromax were given for five days.
{spec} of pulmonary saw {him} and added Daliresp.
Palliative care met with {pt} and {rel}; {he} remains full code for now.
A walk test on {s-1} showed desaturation to {n:82-87}% on room air.""",
    plan="""
Prednisone 40 mg x 5 days, doxycycline 100 mg BID x 7 days.
Repeat low dose CT of the chest in {mp+180} for the nodule per Fleischner criteria.
Home oxygen recertified; Inogen concentrator ordered.
Pulmonary rehab referral placed with {out}.
See {spec} on {d+21}; call sooner for fever or worsening breathlessness.""",
    diagnoses="""
        Acute exacerbation of COPD; acute on chronic hypercapnic respiratory failure; pulmonary nodule;
        osteoporosis""",
    ward="""
audible exp wheeze, RR {n:24-32}, tripoding, sats {n:84-90} on 2L -> titrated to 4L via venturi
duoneb given by RT x2 w/ good effect, peak flow {n:120-190}
on bipap 12/5 fio2 35% overnoc, tol well, mask sore on bridge of nose - mepilex applied
pt anxious re bipap, ativan 0.5 given per mar
moved to chair w/ 1 assist, SOB after 10 ft""",
    calls="""
the nebulizer machine broke and needs a new one today
finished the prednisone on {s-2} and is coughing up green again
asks whether the Trelegy can be changed because of the price""",
    talk="""
How is the breathing today? || It's rough. I can't make it from the car to the kitchen without stopping.
What color is the stuff you're coughing up? || It's like a yellowy green, thick.
Are you still off the cigarettes? || I had two at {hol}, I won't lie to you, doc.
Who set up your oxygen at home? || The company brought it out on {sp-30}, a nice young fella.
Did you see the lung doctor? || I saw {spec}, uh, in {mp-45}, and got the breathing test.""",
    procedure="Flexible bronchoscopy with bronchoalveolar lavage",
    operation="""
Lidocaine 1% was given topically; sedation was with midazolam 2 mg and fentanyl 75 mcg.
The Olympus bronchoscope was passed through the mouth; the vocal cords moved normally.
Copious mucopurulent secretions were suctioned from the right lower lobe; there was no endobronchial lesion.
Lavage of the lingula with 120 mL saline returned 55 mL, sent for Gram stain, AFB, Aspergillus galactomannan and
 cytology.
{He} tolerated the procedure well; SpO2 was never below 90%.""",
)

PNEUMONIA = case(
    "pneumonia",
    "Infectious Disease",
    (24, 94),
    "[fever and cough|fever, chills and pleuritic pain|confusion and fever]",
    story="""
{Pt} is a {age} year old {man} brought in by {rel} with {n:2-6} days of fever to 10{n:1-3}.{n:1-9} F, productive
 cough and right sided pleuritic chest pain.
{He} returned from [a cruise|visiting family in Mexico|a wedding in Florida] on {d-9}.
{He} was seen at {practice} on {s-3} and given a Z-Pak without improvement.
[{He} lives with {rel} and two cats.|{He} keeps parakeets.]
{He} works at {emp} and several co-workers have been sick.
No known TB exposure; PPD negative in {yr-4}.
A {n:2-4}-year-old in the house has croup.""",
    history="""
        hypothyroidism; asthma; migraine; type 2 diabetes; splenectomy after a motor vehicle accident;
        hypertension; psoriasis on Humira""",
    drugs="""
        levothyroxine 88 mcg daily; Advair 250/50 BID; metformin 1000 mg BID; lisinopril 10 mg daily; Humira 40
        mg every other week; Tylenol 650 mg q6h prn; Mucinex 600 mg BID""",
    allergies="NKDA; amoxicillin - hives; Bactrim (Stevens-Johnson); vancomycin - red man syndrome",
    exam="""
Vitals: T 38.{n:4-9}, HR {n:102-128}, BP {n:92-138}/{n:52-78}, RR {n:22-30}, SpO2 {n:88-94}% RA.
HEENT: dry mucous membranes, Mallampati II, no oral thrush.
Chest: bronchial breath sounds and egophony at the right base, dull to percussion.
CV: tachycardic, no Osler nodes, no Janeway lesions.
Abdomen: soft, Murphy sign negative.
Neuro: GCS {n:14-15}, no Kernig or Brudzinski sign.""",
    results="""
WBC {f:13.2-24.8} with {n:8-22}% bands, lactate {f:1.4-3.8}, CURB-65 {n:2-3}, PSI class IV.
Urine Legionella antigen negative, Streptococcus pneumoniae antigen positive.
Blood cultures 2/2 bottles: gram positive cocci in chains, identified as S. pneumoniae, MIC to ceftriaxone 0.5.
Chest x-ray: dense right lower lobe consolidation with silhouetting of the diaphragm.
HIV Ag/Ab nonreactive; hepatitis C antibody negative; QuantiFERON indeterminate.""",
    course="""
{He} received 2 liters of lactated Ringer's, ceftriaxone 2 g and azithromycin 500 mg in the ED.
{He} needed high-flow nasal cannula at 40 L until {s-4}.
A parapneumonic effusion was tapped by {res} on {s-3}; Light criteria were met for an exudate, pH 7.31.
Infectious disease ({spec}) advised 10 days of treatment and a repeat film.
Repeat blood cultures from {s-4} had no growth.
Humira was held.""",
    plan="""
Augmentin 875 mg BID through {s+5}.
Repeat PA and lateral chest film on {d+42}.
Hold Humira until seen by {spec}.
Pneumovax 23 and Menactra before discharge given the splenectomy.
Return for fever, worsening breathlessness or hemoptysis.""",
    diagnoses="""
        Right lower lobe pneumococcal pneumonia with bacteremia; sepsis, resolved; parapneumonic effusion; type
        2 diabetes""",
    ward="""
T max 39.{n:0-4}, blood cx x2 sent b/f abx, lactate {f:1.8-3.6}
rocephin hung at 0130 via #20 L FA, no s/s infiltrate
rusty sputum, sent for gram stain; isolation mask on
HFNC 40L/50%, sat {n:91-95}, IS to 750
c/o R side pain w/ deep breath 7/10, toradol 15 IV -> 3/10""",
    calls="""
still has a fever of 101.{n:2-8} on day {n:3-5} of antibiotics
asks for a note for {emp} to be off until {s+7}
the antibiotic gives diarrhea and {he} wonders about C. diff""",
    talk="""
When did the fever start? || It was, um, {wd} night, the shakes, I couldn't get warm.
Anyone else at home sick? || {relyourcap} had a cold right around {hol}, but nothing like this.
Have you traveled anywhere? || We were down in {town2} for a wedding, got back the {dayword}.
Are you coughing anything up? || It's brown, like rust. And it hurts right here when I take a breath.
Any allergies to antibiotics? || I think amoxicillin, my mom always told me I got hives.""",
    procedure="Ultrasound-guided thoracentesis",
    operation="""
The right posterior chest was marked under ultrasound with the patient seated; time-out was performed.
After 1% lidocaine an 8 French Safe-T-Centesis catheter was introduced above the ninth rib.
{n:380-950} mL of straw colored fluid was drained; samples went for LDH, protein, glucose, pH, cell count and culture.
There was no bleeding; the post-procedure film showed no pneumothorax.""",
)

CHEST_PAIN = case(
    "myocardial infarction",
    "Cardiology",
    (41, 88),
    "[chest pain|crushing chest pain|chest pressure and sweating]",
    story="""
{Pt} is a {age} y/o {man} who developed substernal pressure radiating to the left arm at about {n:2-9} [am|pm] while
 [shoveling snow|mowing the lawn|at work at {emp}].
{He} took four baby aspirin and {rel} called 911.
EMS gave nitroglycerin x3 with relief from 9/10 to 4/10.
{His} father died of an MI at age {page}, and a brother had stents at 48.
{He} had a negative Bruce protocol treadmill in {m-1100} ordered by {pcp}.
Cocaine use denied; smokes half a pack of Marlboros a day.
Wellens pattern was noted on a prior tracing from {out}.""",
    history="""
        hypertension; hyperlipidemia; type 2 diabetes; tobacco use; Raynaud's phenomenon; anxiety;
        cholecystectomy; Bell's palsy in {yr-9}""",
    drugs="""
        aspirin 81 mg daily; Brilinta 90 mg BID; metoprolol succinate 50 mg daily; rosuvastatin 40 mg daily;
        losartan 50 mg daily; nitroglycerin 0.4 mg SL prn; Ozempic 0.5 mg weekly; Wellbutrin XL 150 mg daily""",
    allergies="NKDA; iodinated contrast - hives; Percocet (itching); simvastatin - myalgia",
    exam="""
General: diaphoretic, clutching chest (Levine sign), Killip class I.
Neck: supple, no JVD.
Cardiac: regular, S4 gallop, no rub, no murmur.
Pulses: 2+ radial, Allen test normal on the right; 2+ dorsalis pedis.
Lungs: clear to auscultation bilaterally.""",
    results="""
Troponin T {n:38-92} -> {n:310-980} -> {n:1100-2900} ng/L, CK-MB 44.
ECG: {n:2-4} mm ST elevation in II, III and aVF with reciprocal depression in aVL.
LDL {n:118-190}, HDL {n:28-41}, HbA1c {f:6.1-9.4}%.
Cath: 99% mid RCA thrombus, 40% LAD, TIMI 3 flow after a 3.5 x 24 mm Synergy stent.
TIMI risk score {n:3-5}, GRACE {n:118-160}, HEART score {n:5-8}.""",
    course="""
Door to balloon time was {n:41-78} minutes; {spec} placed one drug-eluting stent in the RCA through the right radial
 artery.
An Impella was not needed; Angio-Seal was used on the femoral vein.
Echo on {s-1} showed inferior hypokinesis, EF {n:45-55}%.
{He} had a brief run of accelerated idioventricular rhythm on {s-2} and remained stable.
{rel2cap} was updated by phone.""",
    plan="""
Dual antiplatelet therapy until at least {mp+365}.
Cardiac rehab phase II at {hosp}, starting {s+14}.
Smoking cessation: Chantix starter pack, quit line number given.
Follow up with {spec} on {d+14} and {pcp} within one week.
No driving for one week; may return to work at {emp} on {s+28}.""",
    diagnoses="Inferior STEMI, status post PCI to RCA; hyperlipidemia; hypertension; tobacco dependence",
    ward="""
R radial site CDI, TR band off 1400, no hematoma, CMS intact
tele SR w/ rare PVC, no CP since cath lab
heparin gtt off, brilinta 90 given, integrilin d/c'd per {spec}
pt asking to smoke - nicoderm 21 placed L deltoid
troponin trending down, cardiac diet started, tol 75%""",
    calls="""
has bruising at the wrist and asks if that is normal
cannot afford the Brilinta, is there a coupon
wants to know when {he} may go back to work at {emp}""",
    talk="""
Show me where the pain is. || Right here in the middle, like somebody sitting on me, and it goes down my arm.
What were you doing when it came on? || I was at work, at {emp}, just lifting boxes.
Does heart disease run in the family? || My dad dropped dead at {pageword}, and my brother's got stents.
Have you ever had a stress test? || {pcp} sent me for one, must've been {mp-300}.
Any bleeding with the blood thinner? || My gums a little when I brush, that's all.""",
    procedure="Coronary angiography and PCI of the right coronary artery",
    operation="""
Right radial access was obtained with a 6 French Glidesheath; heparin 5,000 units and verapamil 2.5 mg were given.
A JR4 guide engaged the RCA; a Runthrough wire crossed the lesion, which was predilated with a 2.5 mm Emerge balloon.
A 3.5 x 24 mm Synergy stent, lot and serial {serial}, was deployed at 14 atm and postdilated with an NC Quantum
 balloon.
Final angiography showed TIMI 3 flow, no dissection, no perforation.
Contrast: 110 mL Omnipaque; fluoroscopy time {f:6.2-14.8} minutes.""",
)
CASES = (HEART_FAILURE, COPD, PNEUMONIA, CHEST_PAIN)
