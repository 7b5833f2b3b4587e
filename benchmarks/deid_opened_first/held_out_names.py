"""Names of people and places for the notes kept apart. Any likeness is by chance."""


def words(text: str) -> list[str]:
    """Return the words of a text, underscores being spaces."""
    return [word.replace("_", " ") for word in text.split()]


# One entry: share of people, women's names, men's names, surnames.
ORIGINS = [
    (
        0.46,
        words(
            """
            Marjorie Bernice Gwendolyn Eleanor Harriet Loretta Rosemary Maxine Geraldine Hazel Peggy Darlene
            Jo_Ann Vivian Penelope Brooke Caitlin Mackenzie Madison Savannah Hannah Olivia Sophia Chloe Abigail
            Haley Bethany Lindsay Meredith Tabitha Lorraine Nadine Rhonda Sheila Tracy Vera Wilma Yvonne Summer
            Autumn Destiny Charity Jasmine Heaven Mercy Precious Imani Shanice LaShawn Tamika Aaliyah
            """
        ),
        words(
            """
            Wendell Clifford Herbert Leroy Floyd Milton Chester Vernon Lyle Darrell Dwight Elmer Cecil Rufus
            Hollis Trevor Garrett Dustin Cody Logan Mason Tanner Wyatt Hunter Connor Ethan Noah Liam Caleb
            Isaiah Elijah Malik DeAndre Marquis Terrence Reginald Clint Chuck Skip Buddy Art Ace Rusty Cliff
            Dean Royal Major Clay
            """
        ),
        words(
            """
            Abernathy Whitaker Pruitt Caldwell Vaughn Stanton Blankenship Hollingsworth Beasley Kirkland
            Pennington Faulkner Dalton Winslow Thornton Ashworth Lockhart McAllister McGee MacDougall O'Malley
            O'Leary Fitzgerald Gallagher Brennan Donnelly Sorensen Lindqvist Haugen Vandenberg Zimmerman
            Schneider Kessler Baumgartner Rosenthal Weinstein DiMarco Esposito Santangelo LaFontaine Thibodeaux
            Boudreaux Hebert Dupree Broussard Tuttle Satterfield Yarbrough Hairston Pettigrew Ledbetter Upchurch
            Goodwin Summers Winters Rush Sparks Cash Hood Bird Wolfe Lamb Crane Drake Swan Nye Pratt Sloan Bowen
            Bowles Chew Moody Lightfoot Horne Lesage Gold Silver Dye Frost Rains Snow Heard Pickett Key Lance
            Marrow Ashe
            """
        ),
    ),
    (
        0.16,
        words(
            """
            María Guadalupe Rosario Luz Ximena Alejandra Concepción Marisol Graciela Itzel Noemí Dolores Pilar
            Araceli
            """
        ),
        words(
            """
            Jesús Ángel Ramón Héctor Salvador Ignacio Rigoberto Efraín Gilberto Octavio Lázaro Moisés Raúl Fidel
            """
        ),
        words(
            """
            Villarreal Ontiveros Quintanilla Zavala de_la_Cruz Guzmán Peña Ibarra-Soto Santillán Cisneros
            Barragán Montes_de_Oca Trujillo Escobedo Nájera Arreola Fuentes Del_Río Velázquez Ochoa Batista
            Maldonado-Ruiz
            """
        ),
    ),
    (
        0.1,
        words(
            """
            Priya Lakshmi Sunita Anjali Deepika Kavita Meena Fatima Aisha Zainab Noor Yasmin Farah Samira Hiba
            """
        ),
        words(
            """
            Rajesh Vikram Anil Sanjay Arjun Mohammed Ahmed Yusuf Omar Khalid Hassan Tariq Imran Bilal Suresh
            """
        ),
        words(
            """
            Patel Krishnamurthy Venkataraman Chaudhary Banerjee Iyer Subramanian Gupta Al-Sayed El-Amin Haddad
            Siddiqui Qureshi Rahman Khoury Abdi bin_Rashid Mansour Nair Deshpande Bhatt Farooqi
            """
        ),
    ),
    (
        0.13,
        words(
            """
            Mei-Ling Xiaoyan Hui Yuki Sakura Ji-woo Soo-jin Thuy Linh Phuong Bao Kieu Mai Pa_Houa Rosalinda
            Ligaya
            """
        ),
        words(
            """
            Wei Jianguo Zhiyuan Hiroshi Kenji Min-jun Dae-jung Quang Duc Minh Tuan Huy Tou_Ger Chue Rommel
            Bayani
            """
        ),
        words(
            """
            Zhang Huang Xu Ouyang Tanaka Yamamoto Kim Cho Hwang Pham Vo Bui Ngo Truong Xiong Vang Moua Dela_Cruz
            Macaraeg Bautista Do Ho Sun Song Tong Nguyen-Tran
            """
        ),
    ),
    (
        0.15,
        words(
            """
            Svetlana Olga Katarzyna Agnieszka Ludmila Ngozi Chidinma Folake Abena Mirlande Fabiola Siobhán
            Ingrid Zofia
            """
        ),
        words(
            """
            Vladimir Dmitri Zbigniew Andrzej Bogdan Chukwuemeka Olumide Kwame Kofi Jean-Baptiste Wilner Padraig
            Lars
            """
        ),
        words(
            """
            Kuznetsova Petrov Wojciechowski Szymanski Horvat Kovačević Okonkwo Adeyemi Balogun Mensah Boateng
            Toussaint Desrosiers Pierre-Louis Ó_Súilleabháin Bjornstad van_der_Merwe Papadopoulos Yilmaz Haile
            Tesfaye Dragomir
            """
        ),
    ),
]

# Town, state, two-digit start of its postal code, and area code.
TOWNS = [
    ("Chillicothe", "OH", "45", "740"),
    ("Bozeman", "MT", "59", "406"),
    ("Sioux Falls", "SD", "57", "605"),
    ("Tuscaloosa", "AL", "35", "205"),
    ("Kalamazoo", "MI", "49", "269"),
    ("Nashua", "NH", "03", "603"),
    ("El Cajon", "CA", "92", "619"),
    ("Coeur d'Alene", "ID", "83", "208"),
    ("Truth or Consequences", "NM", "87", "575"),
    ("Hope", "AR", "71", "870"),
    ("Mt. Pleasant", "SC", "29", "843"),
    ("Yonkers", "NY", "10", "914"),
    ("Sugar Land", "TX", "77", "281"),
    ("Hattiesburg", "MS", "39", "601"),
    ("Lake Havasu City", "AZ", "86", "928"),
    ("Eau Claire", "WI", "54", "715"),
]
STREETS = [
    "{n} N. {k}th Pl.",
    "{n} Old Mill Rd",
    "{n} County Road {k}",
    "P.O. Box {n}",
    "{n} Martin Luther King Jr. Blvd",
    "{n} Whispering Pines Trl, Apt. 2-C",
    "RR 2 Box {k}",
    "{n} E {k}th Street, Lot 9",
    "{n} Bayview Terrace",
    "{n}B Quail Hollow Circle",
    "{n} Hwy {k} South",
    "{n} St. Andrews Pkwy, Suite {k}",
    "{n} Calle Real",
    "One Harbor Plaza",
    "{n} Via Verde, Bldg {k}",
]
HOSPITALS = [
    "Kessler-Rowe University Hospital",
    "Sacred Heart Health System",
    "{town} Methodist",
    "Shriners' Hall Children's Hospital",
    "Baptist Memorial - {town}",
    "Tri-County Medical Centre",
    "Holy Cross",
    "Bellhaven Cancer Institute",
    "Winslow Veterans Hospital",
    "{town} Community Health Network",
]
OFFICES = [
    "Pine Street Pediatrics",
    "Comprehensive Pain & Spine, LLC",
    "Bluewater Dermatology",
    "Women's Health of {town}",
    "The Lung Center",
    "{town} Heart and Vascular",
    "Harborview Gastroenterology, P.A.",
]
HOMES = ["Brookdale Gardens", "The Arbors at {town}", "Golden Years Assisted Living", "Villa Serena SNF"]
WORKPLACES = ["Costa's Bakery", "Tyrell Logistics", "{town} ISD", "Northrup Tool & Die", "Roosevelt Middle School"]
PAYERS = ["BCBS of the Midwest", "Tricare Prime", "Molina", "Kaiser", "WellCare", "Medi-Cal"]
