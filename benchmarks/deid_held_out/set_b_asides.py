"""Sentences that fit any illness: asides about the patient's life, and clinical prose without identifiers."""

from __future__ import annotations

from set_b_case import lines

ASIDES = lines("""
{He} was born in {abroad} and came here in {yr-31}.
{He} was born and raised in {town2}.
{His} brother-in-law, {friend}, drives {him} to appointments.
{He} has a niece, {friendgiven}, who is a nurse at {out}.
{He} is followed for cataracts by Dr. {friend} at {eyes}.
{His} previous physician, Dr. {friendfamily}, retired in {m-500}.
{He} celebrated an anniversary on {s-9} and ate too much cake.
{His} granddaughter {friendgiven} is getting married in {m+120}.
{He} went to {school} and plays cards twice a week.
Old records were requested from {out} on {d-5}.
{He} saw {pcp} on {d-33} for a blood pressure check, 138/82.
Interpreter {friend} was present for the whole visit.
{He} moved from {town2} to {town} in {m-400} to be near {rel}.
{He} used to live on {lane} in {town2} and still gardens.
The dentist, Dr. {friendfamily}, pulled two molars on {d-80}.
{He} spends the winter with a cousin in {resort}.
Power of attorney is {friend}, a family friend.
The flu shot was given at {pharm} on {d-45}.
{He} had a colonoscopy by Dr. {friend} in {m-900}; a tubular adenoma was removed.
{His} chaplain, Rev. {friendfamily}, visited on {s-1}.
{rel2cap} keeps the medication list and can be called at {relphone2}.
Note copied to {friend}, PA-C, and to {pcp}.
{His} roommate {friendgiven} cooks for both of them.
Hospitalized at {out} from {d-130} to {d-126} for cellulitis.
""")
ORDINARY = lines("""
Review of systems is negative for fever, chills, night sweats, rash, joint pain or dysuria.
There is no Raynaud phenomenon, Sicca symptoms or photosensitivity.
HEENT: normocephalic, PERRLA, EOMI, oropharynx clear, Mallampati class II.
Neck supple, trachea midline, thyroid not enlarged, Spurling test negative.
Neurologic: cranial nerves II through XII intact, strength 5/5, Romberg negative, Hoffmann sign absent.
Musculoskeletal: Heberden nodes at the DIP joints, Phalen and Tinel signs negative, McMurray negative.
Rectal exam deferred; Hemoccult cards given.
Skin: seborrheic keratoses on the back, Fitzpatrick type III, no suspicious nevi.
Psych: mood euthymic, PHQ-9 was {n:0-6}, GAD-7 was {n:0-6}.
Lymphatics: no Virchow node, no axillary or inguinal adenopathy.
Ankle-brachial index 1.0{n:1-9}, Homans sign negative, Wells score {n:0-2}.
Glucose {n:84-142}, BUN {n:9-28}, Na 1{n:36-42}, Cl {n:98-107}, CO2 {n:22-29}, anion gap {n:8-13}.
Lipids: total cholesterol {n:142-238}, HDL {n:34-68}, triglycerides {n:78-260}; Friedewald LDL {n:62-148}.
TSH {f:0.6-4.2}, free T4 {f:0.8-1.6}, vitamin B12 {n:240-780}, ferritin {n:18-210}.
Urine dipstick: trace protein, no ketones; Foley not in place.
Pap smear and HPV co-test up to date; mammogram BI-RADS 2.
Braden {n:15-23}, Morse fall score {n:10-55}, Katz ADL {n:3-6}/6, Barthel {n:40-100}.
Shingrix, Prevnar and Tdap are up to date; Pfizer booster declined.
Uses Flonase, Claritin and Aleve over the counter, also fish oil and Metamucil.
Counselled on the Mediterranean diet, salt restriction and thirty minutes of walking on most days.
Gram stain showed no organisms; cultures for Candida albicans and Klebsiella pneumoniae were negative.
A Holter monitor showed sinus rhythm with rare PACs and one run of Wenckebach block.
Chest film read as no acute cardiopulmonary process; Kerley lines absent, hiatal hernia noted.
CT showed a Bosniak I renal cyst, Schmorl nodes at L2 and a small Bochdalek hernia.
Old tracing with a right bundle branch block and a left anterior fascicular block, QTc {n:402-458} ms.
Denies Marlboro or Juul use; drinks decaf, one cup of Earl Grey tea at night.
Uses a Dexcom G6, a ResMed CPAP at {n:6-12} cm H2O and a Thera-Band at home.
Baker cyst behind the right knee is unchanged; Kellgren-Lawrence grade {n:1-3} changes on film.
Dix-Hallpike maneuver negative; Weber midline, Rinne positive bilaterally.
Whisper test normal; Snellen 20/{n:20-60} right, 20/{n:20-60} left; Amsler grid normal.
ASA class {n:2-3}, Revised Cardiac Risk Index {n:0-2}, STOP-BANG {n:1-5}.
Aldrete score 10 in recovery; Zofran 4 mg and Toradol 15 mg were given.
Caprini score {n:2-6}; Lovenox or heparin 5,000 units SC for prophylaxis.
Dressing with Mepilex and Tegaderm, ACE wrap, changed every other day.
Discussed risks, benefits and alternatives; questions were answered, and teach-back was satisfactory.
All other systems were reviewed and are negative except as in the history.
General: well developed, well nourished, in no acute distress, appears stated age.
Abdomen: soft, nontender, no hepatosplenomegaly, McBurney and Murphy signs negative.
Cardiac: S1 and S2 normal, no S3, Levine grade I/VI systolic murmur at the Erb point.
""")
ABROAD = (
    "Port-au-Prince, Haiti", "San Juan, Puerto Rico", "Guadalajara, Mexico", "Kraków, Poland",
    "Ponta Delgada, Portugal",
    "Hanoi, Vietnam", "Lagos, Nigeria", "Kingston, Jamaica", "Manila, Philippines", "Sylhet, Bangladesh",
    "Lahore, Pakistan", "Palermo, Italy", "Kyiv, Ukraine", "Cork, Ireland", "Mogadishu, Somalia", "Ahmedabad, India",
)  # fmt: skip
RESORTS = ("Sarasota", "Myrtle Beach", "Lake Havasu City", "Torremolinos", "Bournemouth", "Palm Springs", "Whitby")
