"""Given and family names of the communities that a large US or UK hospital sees, from memory of frequency lists.

Each community has women's, men's and family names, the most frequent first; a rank is drawn so that early names come
more often, but late ones come too. Names that are also words are there as often as they are in the population.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Community:
    """Names of people with one origin, and how many of 1,000 patients in each country have it."""

    us: int
    uk: int
    women: tuple[str, ...]
    men: tuple[str, ...]
    families: tuple[str, ...]
    english: float  # share of its people with an English family name


def _community(us: int, uk: int, women: str, men: str, families: str, english: float = 0.0) -> Community:
    """Read the lists; within a family name "_" stands for a space."""
    wholes = (" ".join(name.split()).replace("_", " ") for name in families.split(";"))
    return Community(us, uk, tuple(women.split()), tuple(men.split()), tuple(wholes), english)


_WOMEN = """Mary Patricia Linda Barbara Elizabeth Jennifer Susan Margaret Dorothy Nancy Karen Betty Helen Sandra
Donna Carol Ruth Sharon Michelle Laura Sarah Kimberly Deborah Jessica Shirley Cynthia Angela Melissa Brenda Amy
Rebecca Virginia Kathleen Pamela Martha Debra Amanda Stephanie Carolyn Christine Joyce Diane Alice Julie Heather
Doris Gloria Evelyn Jean Cheryl Mildred Joan Judith Rose Janice Kelly Nicole Judy Kathy Theresa Beverly Denise
Tammy Irene Jane Lori Rachel Marilyn Andrea Kathryn Louise Sara Anne Wanda Bonnie Ruby Lois Tina Phyllis Norma
Paula Diana Annie Lillian Emily Robin Peggy Crystal Gladys Rita Dawn Connie Florence Tracy Edna Carmen Rosa Cindy
Grace Wendy Edith Sylvia Shannon Sheila Ethel Marjorie Thelma Lucille Tiffany Eleanor Gail Pauline Hazel Rhonda
Juanita Joanne Eva Leslie Marcia Joy Vivian Glenda June Faith Loretta Stacey Olive Ivy Hope Madeleine Brooke Paige
Autumn Harriet Winifred Bernadette Maureen Noreen Fay Gemma Zoe"""
_MEN = """James John Robert Michael William David Richard Charles Joseph Thomas Christopher Daniel Paul Mark Donald
George Kenneth Steven Edward Brian Ronald Anthony Kevin Jason Matthew Gary Timothy Larry Jeffrey Frank Scott Eric
Stephen Andrew Raymond Gregory Joshua Jerry Dennis Walter Patrick Peter Harold Douglas Henry Carl Arthur Ryan Roger
Joe Jack Albert Jonathan Justin Terry Gerald Keith Samuel Willie Ralph Lawrence Nicholas Roy Benjamin Bruce Brandon
Adam Harry Fred Wayne Billy Steve Louis Jeremy Aaron Randy Howard Eugene Russell Bobby Victor Martin Ernest Phillip
Todd Jesse Craig Alan Shawn Clarence Sean Philip Chris Johnny Earl Jimmy Bryan Stanley Leonard Nathan Dale Norman
Glenn Vincent Chester Cecil Herbert Clifford Rodney Marvin Lee Ray Dean Guy Clyde Wesley Chase Drew Grant Reed
Colin Nigel Graham Trevor Alistair Ewan Barnaby Clive Neville Ellis Rex Miles Pierce Art Will Bud"""
_ANGLO = """Smith;Johnson;Williams;Jones;Brown;Davis;Miller;Wilson;Moore;Taylor;Anderson;Thomas;Jackson;White;Harris;
Martin;Thompson;Robinson;Clark;Lewis;Lee;Walker;Hall;Allen;Young;King;Wright;Hill;Scott;Green;Adams;Baker;Nelson;Carter;
Mitchell;Roberts;Turner;Phillips;Campbell;Parker;Evans;Edwards;Collins;Stewart;Morris;Rogers;Reed;Cook;Morgan;Bell;Murphy;
Bailey;Cooper;Richardson;Cox;Howard;Ward;Peterson;Gray;James;Watson;Brooks;Kelly;Sanders;Price;Bennett;Wood;Barnes;Ross;
Henderson;Coleman;Jenkins;Perry;Powell;Long;Patterson;Hughes;Butler;Simmons;Foster;Bryant;Alexander;Russell;Griffin;Hayes;
Myers;Ford;Hamilton;Graham;Sullivan;Wallace;Woods;Cole;West;Jordan;Owens;Reynolds;Fisher;Ellis;Harrison;Gibson;Marshall;
Wells;Webb;Simpson;Stevens;Tucker;Porter;Hunter;Hicks;Crawford;Boyd;Mason;Kennedy;Warren;Dixon;Burns;Gordon;Shaw;Holmes;
Rice;Robertson;Hunt;Black;Palmer;Mills;Nichols;Knight;Ferguson;Stone;Hawkins;Dunn;Perkins;Hudson;Spencer;Gardner;Payne;
Pierce;Berry;Matthews;Arnold;Wagner;Willis;Watkins;Olson;Carroll;Duncan;Snyder;Hart;Cunningham;Lane;Andrews;Harper;
Fox;Riley;Armstrong;Carpenter;Greene;Lawrence;Elliott;Sims;Austin;Peters;Kelley;Franklin;Lawson;Fields;Ryan;Schmidt;Carr;
Weaver;Day;Banks;Frost;Pope;Bishop;Little;Winters;Church;Nutter;Sharpe;Sweet;Waddell;Pickering;Ashworth;Entwistle;Braithwaite;
Thistlethwaite;Ogden;Heathcote;Clegg;Tattersall;Hargreaves;Birtwistle;Postlethwaite;Bickerstaff;Pennington;Culpepper;
Whitehead;Blankenship;Stubblefield;Hollingsworth;Tidwell;Swafford;Crabtree;Lovelace;Nuttall;Penhaligon;Trelawney;
Stone-Baxter;Hayes-Whitmore;Clarke-Jessop;Fenwick-Hall;Goodenough;Weekes;Moody;Sargent;Husband;Rash"""
_IRISH_WOMEN = "Siobhan Aoife Maeve Bridget Colleen Deirdre Fiona Mairead Niamh Eileen Morag Catriona Kirsty Sinead"
_IRISH_MEN = "Liam Brendan Declan Cormac Eamon Hamish Fergus Callum Aidan Seamus Kieran Padraig Rory Angus Desmond"
_IRISH = """O'Brien;O'Connor;McCarthy;Doyle;Gallagher;Walsh;McDonald;MacDonald;O'Neill;Doherty;Kearney;McLaughlin;
O'Sullivan;Fitzgerald;McKenzie;Byrne;McGrath;Sheehan;Flaherty;O'Leary;McIntyre;Mulcahy;McAllister;Buchanan;MacLeod;
Farquhar;Geoghegan;McSweeney;O'Shaughnessy;Urquhart;Kilbride;Drummond;McGillicuddy;MacEachern;McNamara;Quigley;Tierney"""
_BLACK_WOMEN = """Latoya Keisha Ebony Tamika Shanice Yolanda Aaliyah Lakeisha Monique Tanisha Bernice Essie
Ernestine Imani Shaniqua"""
_BLACK_MEN = (
    "Darnell Tyrone Jamal Marquis DeShawn Reginald Terrell Cedric Antwan Otis Roosevelt Cornelius Lamar Tavaris Odell"
)
_BLACK = """Washington;Jefferson;Booker;Gaines;Mosley;Dorsey;Pettway;Batiste;Braxton;Broadnax;Merriweather;Hairston;
Muhammad;Ravenell;Smalls;Gadsden;Bolden;Chatman;Witherspoon;Singletary;Tolliver;Yancey"""
_LATIN_WOMEN = """Maria Guadalupe Ana Carmen Rosa Luz Esperanza Margarita Leticia Yesenia Marisol Xiomara Milagros
Altagracia Consuelo Graciela Blanca Rocio Itzel Nereida Dolores Mercedes Soledad Paloma"""
_LATIN_MEN = """Jose Juan Luis Carlos Jesus Miguel Jorge Francisco Pedro Manuel Alejandro Rafael Ramon Ricardo
Hector Efrain Ignacio Wilfredo Heriberto Angel Ulises Rigoberto Osvaldo Gilberto"""
_LATIN = """Garcia;Rodriguez;Martinez;Hernandez;Lopez;Gonzalez;Perez;Sanchez;Ramirez;Torres;Flores;Rivera;Gomez;Diaz;
Cruz;Reyes;Morales;Ortiz;Gutierrez;Chavez;Ramos;Ruiz;Mendoza;Vasquez;Castillo;Santiago;Rios;Salazar;de_la_Cruz;Maldonado;
Cervantes;Villanueva;Del_Rio;De_Leon;Quiñones;Echevarria;Zambrano;Muñoz;Figueroa-Colón;Ocasio;Tejeda;Uribe;Yañez;
Arreola;Covarrubias;Santos;Luna;Campos;de_los_Santos;Reyes-Montero;Peña;Bobadilla"""
_EAST_WOMEN = (
    "Halina Agnieszka Svetlana Olga Ludmila Jadwiga Natalya Zofia Magdalena Ivana Oksana Tatiana Dorota Irina"
)
_EAST_MEN = "Zbigniew Stanislaw Dmitri Vladimir Krzysztof Bogdan Igor Miroslav Andrzej Yuri Piotr Goran Casimir Marek"
_EAST = """Kowalski;Nowak;Wisniewski;Ivanov;Petrov;Kaminski;Novak;Zielinska;Wojciechowski;Shevchenko;Kovalenko;
Szymanski;Jankowski;Dudek;Horvath;Popescu;Ionescu;Vukovic;Petrovic;Hrynkiw;Krawczyk;Gorski;Sokolov;Bondarenko;Przybylski;
Kaczmarek;Mazur;Balogh;Stoyanov;Radu;Hovhannisyan;Karapetian;Sarkisian"""
_MED_WOMEN = (
    "Concetta Antonella Giovanna Despina Fotini Carmela Filomena Rosaria Assunta Fatima Lucia Conceição Stavroula"
)
_MED_MEN = (
    "Salvatore Carmine Vito Rocco Dino Nunzio Spiros Stavros Kostas Joaquim Manoel Antonio Domenic Enzo Gaetano"
)
_MED = """Russo;Esposito;DeLuca;Romano;Di_Giovanni;Papadopoulos;Silva;Ferreira;Pereira;Costa;Medeiros;D'Angelo;
DiStefano;
Mancini;Caruso;Santoro;Lombardi;La_Rosa;Giannopoulos;Karras;Pappas;Souza;Oliveira;Monteiro;da_Silva;Tavares;Barbosa;
Fontes;Petrakis;Scarpelli;Iannucci;Bevilacqua;dos_Santos;D'Amico"""
_NORTH_WOMEN = "Ingrid Greta Heidi Solveig Monika Ursula Annika Hannelore Shira Rivka Miriam Golda Esther Naomi Chaya"
_NORTH_MEN = "Lars Klaus Dieter Otto Nils Willem Bjorn Kurt Moshe Avi Isaac Saul Ira Seymour Menachem Herschel"
_NORTH = """Cohen;Schultz;Hoffman;Larson;Hansen;Schneider;Meyer;Weiss;Levy;Friedman;Katz;Goldstein;Van_Dyke;Klein;
Vandenberg;van_der_Meer;Schwartz;Zimmerman;Lindqvist;Gunderson;Knutson;Yoder;Stoltzfus;Rosenthal;Feldman;Shapiro;
Bernstein;
Krueger;Dietrich;Eichelberger;von_Allmen;Dykstra;Hoekstra;Kirschenbaum;Pfeiffer;Sorensen;Thorvaldsen;Mandelbaum;
Roth;Blum"""
_FRENCH_WOMEN = (
    "Marie-Claire Guerline Chantal Ginette Yvonne Josette Mirlande Odile Simone Solange Nadège Bernadine Claudette"
)
_FRENCH_MEN = (
    "Jean-Robert Yves Emmanuel Marcel Luc Gaston Fritz Wilner Reynald Normand Adrien Armand Rene Jean-Claude"
)
_FRENCH = """Pierre;Baptiste;Toussaint;Boudreaux;Thibodeaux;Landry;LeBlanc;Gagnon;Pelletier;Desrosiers;St._Pierre;
Duvalier;Charles;Etienne;Celestin;Guillaume;Lafontaine;Robichaux;Thériault;Jean-Baptiste;Fontenot;Ouellette;Beauchamp;
Dieudonné;Saint-Fleur;Larocque"""
_CHINA_WOMEN = """Mei Li Xiuying Fang Yan Hui Min Ling Wai-Ling Yuk Siu-Fong Jing Xiaoyan Na Lan Hong Eun-Ji
Soo-Jin Min-Jung Kyung-Hee Yoko Keiko Yumi"""
_CHINA_MEN = """Wei Jun Ming Tao Hao Jian Chi-Wai Kwok Guang Bo Feng Zhiyong Xin Da Sung-Ho Jae-Won Young-Soo
Dong-Hyun Hiroshi Kenji Takeshi"""
_CHINA = """Wang;Li;Zhang;Chen;Liu;Kim;Lin;Wong;Huang;Park;Choi;Wu;Zhou;Chan;Lam;Cheung;Yang;Xu;Zhao;Sun;Ng;Ho;Leung;
Zheng;Tang;Yip;Kwan;Au;Ma;Lim;Jung;Kang;Shin;Han;Song;Yoo;Tanaka;Yamamoto;Nakamura;Ouyang;Szeto;Xiao;Gu;Fung"""
_SEA_WOMEN = (
    "Thuy Lan Hanh Huong Mai Phuong Bich Kim-Anh Sreymom Pa-Houa Mee Maricel Rowena Luzviminda Jocelyn Marilou Ligaya"
)
_SEA_MEN = (
    "Minh Tuan Hung Duc Quang Thanh Sokha Vuthy Kou Tou Rodrigo Renato Danilo Ferdinand Rommel Bayani Phuc Dung"
)
_SEA = """Nguyen;Tran;Le;Pham;Vo;Vang;Xiong;Yang;Bui;Dang;Do;Ngo;Santos;dela_Cruz;Bautista;Magsaysay;Dimaculangan;
Macapagal;Aquino;Sok;Keo;Chea;Phan;Duong;Lor;Moua;Thao;Huynh;Ly;Agbayani;Pangilinan;Manalo;Evangelista;Sengsavang;
Tolentino"""
_INDIA_WOMEN = """Priya Lakshmi Anjali Sunita Deepa Kavita Meena Nisha Rekha Harpreet Gurpreet Jaswinder Padma
Vasanthi Shanthi Nasreen Rukhsana Shazia Farhana Razia Bushra Ayesha Sabiha Nirmala Usha Asha"""
_INDIA_MEN = """Rajesh Sanjay Anil Vijay Ravi Suresh Amit Harjit Gurdeep Balwinder Srinivas Venkatesh Ganesh Arjun
Imran Tariq Mohammed Abdul Asif Rafiq Shahid Kamal Zafar Javed Ashok Dilip"""
_INDIA = """Patel;Singh;Khan;Shah;Kumar;Sharma;Ahmed;Begum;Kaur;Hussain;Ali;Gupta;Reddy;Desai;Mehta;Iqbal;Chaudhry;
Rahman;Islam;Miah;Uddin;Bibi;Malik;Akhtar;Mahmood;Nair;Iyer;Krishnamurthy;Subramanian;Venkataraman;Gill;Dhillon;Sandhu;
Mistry;Bhatt;Joshi;Parmar;Solanki;Banerjee;Mukherjee;Chakraborty;Perera;Jayasuriya;Fernando;Thapa;Gurung;Shrestha;
Sivakumar;Balasubramaniam;Qureshi;Ghuman;Rao;Das;Sen;Jain"""
_ARAB_WOMEN = """Fatima Zainab Layla Maryam Huda Nawal Samira Hanan Rania Parisa Shirin Nasrin Zahra Mahnaz Aysel
Dilek Yasmin Rim"""
_ARAB_MEN = """Ahmad Omar Khalid Hassan Mustafa Youssef Bilal Nabil Walid Farid Reza Behrouz Mehdi Dariush Mehmet
Murat Karim Ziad"""
_ARAB = """Hassan;Haddad;Khoury;Mansour;Abdallah;Saleh;Najjar;Al-Masri;Ibrahim;El-Sayed;Hosseini;Tehrani;Karimi;
Shirazi;
Mohammadi;Yilmaz;Demir;Özturk;Aziz;Farah;Al_Hashimi;Bou_Chedid;Ghorbani;Rezaei;Nasser;Tawfik;Barakat;Abu-Zaid;
Hamdan"""
_AFRICA_WOMEN = """Ngozi Chioma Folake Abimbola Akosua Abena Amina Hodan Ifrah Hibo Selamawit Tigist Blessing
Precious Funmilayo Adaeze Patience Comfort"""
_AFRICA_MEN = """Chukwuemeka Oluwaseun Babatunde Kwame Kofi Kwabena Abdirahman Mohamud Tesfaye Dawit Obinna Ikenna
Segun Emeka Godwin Sunday Moses"""
_AFRICA = """Okafor;Adeyemi;Mensah;Mohamed;Owusu;Okonkwo;Abdi;Ali;Boateng;Osei;Tesfaye;Gebremariam;Warsame;Nwosu;Eze;
Balogun;Ogunleye;Adebayo;Asante;Diallo;Traore;Conteh;Kamara;Sesay;Moyo;Ndlovu;Mbeki;Farah;Jama;Haile;Bekele;Wolde;
Appiah;Agyeman;Onyekachi;Uzoma;Mutua;Kipchoge;Otieno;Banda;Chikwanda;Nkrumah"""
_ISLAND_WOMEN = "Charmaine Marva Hyacinth Merlene Beverley Verona Claudette Marcia Icilda Sonia Yvette"
_ISLAND_MEN = "Delroy Winston Lloyd Errol Devon Carlton Neville Clive Leroy Everton Courtney"
_ISLAND = (
    "Campbell;Grant;Francis;Bailey;Gayle;Blake;Levy;Samuels;Clarke;Barrett;McKoy;Beckford;Wray;Ramsingh;Mohammed"
)

COMMUNITIES = (
    _community(500, 560, _WOMEN, _MEN, _ANGLO),
    _community(55, 80, _IRISH_WOMEN, _IRISH_MEN, _IRISH),
    _community(75, 0, _BLACK_WOMEN, _BLACK_MEN, _BLACK, 0.65),
    _community(120, 10, _LATIN_WOMEN, _LATIN_MEN, _LATIN),
    _community(35, 55, _EAST_WOMEN, _EAST_MEN, _EAST),
    _community(45, 25, _MED_WOMEN, _MED_MEN, _MED),
    _community(45, 15, _NORTH_WOMEN, _NORTH_MEN, _NORTH),
    _community(22, 8, _FRENCH_WOMEN, _FRENCH_MEN, _FRENCH),
    _community(28, 20, _CHINA_WOMEN, _CHINA_MEN, _CHINA),
    _community(25, 12, _SEA_WOMEN, _SEA_MEN, _SEA),
    _community(24, 120, _INDIA_WOMEN, _INDIA_MEN, _INDIA),
    _community(14, 35, _ARAB_WOMEN, _ARAB_MEN, _ARAB),
    _community(12, 60, _AFRICA_WOMEN, _AFRICA_MEN, _AFRICA),
    _community(15, 45, _ISLAND_WOMEN, _ISLAND_MEN, _ISLAND, 0.4),
)
# American and British given names are worn by people of other families too.
_ADOPTS = 0.35
NICKNAMES = {
    "William": "Bill", "Robert": "Bob", "James": "Jim", "Richard": "Dick", "Elizabeth": "Betsy", "Margaret":
    "Peggy", "Patricia": "Pat", "Thomas": "Tom", "Joseph": "Joe", "Michael": "Mike", "Katherine": "Kate",
    "Kathleen": "Kathy", "Deborah": "Debbie", "Susan": "Sue", "Edward": "Ted", "Charles": "Chuck", "Francisco":
    "Paco", "Jose": "Pepe", "Guadalupe": "Lupe", "Anthony": "Tony", "Dorothy": "Dot", "Barbara": "Barb",
    "Theresa": "Terri", "Gerald": "Gerry", "Ronald": "Ron", "Daniel": "Danny", "Samuel": "Sam", "Christopher":
    "Chris", "Eleanor": "Ellie", "Virginia": "Ginny", "Salvatore": "Sal", "Stanislaw": "Stan", "Cornelius":
    "Neil", "Lillian": "Lil", "Pamela": "Pam", "Donald": "Don", "Eugene": "Gene", "Raymond": "Ray", "Arthur":
    "Art", "Douglas": "Doug", "Jeffrey": "Jeff", "Stephen": "Steve",
}  # fmt: skip


def _by_rank(rng: Random, names: tuple[str, ...]) -> str:
    weights = [1 / (rank + 25) for rank in range(len(names))]
    return rng.choices(names, weights)[0]


def draw_community(rng: Random, uk: bool) -> Community:
    """Draw an origin by its share of the country's patients."""
    return rng.choices(COMMUNITIES, [c.uk if uk else c.us for c in COMMUNITIES])[0]


def draw_given(rng: Random, community: Community, female: bool) -> str:
    """Draw a given name."""
    if rng.random() < _ADOPTS:
        community = COMMUNITIES[0]
    return _by_rank(rng, community.women if female else community.men)


def draw_family(rng: Random, community: Community) -> str:
    """Draw a family name; one in forty is double."""
    english = COMMUNITIES[0].families
    family = _by_rank(rng, english if rng.random() < community.english else community.families)
    if rng.random() < 0.025 and "-" not in family and " " not in family:
        family = f"{family}-{_by_rank(rng, english)}"
    return family
