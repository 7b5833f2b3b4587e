"""What people, streets, towns and hospitals of the invented notes are called. Any likeness is by chance."""


def words(text: str) -> list[str]:
    """Return the words of a text."""
    return text.split()


WOMEN = words(
    """
    Mary Patricia Linda Barbara Elizabeth Jennifer Maria Susan Margaret Dorothy Lisa Nancy Karen Betty Helen
    Sandra Donna Carol Ruth Sharon Michelle Laura Sarah Kimberly Deborah Jessica Shirley Cynthia Angela Melissa
    Brenda Amy Anna Rebecca Virginia Kathleen Pamela Martha Debra Amanda Stephanie Carolyn Christine Marie Janet
    Catherine Frances Ann Joyce Diane Alice Julie Heather Teresa Doris Gloria Evelyn Jean Cheryl Mildred
    Katherine Joan Ashley Judith Rose Janice Kelly Nicole Judy Christina Kathy Theresa Beverly Denise Tammy
    Irene Jane Lori Rachel Marilyn Andrea Kathryn Louise Sara Anne Jacqueline Wanda Bonnie Julia Ruby Lois Tina
    Phyllis Norma Paula Diana Annie Lillian Emily Robin Latoya Keisha Ebony Guadalupe Esperanza Yolanda Grace
    Hope Faith Joy April May June Crystal Dawn Violet Ivy
    """
)

MEN = words(
    """
    James John Robert Michael William David Richard Charles Joseph Thomas Christopher Daniel Paul Mark Donald
    George Kenneth Steven Edward Brian Ronald Anthony Kevin Jason Matthew Gary Timothy Jose Larry Jeffrey Frank
    Scott Eric Stephen Andrew Raymond Gregory Joshua Jerry Dennis Walter Patrick Peter Harold Douglas Henry Carl
    Arthur Ryan Roger Joe Juan Jack Albert Jonathan Justin Terry Gerald Keith Samuel Willie Ralph Lawrence
    Nicholas Roy Benjamin Bruce Brandon Adam Harry Fred Wayne Billy Steve Louis Jeremy Aaron Randy Howard Eugene
    Carlos Russell Bobby Victor Martin Ernest Phillip Todd Jesse Craig Alan Shawn Clarence Sean Philip Chris
    Johnny Earl Jimmy Antonio Danny Bryan Tony Luis Mike Stanley Leonard Nathan Dale Manuel Rodney Curtis Norman
    Allen Marvin Vincent Glenn DeShawn Tyrone Jamal Drew Grant Guy Chase Miles Will Rich
    """
)

SURNAMES = words(
    """
    Smith Johnson Williams Jones Brown Davis Miller Wilson Moore Taylor Anderson Thomas Jackson White Harris
    Martin Thompson Garcia Martinez Robinson Clark Rodriguez Lewis Lee Walker Hall Allen Young Hernandez King
    Wright Lopez Hill Scott Green Adams Baker Gonzalez Nelson Carter Mitchell Perez Roberts Turner Phillips
    Campbell Parker Evans Edwards Collins Stewart Sanchez Morris Rogers Reed Cook Morgan Bell Murphy Bailey
    Rivera Cooper Richardson Cox Howard Ward Torres Peterson Gray Ramirez James Watson Brooks Kelly Sanders
    Price Bennett Wood Barnes Ross Henderson Coleman Jenkins Perry Powell Long Patterson Hughes Flores
    Washington Butler Simmons Foster Gonzales Bryant Alexander Russell Griffin Diaz Hayes Myers Ford Hamilton
    Graham Sullivan Wallace Woods Cole West Jordan Owens Reynolds Fisher Ellis Harrison Gibson McDonald Cruz
    Marshall Ortiz Gomez Murray Freeman Wells Webb Simpson Stevens Tucker Porter Hunter Hicks Crawford Henry
    Boyd Mason Morales Kennedy Warren Dixon Ramos Reyes Burns Gordon Shaw Holmes Rice Robertson Hunt Black
    Daniels Palmer Mills Nichols Grant Knight Ferguson Rose Stone Hawkins Dunn Perkins Hudson Spencer Gardner
    Stephens Payne Pierce Berry Matthews Arnold Wagner Willis Ray Watkins Olson Carroll Duncan Snyder Hart
    Cunningham Bradley Lane Andrews Ruiz Harper Fox Riley Armstrong Carpenter Weaver Greene Lawrence Elliott
    Chavez Sims Austin Peters Kelley Franklin Lawson Fields Gutierrez Ryan Schmidt Carr Vasquez Castillo Wheeler
    Chapman Oliver O'Brien O'Connor McCarthy McKenzie DeLuca Van-Dyke Nguyen Tran Kowalski Schwartz Goldberg
    Cohen Kaplan Novak
    """
)

# Surnames that are words a note is full of, or that a disease, a sign or a tool bears.
SURNAMES_THAT_ARE_WORDS = words(
    """
    Day May Small Short Hand Foote Head Bone Blood Payne Little Strong Best Early Still Weeks Cross Church Case
    Banks Waters Rivers Story Love Power Page Wise Sharp Savage Bush Ball Hardy Friend Walls Battle Mayo
    Parkinson Graves Addison Foley Babcock Hodges Downs Barrett Baker Apgar Burch Wiley Pope Child Cotton Glass
    """
)

STREETS = words(
    """
    Maple Oak Elm Cedar Washington Lincoln Park Lake Highland Sunset Jackson Franklin Church River Spring Ridge
    Chestnut Walnut Willow Adams Jefferson Mill Center Prospect Meadow Hickory Dogwood Locust Magnolia Pleasant
    """
)
STREET_KINDS = ["St", "Street", "Ave", "Avenue", "Rd", "Road", "Dr", "Drive", "Ln", "Lane", "Blvd", "Ct", "Way"]

# Town, state, and the first three digits of its ZIP codes.
TOWNS = [
    ("Springfield", "IL", "627"),
    ("Dayton", "OH", "454"),
    ("Columbia", "SC", "292"),
    ("Cedar Rapids", "IA", "524"),
    ("Worcester", "MA", "016"),
    ("Bakersfield", "CA", "933"),
    ("Toledo", "OH", "436"),
    ("Spokane", "WA", "992"),
    ("Knoxville", "TN", "379"),
    ("Fort Wayne", "IN", "468"),
    ("Waco", "TX", "767"),
    ("Green Bay", "WI", "543"),
    ("Scranton", "PA", "185"),
    ("Mobile", "AL", "366"),
    ("Pueblo", "CO", "810"),
    ("Flint", "MI", "485"),
    ("Erie", "PA", "165"),
    ("Normal", "IL", "617"),
    ("Rome", "GA", "301"),
    ("Reading", "PA", "196"),
    ("Las Cruces", "NM", "880"),
    ("St. Cloud", "MN", "563"),
]
COUNTIES = ["Jackson County", "Lake County", "Marion County", "Clay County", "Monroe County", "Orange County"]

HOSPITALS = [
    "{town} General Hospital",
    "St. Mary's Medical Center",
    "{town} Regional Medical Center",
    "Mercy Hospital of {town}",
    "{county} Memorial Hospital",
    "Good Samaritan Hospital",
    "Lakeside Medical Center",
    "{town} VA Medical Center",
    "Providence {town} Hospital",
    "Riverbend Community Hospital",
]
CLINICS = [
    "{town} Family Practice",
    "Northside Cardiology Associates",
    "Valley Kidney Clinic",
    "{town} Orthopedic Group",
    "Westgate Internal Medicine",
]
NURSING_HOMES = ["Sunny Acres Nursing Home", "Maplewood Care Center", "Heritage Oaks Rehab", "{town} Manor"]
EMPLOYERS = ["Delmar Trucking", "{town} Post Office", "Harmon Steel", "Jefferson Elementary School", "K&B Foods"]
HEALTH_PLANS = ["Blue Cross PPO", "Medicare", "Aetna", "Humana Gold", "UnitedHealthcare", "Medicaid", "Cigna"]
