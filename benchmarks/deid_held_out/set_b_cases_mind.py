"""Cases of mind, memory and kidneys."""

from __future__ import annotations

from set_b_case import case

DEPRESSION = case(
    "depression",
    "Psychiatry",
    (19, 71),
    "[low mood|suicidal thoughts|medication follow up]",
    story="""
{Pt} is a {age}-year-old {man} with recurrent major depression who was brought by {rel} after saying that {he}
 wanted to sleep and not wake up.
{He} lost {his} job at {emp} on {d-45} and has been sleeping {n:3-5} hours a night.
{He} took {n:6-14} tablets of Benadryl on {s-2} and told {his} therapist, {therapist}, the next day.
{He} was hospitalized at {out} in {m-1300} for an overdose of Tylenol.
{He} grew up in {town2}, the {o:2-4} of five children, and graduated from {school}.
{He} denies hallucinations; there are no firearms at home per {rel}.
PHQ-9 {n:16-25}, GAD-7 {n:9-19}, Columbia scale positive for ideation without plan.""",
    history="""
        major depressive disorder, recurrent; generalized anxiety; alcohol use, in remission; hypothyroidism;
        chronic low back pain; PTSD; IBS; Tourette syndrome""",
    drugs="""
        Lexapro 20 mg daily; Wellbutrin XL 300 mg qAM; trazodone 50-100 mg qHS; Abilify 2 mg daily; lithium 300
        mg BID; hydroxyzine 25 mg TID prn; Synthroid 75 mcg daily; Seroquel 50 mg qHS""",
    allergies="NKDA; Paxil (hyponatremia); haloperidol - dystonia; lamotrigine - rash",
    exam="""
Appearance: disheveled, poor eye contact, cooperative.
Speech: soft, slow; mood "[empty|tired|done]", affect constricted.
Thought process: linear; content: passive death wish, no intent, no delusions.
Cognition: alert, oriented x4, MoCA {n:24-29}/30.
Insight fair; judgment limited; AIMS 0.""",
    results="""
TSH {f:1.2-5.8}, B12 {n:210-640}, lithium level 0.{n:4-9} mEq/L, ethanol negative.
Acetaminophen and salicylate levels undetectable; QTc {n:418-462} ms.
Urine drug screen positive for [cannabinoids|benzodiazepines] only.
CMP and CBC normal.""",
    course="""
{He} was placed on a 72 hour hold and then signed in voluntarily on {s-4}.
Lexapro was cross-tapered to Effexor XR 75 mg from {s-3}.
A family meeting was held on {s-2} with {rel} and the social worker, {socialworker}.
{He} attended groups and slept {n:6-8} hours on trazodone.
ECT was discussed by {spec} and declined.""",
    plan="""
Partial hospital program at {clinic} starting {s+3}.
Therapy weekly with {therapist}; {spec} on {d+10}.
Safety plan signed; 988 crisis line card given; {rel} will lock up the medication.
Lithium level and TSH on {s+7}.
Two week supply only, to {pharm}.""",
    diagnoses="""
        Major depressive disorder, recurrent, severe, without psychotic features; generalized anxiety disorder;
        overdose of diphenhydramine""",
    ward="""
q15 checks maintained, contracts for safety, flat affect
ate 50% of bkfst, isolative to rm, attended 1 of 3 groups
visit w/ {relshort} 1830-1930, tearful after
trazodone 50 given 2200 w/ effect, slept 6.5 hrs
denies SI/HI/AVH this shift, prn vistaril x1""",
    calls="""
the new pill makes {him} nauseous and {he} wants to stop it
missed the group on {s-1} because of a job interview
asks whether disability forms for {emp} are done""",
    talk="""
How has your mood been? || Flat. I just don't care about stuff.
Are you having thoughts of hurting yourself? || Not like before. Some mornings I wish I hadn't woken up, that's all.
Who can you call when it gets bad? || {relyourcap}, or my therapist, {therapist}.
Are you working at the moment? || No, {emp} let me go, that was {sp-45}.
Have you been in hospital for this before? || Once, at {out}, years ago.""",
    procedure="Electroconvulsive therapy, treatment 4",
    operation="""
Methohexital 80 mg and succinylcholine 70 mg were given; a bite block was placed.
Right unilateral (d'Elia) placement was used with a Thymatron System IV at 50%.
Motor seizure was {n:24-48} seconds, EEG seizure {n:32-66} seconds, good postictal suppression.
{He} was oriented after {n:12-25} minutes.
Labetalol 10 mg was given for hypertension.""",
)

DEMENTIA = case(
    "dementia",
    "Geriatrics",
    (70, 98),
    "[memory loss|wandering|behavior change]",
    story="""
{Pt} is a {age}-year-old {man} with Alzheimer's dementia, seen with {rel}, who gives most of the history.
{He} got lost driving back from {town2} in {m-70} and the police found the car ({plate}) in a cornfield.
{He} now lives in the memory unit at {nh}; before that {he} was at {street} for 41 years.
{He} was a [machinist|secretary|line supervisor] at {emp}, served in Korea, and was married in 19{n:50-58}.
Sundowning is worse since {hol}; {he} calls {relgiven} by the name of {his} late sister, {sistergiven}.
{He} fell on {s-6} without injury; staff report two episodes of incontinence a day.
A MOLST form was completed with {pcp} on {d-180}: DNR, do not hospitalize except for comfort.""",
    history="""
        Alzheimer's dementia, FAST stage 6; hypertension; glaucoma; hearing loss; spinal stenosis; hiatal
        hernia; Lewy body features; atrial fibrillation, not anticoagulated""",
    drugs="""
        donepezil 10 mg qHS; Namenda XR 28 mg daily; citalopram 10 mg daily; melatonin 3 mg qHS; Xalatan 1 drop
        OU qHS; Colace 100 mg BID; quetiapine 12.5 mg qHS; Ensure BID""",
    allergies="NKDA; Haldol (rigidity); sulfa; ibuprofen - GI bleed",
    exam="""
General: pleasant, well groomed, hums during the exam.
MMSE {n:8-21}/30, clock drawing {n:0-2}/4; Boston naming 6/15.
Neuro: mild cogwheel rigidity, Myerson sign positive, palmomental reflex present.
Gait: shuffling, Timed Up and Go {n:18-34} seconds, Tinetti {n:14-20}/28.
Skin: skin tear on the right forearm, Steri-Strips in place, stage 1 at the coccyx.""",
    results="""
B12 {n:240-690}, TSH {f:0.9-4.8}, RPR nonreactive, vitamin D {n:14-38}.
MRI: hippocampal atrophy (Scheltens {n:2-3}), Fazekas 2 white matter change.
Urinalysis: no nitrite, culture mixed flora.
Weight {f:48.2-76.1} kg, down {n:2-5} kg in six months; albumin 3.{n:0-6}.""",
    course="""
Quetiapine was tapered; a delirium work up found constipation and a urinary retention of {n:450-900} mL.
{He} was pleasantly confused and easily redirected by {relgiven}.
Speech therapy advised puree and honey thick liquids.
A goals of care talk was held on {s-2} with {rel} and {rel2}; hospice was accepted.
Gentle hand feeding was taught to the family.""",
    plan="""
Hospice referral to {agency}, first visit {s+2}.
Stop donepezil; continue citalopram; morphine concentrate 5 mg q4h prn.
{relcap}, health care agent, can be reached any time.
Door alarm and MedicAlert bracelet ({bracelet}).
Follow up here with {spec} in {mp+90}.""",
    diagnoses="""
        Alzheimer's dementia with behavioral disturbance; urinary retention, resolved; failure to thrive;
        recurrent falls""",
    ward="""
A&Ox1, pleasantly confused, calling out for "mama" at hs
fed by staff 25%, thickened liq, no cough
incont x3, barrier cream, coccyx pink
found in another res rm x2, redirected w/ music
{relshort} in w/ lunch, brought own blanket""",
    calls="""
{He} has not slept in two nights and is hitting the aides
needs the form for the long term care policy {policy} filled in
asks if the flu shot was given on {s-9} at {nh}""",
    talk="""
Can you tell me your full name? || {ptfull}. Everybody calls me {ptnick}.
How old are you now? || Oh, I'm {agespoken}, honey, too old.
Who did you come with today? || That's my... that's {relgivenonly}. Isn't it?
Where do you live? || On {streetname}, with mother.
How is the appetite at {nh}? || The soup is good. They don't salt it.""",
    procedure="Lumbar puncture",
    operation="""
Consent was obtained from the health care agent; the L3-L4 interspace was identified.
A 20 gauge Quincke needle was used; opening pressure was {n:11-17} cm H2O.
{n:12-30} mL of clear fluid was removed for normal pressure hydrocephalus testing (Evans index 0.31).
Gait after the tap was unchanged.
The patient lay flat for one hour.""",
)

KIDNEY_STONE = case(
    "kidney stone",
    "Urology",
    (22, 70),
    "[left flank pain|renal colic|blood in urine]",
    story="""
{Pt} is a {age}-year-old {man} with {n:6-30} hours of colicky left flank pain to the groin, 10/10, with vomiting.
This is the {o:2-4} stone; one was passed in {m-400} and another was treated by {otherdoc} with ESWL at {out}.
{He} drinks two liters of Mountain Dew a day in the cab of {his} truck for {emp}.
There is no fever or dysuria; urine was the color of Coca-Cola this morning.
{His} brother {brother} also has stones.
{He} was sent over from the urgent care in {town2}.
A CT was done on {s-1}.""",
    history="""
        nephrolithiasis, calcium oxalate; gout; hypertension; gastric bypass (Roux-en-Y); horseshoe kidney;
        hyperparathyroidism; obesity; hernia repair""",
    drugs="""
        Flomax 0.4 mg daily; Toradol 10 mg q6h prn; Percocet 5/325 q6h prn; potassium citrate (Urocit-K) 20 mEq
        BID; allopurinol 300 mg daily; hydrochlorothiazide 25 mg daily; Zofran ODT 4 mg prn; Pyridium 200 mg TID""",
    allergies="NKDA; Dilaudid - itching; contrast dye; Macrobid (fever)",
    exam="""
General: pacing, cannot find a position of comfort.
Abdomen: soft, no guarding, McBurney point nontender.
Back: left costovertebral angle tenderness (Lloyd sign positive).
GU: no hernia, Prehn sign not applicable.
Extremities: no edema; no tophi.""",
    results="""
CT KUB: {n:4-9} mm stone at the left UVJ, {n:600-1100} HU, moderate hydronephrosis.
Urinalysis: RBC over 100, WBC {n:2-9}, nitrite negative, pH {f:5.0-6.5}.
Creatinine 1.{n:0-8}, WBC {f:8.1-13.6}, uric acid {f:5.9-9.2}, calcium {f:9.1-10.8}.
Stone analysis ({acc}): 80% calcium oxalate monohydrate, 20% uric acid.
Urine culture: no growth at 48 hours.""",
    course="""
Pain settled with Toradol 30 mg, Dilaudid 1 mg and a liter of saline.
{spec} took {him} to the OR on {s-1} for ureteroscopy, laser lithotripsy and a 6 x 26 double-J stent.
{He} voided well after the Foley came out.
The stent string was left and taped.
{rel2cap} drove {him} home.""",
    plan="""
Strain urine; bring the stone to {clinic}.
Stent removal on {d+7} by {spec}.
Flomax 0.4 mg daily and ibuprofen; Percocet, 8 tablets, sent to {pharm}.
24 hour urine (Litholink) in {mp+60}.
Low oxalate diet, 2.5 L of water a day, less Mountain Dew.""",
    diagnoses="""
        Left ureterovesical junction calculus with hydronephrosis; recurrent nephrolithiasis; gout; hypertension""",
    ward="""
writhing, diaphoretic, 10/10 L flank, toradol 30 + zofran 4 ivp
urine strained, tea colored, no stone yet
bladder scan PVR 84
post op stent w/ string taped to thigh, pink urine, clots x0
d/c teaching w/ {relshort}, strainer given""",
    calls="""
passed something like sand and wants to know where to bring it
the stent string came out a bit, is that all right
pain is back at 8 and the Percocet is finished""",
    talk="""
When did the pain come on? || About {n:2-5} in the morning, woke me right up, worst pain of my life.
Have you had stones before? || Yeah, {mp-400}, {otherdoc} blasted that one over at {out}.
What do you drink in a day? || Soda mostly. I'm in the truck all day for {emp}.
Does anyone in the family get stones? || My brother {brother}, he's had like six.
Any blood in the urine? || It looked like Coke this morning.""",
    procedure="Cystoscopy, left ureteroscopy, laser lithotripsy and stent placement",
    operation="""
General anesthesia by LMA; dorsal lithotomy position; gentamicin 240 mg was given.
A 22 French Storz cystoscope was passed; a Sensor wire was placed to the left kidney under fluoroscopy.
The Wolf semirigid ureteroscope reached the stone at the UVJ, which was fragmented with a 200 micron holmium fiber
 at 0.8 J and 8 Hz.
Fragments were removed with a NGage basket and sent for analysis ({acc}).
A 6 x 26 cm Percuflex double-J stent was left with a string; blood loss was minimal.""",
)
CASES = (DEPRESSION, DEMENTIA, KIDNEY_STONE)
