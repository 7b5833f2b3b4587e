"""Places: areas with their towns and codes, streets, and the hospitals, schools and employers of an area."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from set_b_names import COMMUNITIES


@dataclass(frozen=True, slots=True)
class Area:
    """A region: its state (or none), towns, telephone area codes and beginnings of postal codes."""

    state: str
    state_name: str
    towns: tuple[str, ...]
    phones: tuple[str, ...]
    posts: tuple[str, ...]


def _area(state: str, name: str, towns: str, phones: str, posts: str) -> Area:
    return Area(state, name, tuple(towns.split(";")), tuple(phones.split()), tuple(posts.split()))


US_AREAS = (
    _area(
        "MA",
        "Massachusetts",
        "Worcester;Fitchburg;Leominster;Gardner;Athol;Shrewsbury;Webster;Clinton",
        "508 774",
        "014 015 016",
    ),
    _area("OH", "Ohio", "Dayton;Xenia;Troy;Piqua;Kettering;Vandalia;Yellow Springs;Fairborn", "937", "453 454"),
    _area("TX", "Texas", "Waco;Temple;Killeen;Belton;Marlin;Hewitt;Copperas Cove;Gatesville", "254", "765 766 767"),
    _area(
        "PA",
        "Pennsylvania",
        "Scranton;Wilkes-Barre;Hazleton;Dunmore;Nanticoke;Old Forge;Clarks Summit",
        "570",
        "184 185 187",
    ),
    _area("GA", "Georgia", "Macon;Warner Robins;Perry;Milledgeville;Forsyth;Gray;Fort Valley", "478", "310 312"),
    _area("WA", "Washington", "Yakima;Sunnyside;Toppenish;Selah;Ellensburg;Wapato;Moxee", "509", "989"),
    _area("MN", "Minnesota", "Duluth;Cloquet;Hibbing;Virginia;Two Harbors;Grand Rapids;Hermantown", "218", "557 558"),
    _area("CA", "California", "Fresno;Clovis;Visalia;Tulare;Selma;Reedley;Hanford;Dinuba", "559", "936 937 932"),
    _area(
        "NC",
        "North Carolina",
        "Asheville;Hendersonville;Black Mountain;Brevard;Weaverville;Canton;Marion",
        "828",
        "287 288",
    ),
    _area("NY", "New York", "Utica;Rome;Ilion;Herkimer;New Hartford;Oneida;Whitesboro;Boonville", "315", "134 135"),
    _area("LA", "Louisiana", "Lafayette;New Iberia;Opelousas;Breaux Bridge;Crowley;Eunice;Abbeville", "337", "705"),
    _area(
        "NM", "New Mexico", "Las Cruces;Deming;Truth or Consequences;Hatch;Mesilla;Anthony;Chaparral", "575", "880"
    ),
    _area("MI", "Michigan", "Saginaw;Bay City;Midland;Frankenmuth;Freeland;Bridgeport;Essexville", "989", "486 487"),
    _area(
        "RI",
        "Rhode Island",
        "Pawtucket;Central Falls;Cranston;Woonsocket;Cumberland;East Providence",
        "401",
        "028 029",
    ),
    _area("WI", "Wisconsin", "Wausau;Marshfield;Stevens Point;Merrill;Mosinee;Weston;Antigo", "715", "544"),
    _area("FL", "Florida", "Ocala;Gainesville;Dunnellon;Belleview;The Villages;Inverness;Micanopy", "352", "344 326"),
)
UK_AREAS = (
    _area(
        "",
        "Lancashire",
        "Blackburn;Accrington;Burnley;Clitheroe;Darwen;Great Harwood;Oswaldtwistle",
        "01254 01282",
        "BB1 BB2 BB5 BB7",
    ),
    _area(
        "",
        "Devon",
        "Exeter;Tiverton;Crediton;Exmouth;Budleigh Salterton;Cullompton",
        "01392 01884",
        "EX1 EX4 EX8 EX16",
    ),
    _area(
        "",
        "West Yorkshire",
        "Bradford;Keighley;Halifax;Bingley;Shipley;Hebden Bridge;Todmorden",
        "01274 01422",
        "BD2 BD16 HX1 HX7",
    ),
    _area(
        "", "London", "Lewisham;Catford;Deptford;Sydenham;Forest Hill;New Cross;Brockley", "020", "SE4 SE6 SE13 SE23"
    ),
    _area("", "Fife", "Kirkcaldy;Glenrothes;Leven;Cupar;Burntisland;Anstruther", "01592 01334", "KY1 KY7 KY8 KY15"),
    _area(
        "",
        "Norfolk",
        "Norwich;Dereham;Wymondham;Swaffham;Attleborough;Aylsham;Diss",
        "01603 01362",
        "NR1 NR5 NR18 NR19",
    ),
    _area(
        "",
        "West Midlands",
        "Wolverhampton;Bilston;Walsall;Willenhall;Wednesfield;Tipton",
        "01902 01922",
        "WV2 WV11 WS1 WS10",
    ),
    _area("", "Gwent", "Newport;Cwmbran;Pontypool;Caldicot;Abertillery;Risca", "01633 01495", "NP10 NP18 NP44 NP4"),
)
_US_STREETS = """Maple;Oak;Main;Washington;Elm;Pine;Cedar;Park;Lincoln;Highland;Mill;River;Church;Walnut;Spring;
Prospect;Harrison;Chestnut;Franklin;Jackson;Center;Ridge;Lakeview;Sunset;Hickory;Meadow;Grove;Pleasant;Cherry;
Dogwood;Jefferson;Willow Creek;Quail Hollow;Old County;Martin Luther King;Pheasant Run;Tamarack;Kossuth;
Delancey;Sycamore;N 14th;W 3rd;SE 82nd;E. Grand;Sgt. Dewey Hall;Windmere;Bluebonnet;Las Palmas;Camino Real;
Depot;Vine;Whipple;Tuckaway;St. Clair;Ballentine"""
_US_KINDS = [
    "St",
    "Street",
    "Ave",
    "Avenue",
    "Rd",
    "Road",
    "Dr",
    "Drive",
    "Ln",
    "Lane",
    "Ct",
    "Blvd",
    "Way",
    "Place",
    "Circle",
    "Terrace",
    "Pkwy",
    "Trail",
]
_UK_STREETS = """High;Station;Church;Victoria;Albert;Park;Mill;Chapel;Queens;Green;Manor;Kings;Windsor;
Springfield;Alexandra;School;Grange;Whalley;Hollins;Beech;Larch;Waverley;Gladstone;Burnley;St Mary's;Moorfield;
Primrose;Tennyson;Cobden;Balmoral;Old Rectory;Canal;Garibaldi;Inkerman"""
_UK_KINDS = [
    "Road",
    "Street",
    "Avenue",
    "Close",
    "Lane",
    "Drive",
    "Crescent",
    "Gardens",
    "Terrace",
    "Rise",
    "Mews",
    "Way",
    "Grove",
    "Court",
]
_SAINTS = """St. Mary's;St. Joseph;St. Luke's;Sacred Heart;St. Vincent's;Good Samaritan;Holy Family;
Our Lady of Lourdes;St. Agnes;Mercy;Beth Israel;Providence;Trinity"""
_NURSING = """Maplewood {x};Golden Oaks {x};Brookhaven {x};The Willows;Autumn Ridge {x};Sunrise Manor;
Laurel Hill {x};Heritage {x} of {town};Cedar Glen {x};Evergreen Terrace {x};{town} Manor;Rosewood Commons;
Hillcrest {x};Silver Birch House;Fairview Commons;Harbor Point {x};Country Meadows {x};Bethany Home;
Quail Run {x}"""
_EMPLOYERS = """{town} Public Schools;{fam} & Sons Plumbing;Walmart;Home Depot;Amazon;{town} Fire Department;
{fam} Trucking;Costco;Tyson Foods;{town} City Hall;Precision Castings;Lowe's;{fam} Landscaping;Allied Paper;UPS;
the U.S. Postal Service;{fam} Law Group;Bluebird Bus Company;Greyhound;Frito-Lay;Dollar General;
First National Bank of {town};{fam} Construction;Great Lakes Cement;Pizza Hut;Whirlpool;FedEx;Boeing;
{fam} Auto Body;{town} Police Department;Marriott;Kroger"""
_UK_EMPLOYERS = """Tesco;{town} Borough Council;Royal Mail;{fam} & Co Solicitors;Sainsbury's;
{town} Fire Station;BAE Systems;{fam} Brothers Roofing;Asda;Stagecoach;Network Rail;{fam} Textiles;JD Sports;
Morrisons;British Gas;the Co-op;Amazon;{town} Leisure Centre;Greggs;Crown Paints"""
_US_SCHOOLS = """{town} High School;{fam} Elementary School;{town} Community College;{fam} Middle School;
{state} State University;St. Anne's Academy;{town} Charter Academy;North {town} Elementary;{fam} High"""
_UK_SCHOOLS = """{town} Primary School;{town} Academy;St Wilfrid's RC High School;{town} Grammar School;
{town} College;{fam} Road Primary School;University of {town};Our Lady's Primary"""
_US_PHARMACIES = """CVS;Walgreens;Rite Aid;Walmart Pharmacy;{fam}'s Pharmacy;{town} Apothecary;Kroger Pharmacy;
Stop & Shop Pharmacy;{fam} Drug;Costco Pharmacy;Medicine Shoppe;Hometown Pharmacy;Genoa Healthcare;
Publix Pharmacy"""
_UK_PHARMACIES = (
    "Boots;{fam} Chemist;Well Pharmacy;Lloyds Pharmacy;{town} Pharmacy;Superdrug;Rowlands;Day Lewis Pharmacy;{fam}'s"
)


def _list(text: str) -> list[str]:
    return [" ".join(item.split()) for item in text.split(";")]


def _filled(rng: Random, text: str, area: Area) -> str:
    """Draw one of a list and put a town or a family name in."""
    fam = rng.choice(COMMUNITIES[rng.choice([0, 0, 1, 3, 5, 6])].families[:60])
    return (
        rng.choice(_list(text))
        .replace("{town}", rng.choice(area.towns[:4]))
        .replace("{fam}", fam)
        .replace("{state}", area.state_name)
    )


def street(rng: Random, uk: bool) -> str:
    """Draw a street with its number."""
    if uk:
        number = rng.choice(
            [str(rng.randint(1, 180)), str(rng.randint(1, 60)), f"Flat {rng.randint(1, 20)}, {rng.randint(1, 90)}"]
        )
        if rng.random() < 0.08:
            return f"{rng.choice(['Rose', 'Ivy', 'Orchard', 'Mill'])} Cottage, {rng.choice(_list(_UK_STREETS))} Lane"
        return f"{number} {rng.choice(_list(_UK_STREETS))} {rng.choice(_UK_KINDS)}"
    if rng.random() < 0.04:
        return f"{rng.choice(['P.O. Box', 'PO Box'])} {rng.randint(11, 4800)}"
    line = f"{rng.choice([rng.randint(1, 99), rng.randint(100, 999), rng.randint(1000, 9900)])} "
    line += f"{rng.choice(_list(_US_STREETS))} {rng.choice(_US_KINDS)}"
    if rng.random() < 0.2:
        line += rng.choice([", Apt {}", " Apt. {}", ", Unit {}", " #{}", ", Apt {}B"]).format(rng.randint(1, 412))
    return line


def post_code(rng: Random, area: Area, uk: bool) -> str:
    """Draw a postal code of the area."""
    start = rng.choice(area.posts)
    if uk:
        return f"{start} {rng.randint(1, 9)}{rng.choice('ABDEFGHJLNPQRSTUWXYZ')}{rng.choice('ABDEFGHJLNPQRSTUWXYZ')}"
    code = f"{start}{rng.randint(1, 89):02d}"
    return f"{code}-{rng.randint(1000, 9899)}" if rng.random() < 0.06 else code


def hospital(rng: Random, area: Area, uk: bool) -> str:
    """Draw the name of a hospital."""
    town = rng.choice(area.towns[:4])
    if uk:
        shapes = (
            "Royal {t} Hospital;{t} General Hospital;{t} Royal Infirmary;Queen Elizabeth Hospital;St {s}'s Hospital;"
        )
        shapes += (
            "{t} District General;{a} and {t} University Hospital;Princess Alexandra Hospital;{t} Community Hospital"
        )
        shape = rng.choice(shapes.split(";"))
        return shape.format(t=town, a=area.state_name, s=rng.choice(["Thomas", "Helen", "Hugh", "Cuthbert"]))
    shapes = "{t} General Hospital;{s} Medical Center;{s} Hospital;{t} Memorial Hospital;{f} Memorial Hospital;"
    shapes += "University Hospital of {t};{t} Regional Medical Center;{n} {a} Medical Center;{t} VA Medical Center;"
    shapes += "{f} Clinic;{t} Community Hospital;{s} Health;Baptist Hospital of {t};Shriners Children's {t}"
    return rng.choice(shapes.split(";")).format(
        t=town,
        s=rng.choice(_list(_SAINTS)),
        f=rng.choice(COMMUNITIES[0].families[60:160]),
        a=area.state_name,
        n=rng.choice(["Eastern", "Central", "Western", "Northern"]),
    )


def practice(rng: Random, area: Area, uk: bool, specialty: str) -> str:
    """Draw the name of a practice or clinic."""
    town = rng.choice(area.towns)
    names = COMMUNITIES[0].families[80:170]
    if uk:
        shapes = (
            "{t} Medical Centre;The {f} Surgery;{t} Health Centre;{f} House Surgery;{t} Road Surgery;The {f} Practice"
        )
    else:
        shapes = "{t} {s} Associates;{f} Family Medicine;{s} Partners of {t};{t} Primary Care;{f} & {g} {s};"
        shapes += "{t} Internal Medicine;Community Health Center of {t};{f} Clinic;{t} {s};Valley {s} Group"
    shape = rng.choice(shapes.split(";"))
    return shape.format(t=town, s=specialty, f=rng.choice(names), g=rng.choice(names))


def nursing_home(rng: Random, area: Area, uk: bool) -> str:
    """Draw the name of a nursing home."""
    kinds = (
        ["Care Home", "Nursing Home", "House"]
        if uk
        else [
            "Nursing Home",
            "Rehabilitation Center",
            "Care Center",
            "Nursing and Rehab",
            "Health Center",
            "Skilled Nursing",
        ]
    )
    return _filled(rng, _NURSING, area).replace("{x}", rng.choice(kinds))


def employer(rng: Random, area: Area, uk: bool) -> str:
    """Draw an employer."""
    return _filled(rng, _UK_EMPLOYERS if uk else _EMPLOYERS, area)


def school(rng: Random, area: Area, uk: bool) -> str:
    """Draw a school or college."""
    return _filled(rng, _UK_SCHOOLS if uk else _US_SCHOOLS, area)


def pharmacy(rng: Random, area: Area, uk: bool) -> str:
    """Draw a pharmacy."""
    return _filled(rng, _UK_PHARMACIES if uk else _US_PHARMACIES, area)
