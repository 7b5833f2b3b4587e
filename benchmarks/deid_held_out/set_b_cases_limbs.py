"""Cases of bones, limbs, injuries and the nervous system."""

from __future__ import annotations

from set_b_case import case

STROKE = case(
    "stroke",
    "Neurology",
    (49, 95),
    "[right sided weakness|slurred speech|left facial droop and arm weakness]",
    story="""
{Pt} is a {age}-year-old right-handed {man} last known well at {n:6-9}:30 pm on {d-4}.
{relcap} found {him} on the bathroom floor with a left facial droop and slurred speech.
{He} was taken to {out}, where a CT of the head was negative, and was transferred here by Life Flight after tPA.
{He} has a history of atrial fibrillation and stopped Coumadin in {m-300} after a nosebleed.
At baseline {he} walks with a cane and does {his} own bills; modified Rankin 1.
{He} lives in {town} with {rel}.
There was no headache, neck pain or seizure.""",
    history="""
        atrial fibrillation; hypertension; hyperlipidemia; carotid stenosis s/p right CEA; osteoarthritis;
        Sjogren's syndrome; macular degeneration; Meniere's disease""",
    drugs="""
        Eliquis 5 mg BID; atorvastatin 80 mg daily; amlodipine 10 mg daily; lisinopril 20 mg daily; Keppra 500
        mg BID; famotidine 20 mg BID; Restasis 1 drop OU BID; aspirin 325 mg daily""",
    allergies="NKDA; phenytoin - rash; Demerol; erythromycin (GI upset)",
    exam="""
NIHSS {n:5-18} on arrival, {n:1-6} today.
Cranial nerves: left lower facial droop, tongue midline, visual fields full; no Horner syndrome.
Motor: left arm {n:2-4}/5 with pronator drift, left leg 4/5, right side 5/5; Babinski upgoing on the left.
Sensation: reduced to pinprick on the left; extinction to double simultaneous stimulation.
Speech: mild dysarthria, naming intact; Broca-type hesitancy was not seen.
Gait: wide-based, Romberg not tested.""",
    results="""
CTA: right M1 occlusion; ASPECTS {n:7-10}; circle of Willis otherwise patent.
MRI brain: restricted diffusion in the right insula and corona radiata, no hemorrhage.
LDL {n:88-164}, A1c {f:5.5-8.4}, TSH 2.{n:1-9}, INR 1.{n:0-3}.
TTE: EF 60%, dilated left atrium, no PFO on bubble study.
Carotid duplex: 50-69% left ICA stenosis.""",
    course="""
Thrombectomy was done by {spec} with a Solitaire stent retriever; TICI 2b flow after two passes.
{He} passed a bedside swallow on {s-2} and was advanced to a mechanical soft diet with nectar thick liquids.
Apixaban was started on {s-1} following a stable CT.
PT, OT and speech therapy all recommended acute rehab; a bed at {nh} was accepted.
{rel2cap}, who holds the health care proxy, agreed with the plan.""",
    plan="""
Transfer to {nh} for rehabilitation on {s+1}.
Continue Eliquis and high-intensity statin; blood pressure goal below 130/80.
Outpatient 14-day Zio patch not needed; MRA of the neck in six months.
Stroke clinic with {spec} on {d+35}.
No driving until cleared by OT.""",
    diagnoses="Acute ischemic stroke, right MCA; atrial fibrillation; dysphagia, oropharyngeal; hypertension",
    ward="""
neuro checks q2h, PERRLA 3mm brisk, L grip weak, L drift, speech slurred but improving
failed am swallow screen, NPO, slp to see; dobhoff placed, kub confirmed
NIHSS {n:4-12}, GCS 15, follows commands x4
turned q2, SCDs on, purewick in place
BP {n:148-178}/{n:70-92}, hydralazine 10 iv x1 for sbp >180""",
    calls="""
asks when the feeding tube can come out
wants the records from {out} sent over
{His} speech is worse since this morning, more slurred""",
    talk="""
Can you tell me what month it is? || It's, uh, {mnow}. I know that one.
Who is that sitting next to you? || That's {relyour}.
Do you remember what happened? || I was brushing my teeth and the arm just went dead, then I was down on the floor.
Had you stopped the blood thinner? || They took me off the Coumadin when my nose wouldn't quit, that was {mp-300} or
 so.
Are you working with therapy? || There's a girl who comes in, makes me squeeze the putty, every day but Sunday.""",
    procedure="Mechanical thrombectomy, right middle cerebral artery",
    operation="""
General endotracheal anesthesia was induced; the right groin was accessed with an 8 French sheath.
A TracStar catheter was placed in the right internal carotid artery; angiography confirmed an M1 occlusion.
Two passes were made with a Solitaire 6 x 40 mm device and aspiration; final TICI 2b.
The groin was closed with Perclose; an Xper CT showed no hemorrhage.
Groin to recanalization time was {n:24-58} minutes.""",
)

HIP_FRACTURE = case(
    "hip fracture",
    "Orthopaedic Surgery",
    (66, 97),
    "[left hip pain after a fall|fall|right hip fracture]",
    story="""
{Pt} is a {age}-year-old {man} who slipped on [the ice|a throw rug|the bath mat] at home on {d-3} and could not get
 up.
{He} lay on the floor for about {n:2-11} hours until a neighbor, {neighbor}, heard {him}.
There was no loss of consciousness and no head strike.
{He} was at {street} for the winter with grab bars and a LifeAlert button that {he} was not wearing.
Prior left Colles fracture in {m-800}, treated in a cast by {otherdoc}.
{He} was a bookkeeper at {emp} until {yr-20}.
{He} walks with a Rollator; DEXA T score was -{f:2.6-3.4}.""",
    history="""
        osteoporosis; hypertension; Parkinson's disease; hard of hearing; macular degeneration; hypothyroidism;
        mild cognitive impairment; Paget's disease of bone; aortic stenosis""",
    drugs="""
        calcium 600 mg with vitamin D BID; Prolia every 6 months; Sinemet 25/100 TID; levothyroxine 50 mcg
        daily; Lovenox 40 mg SC daily; oxycodone 2.5 mg q6h prn; senna 2 tabs qHS; Aricept 10 mg daily;
        metoprolol 25 mg BID""",
    allergies="NKDA; morphine (confusion); adhesive tape; sulfa - rash",
    exam="""
Left leg shortened and externally rotated; pain with log roll.
Skin intact over the trochanter; no decubitus at the sacrum.
Distal pulses 2+, EHL and FHL intact, sensation intact L4 to S1.
Thompson test negative; Trendelenburg not tested.
Incision clean, dry and intact with {n:16-28} staples.""",
    results="""
X-ray pelvis: displaced left femoral neck fracture, Garden {n:3-4}; Dorr type B canal.
Hgb {f:8.2-11.9} after surgery, from 12.{n:1-8}; platelets {n:142-289}.
Vitamin D 25-OH {n:11-26} ng/mL, calcium 9.{n:0-6}, PTH 74.
Urinalysis: E. coli over 100,000 CFU/mL, sensitive to nitrofurantoin.
ECG: sinus rhythm, first degree AV block.""",
    course="""
On {d-2} {spec} performed a cemented hemiarthroplasty under spinal anesthesia.
{He} had delirium for two nights (CAM positive) that cleared when the oxycodone was reduced.
One unit of packed cells was given on {s-1} for a hemoglobin of 7.{n:2-9}.
Geriatrics co-managed with the orthopaedic team; {res} removed the Foley on {s-1}.
{He} walked 20 feet with a walker and contact guard, weight bearing as tolerated.""",
    plan="""
Discharge to {nh} for short term rehab.
Lovenox 40 mg daily until {s+28}; posterior hip precautions.
Staples out on {d+12} at {clinic}.
Start Reclast after six weeks; vitamin D 50,000 units weekly.
Repeat DEXA in {mp+365}.""",
    diagnoses="""
        Displaced left femoral neck fracture, status post hemiarthroplasty; postoperative anemia; delirium,
        resolved; osteoporosis; urinary tract infection""",
    ward="""
POD{n:1-3}, dsg L hip D&I, hemovac 60 ml serosang, ice on
OOB to chair w/ PT x2 assist, hip prec reviewed, abductor pillow
pt confused overnight, pulling at lines, mitts on, {relshort} at bs this am
pain 4/10 w/ mvmt, tylenol 1g sched, oxy 2.5 given 0615
sacrum red but blanchable, allevyn on, braden 13""",
    calls="""
incision has a little clear drainage on the dressing, no redness
the rehab is sending {him} home on {s+4} and there is no hospital bed yet
asks for a new script of Lovenox to go to {pharm}""",
    talk="""
How did the fall happen? || I got up in the night for the bathroom and my foot caught the rug.
How long were you on the floor? || Oh, hours. It was my neighbor, {neighbor}, that heard me banging on the pipe.
Who is at home with you? || {relyourcap}, but we were asleep at opposite ends of the house.
Where was your surgery? || Over at {hosp}, {spec} did it, lovely manners.
How's the pain from nought to ten? || About a four when I move, nothing when I'm still.""",
    procedure="Left hip cemented hemiarthroplasty",
    operation="""
Spinal anesthesia was given with bupivacaine; Ancef 2 g was infused within 30 minutes of incision.
The patient was placed lateral on the Montreal positioner; a Hardinge approach was used.
The head measured 47 mm; the canal was broached to a size 4 and a Zimmer VerSys stem was cemented with Palacos.
The component serial number was {serial}; stability and leg lengths were satisfactory.
The capsule and abductors were repaired with Ethibond, the skin with staples; blood loss was {n:150-350} mL.""",
)

FOOT_ULCER = case(
    "diabetic foot ulcer",
    "Podiatry",
    (44, 86),
    "[left foot wound|foot ulcer|toe infection]",
    story="""
{Pt} is a {age}-year-old {man} with type 2 diabetes for {n:12-28} years and a left plantar ulcer, Wagner grade
 {n:2-3}.
It started as a blister from new work boots in {m-60}.
{He} has had debridement every two weeks by {spec} at {clinic}.
Home health from {agency} changes the wound vac three times a week.
Blood sugars run {n:160-210} to {n:260-340}; {he} skips NovoLog at lunch because {he} is on the truck for {emp}.
Right great toe amputation on {d-500} at {out}.
{He} denies fever and chills but the sock was foul smelling.""",
    history="""
        type 2 diabetes with neuropathy; peripheral arterial disease; Charcot foot; hypertension; CKD 3a;
        obesity, BMI 38; diabetic retinopathy; Dupuytren's contracture""",
    drugs="""
        Lantus 44 units qHS; NovoLog 12 units with meals; Trulicity 1.5 mg weekly; gabapentin 600 mg TID; Plavix
        75 mg daily; Lipitor 40 mg daily; Santyl to wound daily; Bactrim DS BID; lisinopril 40 mg daily""",
    allergies="NKDA; clindamycin - rash; iodine; cephalexin (hives)",
    exam="""
Left foot: {f:1.8-3.6} x {f:1.2-2.9} cm ulcer under the first metatarsal head, depth {n:4-9} mm, probes to bone.
Semmes-Weinstein 10 g monofilament absent at 8 of 10 sites; vibration absent to the ankle.
Pulses: dorsalis pedis 1+, posterior tibial by Doppler only; ABI 0.{n:52-78}.
Wound bed 70% granular, 30% slough; periwound callus; no crepitus.
Right: healed hallux amputation, Charcot deformity of the midfoot.""",
    results="""
A1c {f:8.6-12.4}%, ESR {n:62-118}, CRP {n:48-190} mg/L, creatinine 1.{n:3-8}.
MRI left foot: marrow edema of the first metatarsal head consistent with osteomyelitis.
Bone culture: MRSA and Enterococcus faecalis; Pseudomonas aeruginosa not isolated.
Toe pressure {n:28-52} mmHg; TcPO2 34.
Pathology {acc}: acute and chronic osteomyelitis, clean proximal margin.""",
    course="""
Vascular surgery ({otherdoc}) opened the anterior tibial artery with a 3 mm balloon on {s-5}.
First ray resection was performed by {spec} on {s-3}.
A PICC line was placed on {s-2} for six weeks of vancomycin, trough goal 15 to 20.
Endocrinology raised Lantus to 52 units.
Diabetes teaching was done with {rel}.""",
    plan="""
Vancomycin 1.25 g q12h until {d+40}; weekly CBC, BMP, ESR and CRP faxed to {spec}.
Total contact cast or CAM boot at all times; non weight bearing on the left.
Wound photograph {photo} uploaded today; compare with {photo2}.
Return to {clinic} on {s+7}.
Renew home nursing with {agency}.""",
    diagnoses="""
        Diabetic foot ulcer with osteomyelitis, left first metatarsal; peripheral arterial disease; type 2
        diabetes, uncontrolled; MRSA infection""",
    ward="""
L plantar wound 3x2x0.6, mod serosang drng, packed w/ aquacel ag, kerlix
FSBS {n:210-340}, covered w/ {n:4-10} u novolog per SS
picc R basilic 44cm, flushes well, cap changed
pt NWB L, non compliant - found walking to BR w/o boot
wound vac 125 mmhg cont, good seal, canister 50 ml""",
    calls="""
the wound vac is alarming since last night
sugars are in the {n:3-4}00s since the prednisone shot
{agency} needs a signed order for Aquacel by {s+1}""",
    talk="""
How long have you had the sore? || Since about {mp-60}. New boots, they rubbed me raw.
Are you keeping weight off it? || I try, but I still gotta drive, {emp} won't hold my job forever.
What are your sugars running? || Two hundred, two fifty. Three hundred after {hol}.
Who does the dressing? || The nurse from {agency}, and {relyour} on the off days.
Any fever or chills? || I had the chills {wd} night, but no thermometer in the house.""",
    procedure="Left first ray resection",
    operation="""
Ankle block was done with 20 mL of 0.5% Marcaine; an Esmarch bandage and ankle tourniquet were applied.
A racquet incision was carried down to bone; the first metatarsal was cut with a sagittal saw.
Bone was sent as specimen {acc}; a proximal margin was sent separately.
The wound was irrigated with 3 L of saline by Pulsavac and closed loosely over a Penrose drain with 3-0 Prolene.
Blood loss was 25 mL; the foot was dressed with Xeroform, Kerlix and Coban.""",
)

CAR_CRASH = case(
    "motor vehicle collision",
    "Emergency Medicine",
    (18, 74),
    "[motor vehicle collision|MVC, neck and chest pain|car accident]",
    story="""
{Pt} is a {age}-year-old {man}, restrained driver of a [Honda Civic|Ford F-150|Toyota Corolla] (plate {plate})
 struck on the driver side at about {n:30-50} mph.
The crash was at {street} in {town2} at {n:1-11}:15 pm; airbags deployed and extrication took {n:8-25} minutes.
{He} remembers the impact; GCS was 15 at the scene.
The passenger, {his} {passenger}, was taken to {out}.
{He} was on the way [home from work at {emp}|to pick up {his} child at {school}].
{He} had one beer; breathalyzer at the scene was negative per Officer {officer}.
Driver's license {driver} was given to registration.""",
    history="asthma; anxiety; ADHD; hypertension; appendectomy; GERD; bipolar disorder; migraine",
    drugs="""
        albuterol prn; Lexapro 10 mg daily; Adderall XR 20 mg daily; oral contraceptive; omeprazole 20 mg daily;
        ibuprofen 600 mg prn; Flexeril 5 mg TID prn""",
    allergies="NKDA; Toradol - hives; bee stings; penicillin (unknown)",
    exam="""
Primary survey: airway patent, breath sounds equal, 2+ pulses, GCS 15, FAST negative in four views.
HEENT: no Battle sign, no raccoon eyes, no hemotympanum.
Neck: C-collar in place, midline tenderness at C{n:5-6}; cleared later by NEXUS and CT.
Chest: seat belt sign, tender left ribs {n:4-6} to {n:7-8}, no flail segment.
Abdomen: soft, mild left upper quadrant tenderness, no Kehr sign.
Extremities: abrasion of the left knee, Lachman negative.""",
    results="""
CT head and cervical spine: no acute injury; incidental arachnoid cyst.
CT chest, abdomen, pelvis: nondisplaced fractures of left ribs, grade {n:1-2} splenic laceration.
Hgb {f:11.6-15.1}, repeat {f:11.1-14.2}; lactate 1.{n:2-9}; ethanol less than 10.
Urine hCG negative; urinalysis with {n:5-20} RBC.
Left knee films: no fracture, no Segond sign.""",
    course="""
{He} was admitted to the trauma service under {spec} for serial exams and hemoglobins.
The collar was removed by {res} at {n:6-9}:40 pm.
Incentive spirometer to {n:1250-2000} mL; pain controlled with Toradol, Robaxin and a lidocaine patch.
Tetanus (Tdap) was given on {s-1}.
Police report number {report} was filed by the state police.""",
    plan="""
No contact sports or lifting over 10 lb until {s+42}.
Follow up in trauma clinic with {spec} on {d+10}.
Ibuprofen, acetaminophen and lidocaine patches; Norco 5/325, 10 tablets.
Letter for {emp} written, out until {s+10}.
Concussion precautions reviewed with {rel}.""",
    diagnoses="""
        Motor vehicle collision; left rib fractures; grade I splenic laceration; cervical strain; knee abrasion""",
    ward="""
BIBA collared + boarded, A&Ox4, c/o L chest pain 8/10
fast neg per {res}, 2 large bore 18g, NS 1L wide open
log rolled w/ 4, no stepoffs, board removed
L knee abrasion cleaned w/ NS, xeroform + kerlix
belongings (wallet, iphone, keys) given to {relshort}""",
    calls="""
the insurance adjuster needs the visit date and claim number {claim}
still has a headache and dizziness on day {n:3-8}
needs the return to work note faxed to {emp}""",
    talk="""
Were you wearing your seat belt? || Yes, thank God. The bag blew up in my face.
Where did this happen? || Right by {street}, in {town2}, he ran the light.
Did you pass out? || No, I remember all of it, the noise and everything.
Who was in the car with you? || My {passenger}, they took them to {out}, I think.
Does it hurt to breathe in? || Yeah, on the left, right under here.""",
    procedure="Left tube thoracostomy",
    operation="""
The left chest was prepped in the fifth intercostal space at the anterior axillary line.
After 1% lidocaine a 14 French Wayne pigtail catheter was placed over a wire with return of air and 80 mL of blood.
It was connected to a Pleur-evac at 20 cm suction and secured with 0 silk.
Post-procedure film showed the lung expanded.
The patient tolerated this well with fentanyl 50 mcg.""",
)
CASES = (STROKE, HIP_FRACTURE, FOOT_ULCER, CAR_CRASH)
