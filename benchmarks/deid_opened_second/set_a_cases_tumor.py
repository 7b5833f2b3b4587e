"""Cases of tumors, with their operations and specimens."""

from __future__ import annotations

from set_a_case import Case, Imaging, Operation, Pathology

BREAST = Case(
    key="breast cancer",
    specialty="Breast Oncology",
    sex="F",
    ages=(36, 84),
    complaint="Abnormal mammogram",
    diagnosis="Invasive ductal carcinoma of the right breast, ER positive, HER2 negative",
    story=(
        "{Mr} is a {age}-year-old woman whose screening mammogram on {d-70} showed a spiculated mass in the right "
        "breast.",
        "Core biopsy by {dr3} on {d-58} showed invasive ductal carcinoma, Nottingham grade 2.",
        "Her {rel2}, {rel2n}, is healthy; an aunt had breast cancer at 52. A Myriad panel was negative for BRCA1 "
        "and BRCA2.",
        "She had a wire-free Savi Scout lumpectomy with sentinel node biopsy by {dr1} on {d-30}.",
        "She volunteers at the library, walks two miles a day and came with {reln}, her {rel}.",
        "The Oncotype DX score is 14.",
    ),
    history=("Hypertension", "Hashimoto thyroiditis", "Osteopenia, T-score -1.8", "Two term births",
    "Cholecystectomy in {y-5200}"),
    drugs=("Anastrozole 1 mg daily", "Losartan 50 mg daily", "Synthroid 75 mcg daily", "Caltrate plus D twice daily",
    "Effexor XR 37.5 mg daily"),
    allergies="Adhesive tape, Keflex (rash)",
    exam=("BREASTS: Healing periareolar incision on the right at 10 o'clock, mild seroma; left without mass.",
          "NODES: No axillary, supraclavicular or cervical adenopathy (no Virchow node).", "PERFORMANCE STATUS: "
                                                                                           "ECOG 0, Karnofsky 100.",
          "ARMS: No lymphedema; right 27.5 cm, left 27.0 cm."),
    labs=("WBC 6.1", "Hemoglobin 13.2", "Calcium 9.4", "Alkaline phosphatase 71", "CA 27.29 18 U/mL", "Ki-67 15%"),
    imaging=Imaging(
        "MAMMOGRAM DIAGNOSTIC BILATERAL WITH TOMOSYNTHESIS",
        "CC and MLO views with spot compression; iCAD was used.",
        ("The breasts are heterogeneously dense.", "Spiculated mass of 14 mm in the right upper outer quadrant at "
                                                   "10 o'clock, 6 cm from the nipple.",
         "Fine pleomorphic calcifications over 9 mm next to the mass.", "Left breast: benign Cooper ligament "
                                                                        "thickening, coarse calcification."),
        ("BI-RADS 5, highly suggestive of malignancy, right.", "BI-RADS 2, left."),
    ),
    course=("Margins were clear by 3 mm and one of three sentinel nodes had a micrometastasis.", "The tumor board "











                                                                                                 "on {d-10} "
            "advised radiation and endocrine therapy without chemotherapy.",
            "Simulation with {dr3} of radiation oncology is on {d+9}.", "She tolerated anastrozole with mild hot "
                                                                        "flashes."),
    plan=("Whole breast radiation, 42.56 Gy in 16 fractions with boost.", "Anastrozole for five years.",
    "DEXA and vitamin D.", "Mammogram in {m+160}.",
          "Survivorship visit with {rn}."),
    lay=("The hot flashes wake me up at two every night.", "My incision is a little lumpy but not red.",
    "Do I really need all sixteen treatments?"),
    nurse=("port-free, R arm no BP/IV", "incision cdi, steri strips", "distress thermometer 4/10, SW ref",
    "AI teaching done, handout given", "seroma aspirated 15 cc"),
    operation=Operation(
        "Right partial mastectomy with sentinel lymph node biopsy",
        "Right breast carcinoma, clinical T1c N0",
        "General with LMA",
        "15 mL",
        ("Technetium sulfur colloid had been injected in nuclear medicine and Lymphazurin 3 mL was given in the "
         "Sappey plexus.",
         "A periareolar incision was made and flaps were raised with the PEAK PlasmaBlade.",
         "The Savi Scout reflector was followed with the probe and the mass taken with a rim of normal tissue; "
         "margins were inked with the MarginMarker kit.",
         "Specimen radiograph confirmed the clip and the reflector.",
         "Three blue and hot nodes were removed through a separate axillary incision; the intercostobrachial "
         "nerve was kept.",
         "The cavity was closed with 3-0 Vicryl after BioZorb was declined, and the skin with 4-0 Monocryl."),
    ),
    pathology=Pathology(
        "A. Right breast, lumpectomy. B. Right axillary sentinel nodes, three",
        "A: an oriented portion of fibrofatty tissue, 6.5 x 5.0 x 3.2 cm, 41 g, inked in six colors. There is a "
        "firm tan-white stellate mass, 1.5 x 1.3 x 1.1 cm.",
        "Invasive carcinoma in nests and single files with desmoplasia, Nottingham score 3+2+1. Solid and "
        "cribriform DCIS is next to it. ER 95%, PR 60%, HER2 1+ by HercepTest.",
        "A: Invasive ductal carcinoma, grade 2, 15 mm, margins negative. B: Micrometastasis of 0.8 mm in one of "
        "three nodes. pT1c pN1mi.",
    ),
)  # fmt: skip

PROSTATE = Case(
    key="prostate cancer",
    specialty="Urology",
    sex="M",
    ages=(52, 83),
    complaint="Elevated PSA",
    diagnosis="Adenocarcinoma of the prostate, Gleason 4+3=7",
    story=(
        "{Mr} is a {age}-year-old man referred by {dr2} for a PSA that rose from 4.1 to 8.7 between {m-420} and "
        "{m-50}.",
        "An MRI showed a PI-RADS 5 lesion; fusion biopsy with the UroNav on {d-24} had seven of fourteen cores "
        "positive.",
        "He has nocturia twice, an IPSS of 11 and a SHIM of 19.",
        "He came with {reln}, his {rel}; he drives a truck for {work}.",
        "His {rel2} {rel2f} urged him to ask about the da Vinci robot at {ohosp}.",
    ),
    history=("Benign prostatic hyperplasia", "Hyperlipidemia", "Inguinal hernia repair, Lichtenstein",
    "Peyronie disease", "Gilbert syndrome"),
    drugs=("Flomax 0.4 mg daily", "Crestor 10 mg daily", "Viagra 50 mg PRN", "Fish oil"),
    allergies="Ciprofloxacin (tendon pain)",
    exam=("PROSTATE: 45 g, firm nodule of the left mid gland, no extension.", "ABDOMEN: Soft, well-healed hernia "
                                                                              "scar.", "GENITALIA: Circumcised, "
                                                                                       "testes descended."),
    labs=("PSA 8.7 ng/mL", "Free PSA 9%", "Testosterone 388", "Creatinine 0.9", "Hemoglobin 14.8", "Urinalysis "
                                                                                                   "negative"),
    imaging=Imaging(
        "MRI PROSTATE WITH AND WITHOUT CONTRAST",
        "3 Tesla multiparametric examination with DWI b 1400 and dynamic ProHance.",
        ("Prostate volume 46 mL; PSA density 0.19.", "A 1.7 cm lesion in the left posterolateral peripheral zone "
                                                     "at the mid gland, PI-RADS 5.",
         "Broad capsular contact, Denonvilliers fascia intact, seminal vesicles normal.", "No pelvic adenopathy; "
                                                                                          "node of Cloquet normal."),
        ("PI-RADS 5 lesion, left mid gland.", "No gross extraprostatic extension."),
    ),
    course=("Robotic prostatectomy was done by {dr0} on {d-2}, with nerve sparing on the right.",
    "The Jackson-Pratt creatinine was that of serum and the drain was removed.",
            "He went home with a Foley to leg bag and a cystogram on {d+8}."),
    plan=("Catheter removal on {d+8}.", "PSA in six weeks.", "Kegel exercises, referral to pelvic floor therapy.",
    "Lovenox for 28 days."),
    lay=("I get up twice a night, that's about it.", "The catheter is a nuisance but the urine is clear.",
    "My {rel} read everything there is about Gleason scores."),
    nurse=("foley 18 fr to gravity, urine pink", "leg bag teaching done w/ {relf}, teach back ok", "flatus +, adv "
                                                                                                   "to reg diet",
                                                                                                   "JP dc'd, 4x4 "
                                                                                                   "and Tegaderm",
                                                                                                   "amb hall x4"),
    operation=Operation(
        "Robotic-assisted laparoscopic radical prostatectomy with bilateral pelvic lymphadenectomy",
        "Prostate cancer, Gleason 4+3",
        "General endotracheal",
        "150 mL",
        ("He was placed in steep Trendelenburg position and a Veress needle was used to insufflate the abdomen.",
         "The da Vinci Xi was docked; the space of Retzius was developed and the endopelvic fascia opened.",
         "The dorsal venous complex was suture ligated with 0 V-Loc.",
         "The seminal vesicles were dissected and Denonvilliers fascia opened in the midline.",
         "An athermal nerve-sparing dissection was made on the right; the left bundle was widely excised.",
         "The anastomosis was run with two 3-0 V-Loc sutures over an 18 French Foley after a Rocco stitch; it "
         "held 180 mL.",
         "The obturator and external iliac nodes were taken up to the node of Cloquet."),
    ),
    pathology=Pathology(
        "A. Prostate and seminal vesicles. B. Right pelvic nodes. C. Left pelvic nodes",
        "The prostate weighs 52 g and measures 4.8 x 4.4 x 3.9 cm. A firm yellow nodule of 1.6 cm is in the left "
        "mid gland.",
        "Adenocarcinoma with fused and cribriform glands and perineural invasion; focal extraprostatic extension. "
        "PIN-4 stain confirms loss of basal cells.",
        "Prostatic adenocarcinoma, Gleason 4+3=7 (Grade Group 3), margins negative, 0 of 11 nodes. pT3a pN0.",
    ),
)  # fmt: skip

MELANOMA = Case(
    key="melanoma",
    specialty="Dermatology",
    sex="",
    ages=(31, 91),
    complaint="Changing mole on the back",
    diagnosis="Malignant melanoma of the upper back, Breslow 0.9 mm",
    story=(
        "{Mr} is a {age}-year-old {man} with Fitzpatrick type II skin whose {rel}, {relf}, noticed a changing "
        "mole of the upper back.",
        "It grew and bled on a shirt in {m-2}; there is no itch.",
        "{He} worked outdoors for {work} and had several blistering sunburns.",
        "A shave biopsy by {dr1} on {d-25} showed melanoma; {he} comes for wide excision.",
        "A basal cell carcinoma of the nose was treated by Mohs surgery at {ohosp} in {y-1200}.",
    ),
    history=("Basal cell carcinoma, nasal ala", "Actinic keratoses", "Hypertension", "Grover disease",
    "Total knee arthroplasty, right"),
    drugs=("Efudex 5% cream", "Lisinopril 10 mg daily", "Aspirin 81 mg daily", "Nicotinamide 500 mg BID"),
    allergies="Neosporin (contact dermatitis)",
    exam=("SKIN: 11 x 8 mm asymmetric brown-black plaque of the left upper back with a healing shave site, "
          "blue-white veil on dermoscopy.",
          "NODES: No axillary or cervical adenopathy.", "NAILS: No Hutchinson sign.", "FACE: Seborrheic "
                                                                                      "keratoses; sign of "
                                                                                      "Leser-Trelat absent."),
    labs=("LDH 164", "Breslow thickness 0.9 mm", "Mitoses 2/mm2", "BRAF V600E detected"),
    imaging=Imaging(
        "PET/CT WHOLE BODY",
        "Images from the vertex to the toes 62 minutes after 11.4 mCi F-18 FDG; glucose 97 mg/dL.",
        ("Mild uptake at the excision site of the left upper back, SUV max 2.9.", "No hypermetabolic axillary node.",
        "Physiologic activity in brain, heart, bowel and bladder.",
         "Right knee arthroplasty with mild periprosthetic uptake."),
        ("Postsurgical uptake; no evidence of metastatic disease.",),
    ),
    course=("The excision was uneventful and the sentinel node was negative.", "The wound edge opened at the "
                                                                               "caudal end on {d-4} and was "
                                                                               "packed with Aquacel Ag.",
            "{relf} changes the dressing at home."),
    plan=("Skin checks every three months for two years.", "Sunscreen with zinc, SPF 50.", "Sutures out in 14 days.",
    "Photographs to the chart."),
    lay=("My {rel} saw it first, I can't see my own back.", "It bled on my white shirt.", "The bottom of the cut "
                                                                                          "has opened up a little."),
    nurse=("wound L upper back 5.5 cm, 0.8 cm open caudal end, scant serosang", "packed Aquacel Ag, Mepilex border",
    "no s/s infection, afeb", "photo taken for chart"),
    operation=Operation(
        "Wide local excision of melanoma of the back with sentinel node biopsy",
        "Melanoma of the left upper back",
        "Local 1% lidocaine with epinephrine and monitored care",
        "10 mL",
        ("Lymphoscintigraphy showed drainage to the left axilla.", "A margin of 1 cm was drawn with a Gentian "
                                                                   "violet pen and an ellipse was cut along the "
                                                                   "Langer lines.",
         "The specimen was taken down to the trapezius fascia and marked with a silk suture at 12 o'clock.",
         "One hot node with a count of 1,420 was found with the Neoprobe and removed.",
         "The wound was undermined and closed with 2-0 Vicryl and 3-0 Prolene vertical mattress sutures; Burow "
         "triangles were not needed."),
    ),
    pathology=Pathology(
        "A. Skin, left upper back, excision. B. Left axillary sentinel node",
        "A: an ellipse of skin, 6.1 x 3.0 x 1.4 cm, suture at 12 o'clock. There is a central scar, 1.0 cm. Inked "
        "blue and serially sectioned.",
        "Residual atypical melanocytes in nests with pagetoid spread; SOX10 and Melan-A are positive. Clark level "
        "IV. No ulceration.",
        "A: Residual melanoma, superficial spreading, margins free by 8 mm. B: One node negative (0/1) with S-100 "
        "and HMB-45. pT1b pN0.",
    ),
)  # fmt: skip

TUMOR_CASES = (BREAST, PROSTATE, MELANOMA)
