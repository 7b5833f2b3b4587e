"""Towns with their codes, streets, and the names of institutions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

from polyclinic.corpus.invented_notes.marked_text import mark


@dataclass(frozen=True, slots=True)
class Town:
    """A town: its state as abbreviation and in full, beginning of its postal codes, area code, county."""

    name: str
    state: str
    state_name: str
    postal: str
    area: str
    county: str


def _towns(text: str) -> tuple[Town, ...]:
    return tuple(Town(*(cell.strip() for cell in line.split("|"))) for line in text.strip().splitlines())


def _words(text: str) -> list[str]:
    return text.split()


US_TOWNS = _towns(
    """Dayton|OH|Ohio|454|937|Montgomery County
    Tucson|AZ|Arizona|857|520|Pima County
    Worcester|MA|Massachusetts|016|508|Worcester County
    Fresno|CA|California|937|559|Fresno County
    Baton Rouge|LA|Louisiana|708|225|East Baton Rouge Parish
    Duluth|MN|Minnesota|558|218|St. Louis County
    Chattanooga|TN|Tennessee|374|423|Hamilton County
    Yakima|WA|Washington|989|509|Yakima County
    Terre Haute|IN|Indiana|478|812|Vigo County
    Bakersfield|CA|California|933|661|Kern County
    Corpus Christi|TX|Texas|784|361|Nueces County
    Scranton|PA|Pennsylvania|185|570|Lackawanna County
    Dearborn|MI|Michigan|481|313|Wayne County
    Hamtramck|MI|Michigan|482|313|Wayne County
    Daly City|CA|California|940|650|San Mateo County
    Lowell|MA|Massachusetts|018|978|Middlesex County
    Macon|GA|Georgia|312|478|Bibb County
    Pueblo|CO|Colorado|810|719|Pueblo County
    Flushing|NY|New York|113|718|Queens
    Poughkeepsie|NY|New York|126|845|Dutchess County
    Gallup|NM|New Mexico|873|505|McKinley County
    Hialeah|FL|Florida|330|305|Miami-Dade County
    Eau Claire|WI|Wisconsin|547|715|Chippewa County
    Paducah|KY|Kentucky|420|270|McCracken County
    Tarpon Springs|FL|Florida|346|727|Pinellas County
    Garden Grove|CA|California|928|714|Orange County
    Kealakekua|HI|Hawaii|967|808|Hawaii County
    Spokane|WA|Washington|992|509|Spokane County
    Mobile|AL|Alabama|366|251|Mobile County
    Reading|PA|Pennsylvania|196|610|Berks County
    Independence|MO|Missouri|640|816|Jackson County
    Sioux Falls|SD|South Dakota|571|605|Minnehaha County
    Bend|OR|Oregon|977|541|Deschutes County
    Nashua|NH|New Hampshire|030|603|Hillsborough County
    Millbrook Falls|VT|Vermont|051|802|Windham County
    Harlan Creek|KS|Kansas|672|316|Sedgwick County
    Port Ellery|NC|North Carolina|284|910|Brunswick County
    Stony Ford|VA|Virginia|229|434|Albemarle County
    Little Chute|WI|Wisconsin|549|920|Outagamie County
    Elk Grove|CA|California|956|916|Sacramento County"""
)
UK_TOWNS = _towns(
    """Wolverhampton|WV||WV4|01902|West Midlands
    Harrogate|HG||HG2|01423|North Yorkshire
    Swansea|SA||SA1|01792|Glamorgan
    Ipswich|IP||IP3|01473|Suffolk
    Leicester|LE||LE5|0116|Leicestershire
    Paisley|PA||PA2|0141|Renfrewshire
    Truro|TR||TR1|01872|Cornwall
    Burnley|BB||BB11|01282|Lancashire
    Slough|SL||SL2|01753|Berkshire
    Hexham|NE||NE46|01434|Northumberland
    Bridgend|CF||CF31|01656|Mid Glamorgan
    Walthamstow|E||E17|020|Waltham Forest"""
)
_STREET = _words(
    """Maple Oak Cedar Elm Walnut Chestnut Main Church Mill River Lincoln Washington Jefferson Franklin Spring
    Highland Prospect Meadow Orchard Ridge Sycamore Harrison Delaware Kossuth Pulaski Alvarado Camino_Real
    San_Pablo Old_Mill Quarry Foxglove Bluebonnet Larkspur Winding_Brook Tamarack Juniper Sagebrush Hawthorne
    Beacon Garfield Tremont Monroe Dogwood Saddlebrook Persimmon Cottonwood Martin_Luther_King_Jr. Cesar_Chavez
    Stagecoach Gristmill Harbor_View Crescent Vine Sunset Willow_Bend Ashbury Kingsley Fairview Rosewood
    Mulberry"""
)
_US_KIND = _words("""St Street Ave Avenue Rd Road Dr Drive Ln Lane Blvd Ct Court Way Pl Terrace Circle Pkwy""")
_UK_STREET = _words(
    """Station Victoria Albert Church Park Queens Windsor Grange Manor Alma Cavendish Holyhead Penn Tettenhall
    Chapel Priory Bramley Hollins Castle Abbey Stanley Clarence Whitehall Beech Laburnum Springfield Tudor
    Hawthorn"""
)
_UK_KIND = ["Road", "Road", "Street", "Lane", "Avenue", "Close", "Crescent", "Gardens", "Terrace", "Grove", "Way"]
_SAINT = _words(
    """Brendan Agnes Luke Raphael Columba Anne Camillus Elizabeth Casimir Jude Monica Francis Bridget Dymphna"""
)
_LAND = _words(
    """Cedar_Hollow Blue_Heron Three_Rivers Lakeshore Pine_Ridge Valley_View Riverbend Sunrise Harborside
    Stone_Creek Mountain_Laurel Prairie_Winds Bayview Golden_Gate_Park Twin_Oaks Silver_Birch Redstone Summit
    Eastgate Northfield Willowbrook Kettle_Creek Desert_Willow Great_Plains Tidewater Copper_Basin"""
)
_DONOR = _words(
    """Hadley Whitaker Stroud Rosenbaum Pruitt Kessler Vandenberg Alcott Deaver Lindgren Thorpe Ballard Osgood"""
)
_US_HOSPITAL = (
    "{city} General Hospital",
    "{county} Medical Center",
    "St. {saint} Hospital",
    "St. {saint} Medical Center",
    "{donor} Memorial Hospital",
    "{land} Regional Medical Center",
    "{land} Community Hospital",
    "Sisters of Mercy Hospital",
    "{city} VA Medical Center",
    "University of {state} Hospital",
    "{donor}-{donor2} Medical Center",
    "{land} Health",
)
_UK_HOSPITAL = (
    "{city} Royal Infirmary",
    "Royal {county} Hospital",
    "St {saint}'s Hospital",
    "{city} General Hospital",
    "{land} Cottage Hospital",
    "Queen Alexandra Hospital",
)
_CLINIC = (
    "{land} Family Medicine",
    "{city} Internal Medicine",
    "{donor} Medical Group",
    "{land} Health Partners",
    "{city} Community Health Center",
    "{land} Walk-In Clinic",
    "{county} Physicians",
    "{donor} Clinic",
    "{donor}-{donor2} Medical Associates",
    "La Clinica de {city}",
    "{land} Primary Care",
    "{city} Medical Associates",
)
_UK_CLINIC = ("{land} Surgery", "The {donor} Practice", "{city} Medical Practice", "{land} Health Centre")
_HOME = (
    "{land} Nursing and Rehabilitation",
    "{land} Manor",
    "{land} Assisted Living",
    "St. {saint} Home",
    "{donor} House",
    "The Gardens at {land}",
    "{land} Care Center",
    "Villa {saint}",
)
_PHARMACY = ("CVS", "Walgreens", "Rite Aid", "{land} Pharmacy", "{donor}'s Drug Store", "Walmart Pharmacy", "Kroger")
_UK_PHARMACY = ("Boots", "{donor} Chemist", "Well Pharmacy", "{land} Pharmacy")
_SCHOOL = (
    "{land} Elementary",
    "{donor} Middle School",
    "{land} Elementary School",
    "St. {saint} Academy",
    "{city} Montessori",
    "PS {number}",
    "Booker T. Washington Elementary School",
)
_WORK = (
    "{donor} Roofing",
    "{land} School District",
    "Amazon",
    "the US Postal Service",
    "{donor} & Sons Plumbing",
    "{city} Public Library",
    "Tyson Foods",
    "{land} Credit Union",
    "{donor} Tool and Die",
    "Home Depot",
    "{city} Fire Department",
    "{land} Landscaping",
    "Delta",
    "{donor} Law Group",
    "{land} Bakery",
    "{city} State University",
    "Lockheed",
    "{donor} Dairy",
)
_AGENCY = ("{land} Home Health", "{donor} Visiting Nurses", "{city} Hospice and Palliative Care", "Amedisys")
KINDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "hospital": (_US_HOSPITAL, _UK_HOSPITAL),
    "clinic": (_CLINIC, _UK_CLINIC),
    "home": (_HOME, _HOME),
    "pharmacy": (_PHARMACY, _UK_PHARMACY),
    "school": (_SCHOOL, _SCHOOL),
    "work": (_WORK, _WORK),
    "agency": (_AGENCY, _AGENCY),
}


def institution(random: Random, kind: str, town: Town) -> str:
    """Return the name of an institution near this town, without marks; a "the" before it may be part of it."""
    british = town.area.startswith("0")
    donors = random.sample(_DONOR, 2)
    name = random.choice(KINDS[kind][british]).format(
        city=town.name,
        county=town.county,
        state=town.state_name,
        saint=random.choice(_SAINT),
        land=random.choice(_LAND).replace("_", " "),
        donor=donors[0],
        donor2=donors[1],
        number=random.randint(12, 214),
    )
    return name.replace("Center", "Centre").replace("St. ", "St ") if british else name


def marked_institution(name: str) -> str:
    """Mark a name; an article before it stays outside."""
    if name.startswith("the "):
        return "the " + mark("institution", name[4:])
    return mark("institution", name)


def short_institution(random: Random, name: str) -> str:
    """Return what staff call it: its capitals ("SAMC") or its first words, without marks."""
    words = name.replace(".", "").replace("'s", "").replace("-", " ").split()
    capitals = "".join(word[0] for word in words if word[0].isupper())
    if len(capitals) >= 3 and random.random() < 0.45:
        return capitals
    for ending in (
        " Regional Medical Center",
        " Medical Center",
        " Community Hospital",
        " Memorial Hospital",
        " Hospital",
    ):
        if name.endswith(ending) and not name.startswith("University"):
            return name.removesuffix(ending)
    return name


def office(random: Random, british: bool) -> str:
    """Return the street of an office, some with a suite."""
    line = re.split(r", | #", street(random, british).removeprefix("Flat"))[-1 if british else 0]
    if not british and "Box" not in line and random.random() < 0.35:
        line += random.choice([", Suite {}", ", Ste {}", ", Suite {}B", f", {2}nd Floor"]).format(
            random.randint(100, 640)
        )
    return line


def street(random: Random, british: bool) -> str:
    """Return a street with its number and sometimes a flat, or a post box, without marks."""
    if british:
        first = f"{random.randint(1, 220)} {random.choice(_UK_STREET)} {random.choice(_UK_KIND)}"
        return f"Flat {random.randint(1, 24)}, {first}" if random.random() < 0.15 else first
    if random.random() < 0.04:
        return random.choice(["P.O. Box ", "PO Box "]) + str(random.randint(11, 9800))
    number = random.choice([random.randint(2, 99), random.randint(100, 999), random.randint(1000, 18900)])
    way = random.choice(["", "", "", "N ", "S. ", "West ", "E "])
    if random.random() < 0.12:
        line = f"{number} {way}{random.randint(0, 9) * 10 + random.randint(4, 9)}th {random.choice(_US_KIND[:4])}"
    else:
        line = f"{number} {way}{random.choice(_STREET).replace('_', ' ')} {random.choice(_US_KIND)}"
    more = random.random()
    if more < 0.12:
        return f"{line}, Apt {random.randint(1, 14)}{random.choice('ABCD')}"
    if more < 0.17:
        return f"{line} #{random.randint(2, 412)}"
    if more < 0.2:
        return f"{line}, Unit {random.randint(1, 30)}"
    return line


def road_without_number(random: Random, british: bool) -> str:
    """Return the name of a street as one says it: "Orchard Ave"."""
    if british:
        return f"{random.choice(_UK_STREET)} {random.choice(_UK_KIND)}"
    return f"{random.choice(_STREET).replace('_', ' ')} {random.choice(_US_KIND[:8])}"


def postal(random: Random, town: Town) -> str:
    """Return a postal code of the town."""
    if town.area.startswith("0"):
        return f"{town.postal} {random.randint(1, 9)}{''.join(random.choices('ABDEFGHJLNPQRSTUWXYZ', k=2))}"
    code = f"{town.postal}{random.randint(1, 99):02d}"
    return f"{code}-{random.randint(1, 9999):04d}" if random.random() < 0.1 else code
