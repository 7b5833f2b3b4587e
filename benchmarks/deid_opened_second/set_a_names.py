"""Family and given names of many origins, as the register of a US or UK hospital shows them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """Names that go together, and how often people of this origin are met (weights, any unit)."""

    weight: int
    staff_weight: int
    family: tuple[str, ...]
    women: tuple[str, ...]
    men: tuple[str, ...]


def _names(text: str) -> tuple[str, ...]:
    return tuple(word.replace("_", " ") for word in text.split())


ORIGINS: tuple[Origin, ...] = (
    Origin(  # English, Scottish, Welsh and whoever took their names
        430,
        300,
        _names(
            """Smith Johnson Williams Brown Jones Davis Miller Wilson Moore Taylor Anderson Thomas Jackson White
            Harris Martin Thompson Robinson Clark Lewis Walker Hall Allen Young King Wright Hill Scott Green
            Adams Baker Nelson Carter Mitchell Roberts Turner Phillips Campbell Parker Evans Edwards Collins
            Stewart Morris Rogers Reed Cook Morgan Bell Murphy Bailey Cooper Richardson Cox Howard Ward Peterson
            Gray James Watson Brooks Price Bennett Wood Barnes Ross Henderson Coleman Jenkins Perry Powell Long
            Patterson Hughes Washington Butler Simmons Foster Bryant Alexander Griffin Hayes Hamilton Graham
            Wallace Woods Cole West Owens Reynolds Fisher Ellis Harrison Gibson McDonald Marshall Wells Webb
            Tucker Freeman Burns Crawford Boyd Mason Hunter Hicks Dixon Hunt Palmer Stone Hawkins Knight Rose
            Rice Greenwood Thistlewood Pemberton Ashworth Braithwaite Pickersgill Ramsbottom Featherstone
            Entwistle Hargreaves Ogden Shufflebotham Trelawney Llewellyn Prosser Cadwallader MacLeish McAllister
            MacGregor Abernathy Dalrymple Colquhoun Hardcastle Larkin-Price Satterfield Culpepper Beauchamp
            Ledbetter Yarborough Stallworth Broussard Winfield Hathaway Stoddard Whitcombe Lockridge"""
        ),
        _names(
            """Mary Patricia Linda Barbara Elizabeth Jennifer Susan Margaret Dorothy Nancy Karen Betty Helen Sandra
            Donna Carol Ruth Sharon Michelle Laura Sarah Kimberly Deborah Jessica Shirley Cynthia Angela Melissa
            Brenda Amy Rebecca Virginia Kathleen Pamela Martha Debra Amanda Stephanie Carolyn Christine Janet
            Frances Joyce Diane Alice Julie Heather Teresa Doris Gloria Evelyn Jean Cheryl Mildred Joan Judith
            Rose Janice Kelly Ashley Beverly Denise Tammy Irene Lori Rachel Marilyn Lois Wanda Bonnie Edna
            Gladys Thelma Hazel Ethel Agnes Winifred Mavis Enid Beryl Glenys Shanice Latoya Keisha Tamika
            Madison Hailey Brooklyn Kaylee Faith Hope Grace Ivy June April Dawn Gail Opal Pearl"""
        ),
        _names(
            """James John Robert Michael William David Richard Charles Joseph Thomas Christopher Daniel Paul Mark
            Donald George Kenneth Steven Edward Brian Ronald Anthony Kevin Jason Matthew Gary Timothy Larry
            Jeffrey Frank Scott Eric Stephen Andrew Raymond Gregory Joshua Jerry Dennis Walter Patrick Peter
            Harold Douglas Henry Carl Arthur Ryan Roger Joe Jack Albert Jonathan Justin Terry Gerald Keith
            Samuel Ralph Lawrence Roy Benjamin Bruce Clarence Ernest Wayne Earl Alvin Leroy Chester Vernon
            Clifford Cecil Percy Cedric Nigel Alistair Gareth Rhys Darnell Tyrone DeShawn Marquis Tyler Brandon
            Logan Mason Jayden Wyatt Miles Grant Dale Rich"""
        ),
    ),
    Origin(  # Irish
        50,
        50,
        _names(
            """O'Brien O'Sullivan O'Connor O'Malley Kelly Byrne Ryan Gallagher Doherty Kennedy Lynch McCarthy
            McLaughlin McGrath Fitzgerald Fitzpatrick Quinn Maguire Flanagan Brennan Heffernan Mulcahy
            O'Shaughnessy McInerney Geoghegan Tierney Keogh"""
        ),
        _names(
            "Siobhan Aoife Niamh Orla Maeve Bridget Deirdre Ciara Sinead Eileen Maureen Colleen Kathleen Noreen Nora"
        ),
        _names(
            "Liam Sean Padraig Cormac Declan Eoin Finbar Brendan Conor Kieran Seamus Dermot Patrick Michael Eamon"
        ),
    ),
    Origin(  # Hispanic
        150,
        80,
        _names(
            """Garcia Rodriguez Martinez Hernandez Lopez Gonzalez Perez Sanchez Ramirez Torres Flores Rivera Gomez
            Diaz Reyes Cruz Morales Ortiz Gutierrez Chavez Ramos Ruiz Mendoza Alvarez Castillo Jimenez Vasquez
            Romero Moreno Herrera Medina Aguilar Vargas Guzman Mendez Munoz Salazar Soto Delgado Pena Rios Leon
            Valdez de_la_Cruz De_La_Rosa de_Leon Del_Rio Garcia-Lopez Rivera-Ortiz Santos-Mejia Zaragoza
            Villalobos Echeverria Arredondo Cienfuegos Peña Núñez Muñoz Ibarra Quintanilla"""
        ),
        _names(
            """Maria Guadalupe Rosa Carmen Ana Juana Esperanza Luz Marisol Yolanda Leticia Graciela Consuelo Pilar
            Ximena Valeria Lucia Camila Dolores Socorro Concepcion Yesenia Marta Rocio"""
        ),
        _names(
            """Jose Juan Luis Carlos Jesus Miguel Angel Jorge Pedro Manuel Francisco Ramon Enrique Raul Hector
            Javier Rigoberto Esteban Octavio Ignacio Diego Mateo Santiago Gilberto"""
        ),
    ),
    Origin(  # Chinese
        38,
        50,
        _names(
            "Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Guo He Lin Luo Gao Cheung Wong Chan Lau "
            "Leung Ho Tsai Hsu Ouyang Xie Tang Deng Cao Peng Zeng Lu Fong Yip"
        ),
        _names(
            "Mei Xiuying Yan Fang Li Jing Na Ling Hui Xia Yu-Ling Mei-Hua Wai-Ching Xiaomei Grace Jenny Vivian "
            "Shu-Fen"
        ),
        _names(
            "Wei Jun Ming Hao Lei Qiang Jian Bo Chao Guang Zhiwei Wing-Kei Kwok-Wai Chih-Ming Kevin Raymond Xiaodong"
        ),
    ),
    Origin(  # Vietnamese
        26,
        20,
        _names("Nguyen Tran Le Pham Huynh Hoang Phan Vu Vo Dang Bui Do Ngo Duong Ly Truong Dinh Lam Trinh Mai"),
        _names("Thi_Lan Hoa Huong Linh Thuy Ngoc Bich Mai Kim-Anh Thanh Trang Phuong Hanh Tuyet Nga Diem"),
        _names("Van_Minh Duc Hung Tuan Quang Dung Long Hieu Khanh Thang Bao Phuc Vinh Cuong Huy Dat"),
    ),
    Origin(  # South Asian
        52,
        170,
        _names(
            """Patel Singh Sharma Kumar Gupta Shah Reddy Rao Iyer Nair Menon Desai Mehta Joshi Kaur Banerjee
            Chatterjee Mukherjee Krishnamurthy Venkataraman Subramanian Agarwal Bhatt Chowdhury Das Ghosh Kapoor
            Malhotra Pillai Raghunathan Trivedi Verma Ahluwalia Bose Wickramasinghe Perera Hussain Begum Akhtar
            Qureshi Rahman Islam Mahmood Bhattacharya Gill Dhillon"""
        ),
        _names(
            """Priya Anjali Sunita Lakshmi Kavita Meera Deepa Nisha Pooja Radha Shreya Swati Harpreet Jaswinder
            Fatima Ayesha Nasreen Rukhsana Usha Asha Padma Indira Divya Shabana"""
        ),
        _names(
            """Raj Amit Sanjay Vikram Anil Rajesh Suresh Arjun Rohan Ravi Manoj Sunil Gurpreet Harjit Balwinder
            Imran Tariq Zahid Nadeem Mohan Venkat Srinivas Karthik Dinesh"""
        ),
    ),
    Origin(  # Arabic, Persian, Turkish
        36,
        55,
        _names(
            """Hassan Khalil Haddad Khoury Mansour Nasser Saleh Al-Rashid El-Sayed Abdelrahman Al-Masri Hamdan
            Farouk Aziz Shaheen Abboud Boutros Bazzi Hosseini Ahmadi Karimi Tehrani Farahani Moradi Yilmaz Demir
            Kaya Öztürk Al-Jabouri Elhadi Barakat"""
        ),
        _names(
            "Layla Amira Zainab Huda Nour Mariam Khadija Samira Rania Yasmin Salma Dalia Shirin Parvaneh Elif Zeynep"
        ),
        _names(
            "Ahmed Mohammed Omar Youssef Khaled Mustafa Ibrahim Hamza Tarek Samir Bilal Reza Dariush Mehmet Emre "
            "Walid"
        ),
    ),
    Origin(  # West and East African, Haitian
        40,
        45,
        _names(
            """Okafor Adeyemi Okonkwo Eze Nwosu Balogun Adebayo Ogunleye Chukwu Olawale Nwachukwu Oyelaran Mensah
            Boateng Owusu Asante Appiah Tesfaye Bekele Gebremariam Haile Abdi Warsame Mohamud Kamau Wanjiru
            Otieno Diallo Traore Jean-Baptiste Pierre-Louis Desrosiers Toussaint"""
        ),
        _names(
            "Ngozi Chioma Adaeze Folake Yetunde Amaka Ifeoma Abena Akosua Tigist Selam Hodan Sahra Wambui Fatou "
            "Marie-Ange"
        ),
        _names(
            "Chinedu Emeka Oluwaseun Tunde Babajide Obinna Kwame Kofi Yaw Dawit Abebe Abdirahman Kipchoge Mamadou "
            "Wilner"
        ),
    ),
    Origin(  # Korean, Japanese
        24,
        35,
        _names(
            "Kim Lee Park Choi Jung Kang Cho Yoon Jang Lim Han Oh Seo Shin Kwon Hwang Ahn Song Yoo Hong Tanaka "
            "Suzuki "
            "Yamamoto Nakamura Watanabe Kobayashi Ishikawa"
        ),
        _names(
            "Ji-Yeon Min-Ji Soo-Jin Eun-Hee Hye-Jin Sun-Hee Kyung-Sook Yuna Esther Eunice Haruko Keiko Michiko Yumi"
        ),
        _names(
            "Min-Ho Sung-Min Joon Dong-Hyun Jae-Won Young-Ho Sang-Woo Kyung-Ho Hyun Daniel Peter Kenji Hiroshi "
            "Takeshi"
        ),
    ),
    Origin(  # Polish, Russian and other Slavic
        50,
        45,
        _names(
            """Kowalski Nowak Wisniewski Wojcik Kaminski Lewandowski Zielinska Szymanski Dabrowski Kozlowska
            Jankowski Mazur Krawczyk Piotrowski Grabowski Ivanov Petrov Sokolova Volkov Popov Kuznetsova
            Shevchenko Kovalenko Bondarenko Horvat Novak Jovanovic Petrovic Dvorak Svoboda Hrdlicka Wróbel"""
        ),
        _names(
            "Agnieszka Malgorzata Katarzyna Zofia Halina Danuta Jadwiga Olga Svetlana Irina Natalia Oksana "
            "Ljubica Vesna"
        ),
        _names(
            "Zbigniew Krzysztof Tomasz Jerzy Stanislaw Wojciech Andrzej Dmitri Sergei Vladimir Bohdan Goran Milos "
            "Pavel"
        ),
    ),
    Origin(  # Filipino
        30,
        45,
        _names(
            "Bautista Villanueva Dela_Cruz Manalo Pangilinan Dimaculangan Macaraeg Lacson Tolentino Abad Magsaysay "
            "Salonga Dizon Catacutan Evangelista Buenaventura Soriano Ocampo"
        ),
        _names(
            "Marites Rowena Jocelyn Maricel Imelda Lourdes Corazon Analyn Cherrylyn Rosalinda Divina Luzviminda "
            "Princess"
        ),
        _names("Rodel Jun-Jun Reynaldo Arnel Rommel Danilo Ferdinand Jayson Efren Noel Crisanto Virgilio Bong"),
    ),
    Origin(  # Greek, Italian, Portuguese
        48,
        45,
        _names(
            """Papadopoulos Georgiou Pappas Konstantinidis Stavros Theodorou Karagiannis Economou Vlahos Rossi
            Russo Esposito Romano Colombo Ricci Marino Greco DeLuca DiMarco D'Angelo Santoro LoPresti
            Mastroianni Silva Santos Ferreira Pereira Medeiros"""
        ),
        _names(
            "Eleni Despina Vasiliki Sophia Kalliope Concetta Giovanna Lucia Antonella Filomena Assunta Fernanda "
            "Fatima"
        ),
        _names(
            "Nikos Dimitrios Stavros Konstantinos Spiros Giovanni Salvatore Vito Carmine Rocco Enzo Angelo Joao "
            "Duarte"
        ),
    ),
    Origin(  # German, Dutch, Scandinavian, French, Jewish
        90,
        90,
        _names(
            """Schmidt Mueller Schneider Weber Schultz Hoffmann Zimmerman Krueger Schroeder Van_Dyke van_der_Berg
            VanHouten DeVries Vandermeer Olson Larsen Hansen Johansson Lindqvist Halvorsen Bergstrom Dubois
            Thibodeaux Lefebvre Boudreaux Cohen Levy Goldberg Rosenthal Katz Friedman Shapiro Weinstein Ginsburg
            Mandelbaum St._Pierre"""
        ),
        _names(
            "Greta Ingrid Astrid Heidi Anneke Solveig Monique Genevieve Celeste Miriam Rivka Naomi Shoshana Ilse "
            "Elsie"
        ),
        _names(
            "Hans Klaus Gunther Lars Erik Sven Pieter Etienne Marcel Beau Saul Ira Mordechai Avi Otto Dieter Bjorn"
        ),
    ),
    Origin(  # Native American, Hawaiian, Hmong, Cambodian, Samoan
        16,
        6,
        _names(
            "Begay Yazzie Tsosie Benally Kealoha Kahananui Xiong Vang Moua Yang Sok Chea Tuilagi Faleafa Tsinajinnie"
        ),
        _names("Leilani Kalani Mai Pa_Houa Bopha Sina Delphine Shandiin Loretta Noelani"),
        _names("Keoni Makoa Tou Chue Sopheap Sione Emerson Wilford Darrell Tavita"),
    ),
)

NICKNAMES: dict[str, tuple[str, ...]] = {
    "Elizabeth": ("Liz", "Betty", "Beth"),
    "Margaret": ("Peggy", "Maggie"),
    "Robert": ("Bob", "Bobby"),
    "William": ("Bill", "Will"),
    "Richard": ("Dick", "Rick"),
    "James": ("Jim", "Jimmy"),
    "Michael": ("Mike",),
    "Katarzyna": ("Kasia",),
    "Guadalupe": ("Lupe",),
    "Francisco": ("Paco",),
    "Jose": ("Pepe",),
    "Deborah": ("Debbie",),
    "Dorothy": ("Dot", "Dottie"),
    "Patricia": ("Pat", "Trish"),
    "Harold": ("Hal",),
    "Charles": ("Chuck", "Charlie"),
    "Salvatore": ("Sal",),
    "Konstantinos": ("Gus",),
    "Dimitrios": ("Jimmy",),
    "Balwinder": ("Bally",),
    "Yetunde": ("Yeti",),
    "Christopher": ("Chris",),
    "Thomas": ("Tom",),
    "Susan": ("Sue",),
    "Lawrence": ("Larry",),
    "Walter": ("Walt",),
    "Rebecca": ("Becky",),
    "Rosalinda": ("Rosie",),
    "Frances": ("Fran",),
    "Jennifer": ("Jen",),
}
