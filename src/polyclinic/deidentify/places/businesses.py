"""The kinds of institutions: the words that end their names, and what surrounds these."""

from __future__ import annotations

from polyclinic.deidentify.language import words_of

# With these a name of two words or more ends that names an institution.
BUSINESSES = frozenset(
    words_of(
        "imaging radiology dental dentistry drug drugs apothecary chemist chemists drugstore pathology "
        "diagnostics ophthalmology optometry optical gastroenterology nephrology rheumatology endocrinology "
        "pulmonology psychiatry surgeons podiatry obstetrics gynecology anesthesia physiotherapy roofing "
        "plumbing bakery diner cafe café restaurant grill pizza pizzeria bistro tavern pub bar coffee "
        "textiles software trucking logistics foods motors manufacturing construction contractors builders "
        "bank bancorp hardware farms farm dairy ranch steel metals mills lumber mining quarry consulting "
        "agency insurance mutual casualty realty properties church temple parish chapel cathedral mosque "
        "synagogue ministries library district supermarket market markets grocery grocers brewery winery "
        "distillery hotel inn motel suites resort casino airlines airways airport electric electronics energy "
        "power gas oil petroleum chemical chemicals plastics packaging paper printing press publishing news "
        "corporation incorporated inc corp llc llp ltd plc gmbh company co associates partners group holdings "
        "enterprises industries systems solutions technologies networks telecom wireless communications media "
        "studios productions entertainment theatre theater cinema museum zoo gym fitness salon spa barbershop "
        "cleaners laundry nursery florist landscaping landscape automotive auto tire tires garage collision "
        "towing transit transport transportation shipping freight express courier warehouse distribution "
        "distributors wholesale supply supplies tools equipment rentals rental leasing storage moving "
        "aviation aerospace defense shipyard shipbuilding marine boats elementary kindergarten preschool "
        "daycare montessori seminary institute conservatory polytechnic tech ambulance ems precinct barracks "
        "penitentiary prison jail courthouse mission shelter foundation society union ymca ywca villas "
        "estates commons towers apartments condominiums terrace residence residences hospice homecare "
        "caregivers staffing services center centre health healthcare wellness care practice physicians "
        "specialists therapy clinic clinics hospital orchards growers exteriors linens linen forestry "
        "meats haulage scaffold scaffolding labour paving masonry drywall concrete flooring upholstery "
        "salvage nurseries greenhouses fisheries seafood poultry cannery trailers implements elevator coop "
        "co-op oxygen convalescent boatworks sawmill vineyards aquatics karate gymnastics chiropractic"
    )
)
# What says little of an institution's own name, so that one word of ordinary English before it is not enough.
WEAK_KINDS = frozenset(
    words_of(
        "center centre health healthcare wellness care practice physicians specialists therapy group services "
        "systems solutions company co institute society union district station power gas oil market press news paper "
        "tech commons terrace partners associates drug drugs pathology radiology imaging anesthesia surgeons dental "
        "podiatry bar union equipment supply supplies tools express residence insurance foundation mission shelter "
        "auto bank farm church temple library hotel gym coffee hospice residence clinic clinics hospital electric "
        "diagnostics ophthalmology optometry gastroenterology nephrology rheumatology endocrinology pulmonology "
        "psychiatry obstetrics gynecology physiotherapy tires tire moving storage union care distribution transport "
        "transportation company media network networks marine airport jail prison nursery school farms construction "
        "manufacturing restaurant cafe laundry elementary preschool kindergarten daycare software trucking roofing "
        "plumbing"
    )
)

# With these a company's name ends, whatever its words are: Comprehensive Pain & Spine, LLC.
LEGAL_FORMS = frozenset(
    words_of("llc llp lllp ltd plc pllc inc incorporated gmbh corp p.a p.a. p.c p.c. n.a. sons bros")
)
# Homes and houses: with a capital, after a name or an ordinary word with a capital.
HOMES = frozenset(
    words_of(
        "store stores shop shops nurses rehabilitation "
        "gardens arbors arbours oaks pines elms maples willows cedars birches meadows village villages haven house "
        "grove grange court place pointe point heights woods springs landing crossing park hall home homes living "
        "terrace towers estates villas commons manor lodge residence cottage hospice retreat hearth cove ranch "
        "suites plaza hills acres keep abbey priory rest"
    )
)
# Chains by which people mean a shop: with a capital and without an article.
CHAINS = frozenset(
    words_of(
        "cvs walgreens kroger walmart costco publix safeway meijer hy-vee wegmans albertsons superdrug heb h-e-b"
    )
)
# Short names of kinds that are written in capitals.
ACRONYMS = frozenset(
    words_of(
        "va "
        "isd usd vna snf ltac ltach alf irf vamc vahcs cboc fqhc asc ymca ywca nhs afb usps ymha hmo ccrc icf rehab"
    )
)
# Units of the services, after their number or name: 82nd Airborne.
UNITS = frozenset(
    words_of(
        "airborne infantry cavalry artillery battalion regiment brigade squadron armored platoon fleet seabees "
        "marines rangers"
    )
)
# Words that make no name of what they stand before, though they may be parts of one.
PARTS_OF_NAMES = frozenset(
    words_of(
        "new old large small big good great best main full public private city county free state home work well "
        "university universities college children's childrens women's womens community regional general memorial "
        "county national royal american first second third north south east west northern southern eastern western "
        "central greater upper lower mid veterans veteran's va international united federal all medical health "
        "christian catholic saints normal"
    )
)
# Words with a capital that stand before a name and belong to none.
NO_PARTS = frozenset(
    words_of(
        "retired unemployed disabled none unknown self n/a establish continue "
        "a an your his her their my this that these those any some another other each every no same local nearby "
        "outside which what whose its and or but not be was were been being are am is has have had he she they we i "
        "it you at to from in of with by for per via on off up down out over under into onto near between through "
        "during while when where before after since until if as also then than so because although however go going "
        "goes went come came get got getting take took taken give gave see saw seen call called back working works "
        "worked work lives lived living admitted transferred transfer presented discharged referred sent accepted "
        "attended attends declined visited joined contacted notified called spoke requested refuses wants biba bib "
        "c/o s/p d/w pt patient pmd pcp dr doctor nurse mr mrs ms miss facility employer pharmacy please hospital: @ "
        "name yo y/o year yr"
    )
)
# Before these a name in a text of one case ends on its left: at, from, of.
BORDERS = frozenset(
    words_of(
        "at from to of by in via with for works attends attended thru through near is @ employer joined called "
        "contacted outside per facility facility: pharmacy hospital: clinic: school: employer: from: to: pmd pcp"
    )
)
