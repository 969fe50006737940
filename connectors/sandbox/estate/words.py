"""Word lists of the sandbox world: invented places and firms, common given and family names, trades, streets.

Places and brands are made up; people are random pairings of common names.
"""

from __future__ import annotations


def _split(text: str, separator: str = " ") -> tuple[str, ...]:
    return tuple(text.split(separator))


PLACES = _split(
    "Brackenford Thornwick Marlhaven Ashcombe Wexbury Calderside Fenmoor Harrowmere Elmstead Quillbrook Ravenholt "
    "Saltmarsh Tidewell Underhay Vexley Winterfold Yarrowby Amberlea Birchmoor Copperhill Dunsmere Eastleach "
    "Foxholm Grenfold Hollowell Ivelchester Juniper-Falls Kestrelton Lindenvale Mosswater Netherfield Oakhanger "
    "Pinecrest Quarrydale Rushmead Sandlewood Tamarack-Bay Upperthorpe Valemont Willowmere Axbridge-Cross "
    "Brookhollow Cedarford Driftwood-Point Emberton Fairlight-Hill Glenmarrow Highmoor Islewick Jasperton "
    "Kingsbarrow Larkrise Millstone-Creek Newbarrow Orchardleigh Pebblecombe Riversend Stillwater-Bend "
    "Thistledown Umberside"
)

BRANDS = _split(
    "Brightwater Bluepeak Silverline Copperleaf Larkspur Beaconfield Evermore Northlight Ironvale Redfern "
    "Greywood Bellwether Stonemark Clearbrook Highline Goldcrest Swiftwater Whitethorn Meadowlark Fieldstone "
    "Truepoint Amberwing Cobaltridge Suncrest Oldbarn Ferncliff Hartwell Moonstone Sparrowhawk Cloverdene "
    "Blackthorn Windermark Kingfisher Lanternlight Marigold Nightingale Palisade Quicksilver Rosewater Tallgrass "
    "Vantage Waypoint Zephyr Anvil Bramblewood Crosswind Dovetail Everbright Foxglove Gatehouse"
)

SURNAMES = _split(
    "Harlow Pike Brennan Whitaker Osborne Castellano Delaney Eriksen Farrow Gallagher Hadley Ingram Jessop "
    "Kowalski Lindqvist Mercer Nakamura Okafor Pemberton Quinlan Rutherford Sandoval Thackeray Underwood Vasquez "
    "Whitlock Yates Zimmer Abernathy Bancroft Chaudhry Donnelly Espinoza Fitzgerald Goswami Hargreaves Iverson "
    "Jankowski Kendrick Lombardi Mahoney Novak Oyelaran Patel Ramirez Sorensen Trevino Vaughan Wexler Adeyemi "
    "Bhatt Crowther Dutta Ellery Fontaine Grimshaw Halloran Ishikawa Joyner Kaplan Lovell Marchetti Nightingale "
    "Oakes Prescott Rahman Stokes Tierney Varga Winslow Booth Cole Dunn Frost Hale Knox Lowe Nash Reed Shaw"
)

GIVEN = _split(
    "Amelia Oliver Priya Marcus Sofia Ethan Grace Daniel Aisha Thomas Hannah Lucas Chloe Samuel Fatima Benjamin "
    "Ruth Gabriel Naomi Isaac Leila Patrick Elena Victor Maya Hugo Ingrid Omar Rosa Simon Tara Felix Yasmin Adam "
    "Beatrice Conor Diana Edward Freya George Harriet Ivan Julia Kofi Laura Mateo Nina Oscar Paula Quentin Rachel "
    "Stefan Teresa Umar Vera William Xenia Yusuf Zoe Anders Bruno Carmen Dmitri Esther Frank Gloria Hassan Irene "
    "Jonas Katya"
)

TITLES = (
    ("Accounts Assistant", "Finance"),
    ("Office Manager", "Administration"),
    ("Managing Director", "Management"),
    ("Receptionist", "Administration"),
    ("Sales Executive", "Sales"),
    ("Project Manager", "Operations"),
    ("Operations Lead", "Operations"),
    ("Buyer", "Purchasing"),
    ("HR Advisor", "People"),
    ("Engineer", "Technical"),
    ("Designer", "Technical"),
    ("Warehouse Supervisor", "Operations"),
    ("Customer Service Agent", "Sales"),
    ("Partner", "Management"),
    ("Technician", "Technical"),
)

TRADES = _split(
    "Dental Care|Veterinary Clinic|Accountants|Solicitors|Architects|Engineering Services|Logistics|"
    "Freight Services|Construction|Builders|Property Management|Realty|Insurance Brokers|Wealth Management|"
    "Physiotherapy|Care Homes|Pharmacy|Manufacturing|Precision Tooling|Plastics|Packaging|Print & Design|"
    "Marketing|Catering|Brewing Company|Bakery|Nurseries|Farms|Hotels|Motors|Electrical Contractors|"
    "Plumbing & Heating|Roofing|Joinery|Furniture|Interiors|Textiles|Wine Merchants|Events|Recruitment|"
    "Community Trust|Academy|Surveyors|Foods|Dairy|Seafoods|Medical Group|Family Practice|Eye Care|Laboratories|"
    "Software|Aviation Services|Marine|Self Storage|Security Systems|Landscape Gardens|Consulting Group|"
    "International Trading",
    "|",
)

PARTNER_TRADES = _split(
    "Solicitors|Accountants|Architects|Surveyors|Law|Associates|Insurance Brokers|Wealth Management|"
    "Financial Planning|Consulting",
    "|",
)

GENERIC = _split(
    "The Dental Practice|Premier Services|First Choice Property|City Electrical|Family Law Associates|"
    "National Storage Solutions|Main Street Medical Group|The Village Pharmacy|Central Motors|Quality Foods|"
    "The Print Shop|Advanced Engineering|Professional Accounting Services|The Care Company|Universal Logistics",
    "|",
)

FOREIGN = {
    "DE": (
        _split("Brünning Käßmann Löwenthal Großkopf Schäferling Überacker Möllmann Dörries Fürstenau Jägermann"),
        (
            "{} Metallbau",
            "{} Elektrotechnik",
            "Zahnarztpraxis {}",
            "{} Spedition",
            "Möbelwerkstätten {}",
            "{} & Söhne",
            "Steuerkanzlei {}",
        ),
        ("GmbH", "GmbH & Co. KG", "KG", "AG"),
    ),
    "FR": (
        _split("Lefèvrier Châtelain Béranger Gaillardon Dupré Hébrard Marchadier Noëllet Périgaud Sauvageot"),
        ("Boulangerie {}", "Cabinet {}", "Menuiserie {}", "Transports {}", "{} et Fils", "Pharmacie {}", "Atelier {}"),
        ("SARL", "SAS", "SA"),
    ),
    "NL": (
        _split("Van-der-Linde De-Witte Hoogeboom Vermeulen Schaapherder Kuipers Van-Rijswoud Zandstra"),
        ("{} Bouw", "{} Logistiek", "{} Accountants", "Tandartspraktijk {}", "{} Zuivel"),
        ("B.V.", "BV", "V.O.F."),
    ),
    "ES": (
        _split("Ibáñez Núñez Peñalver Gómara Castañeda Muñozal Echeverría"),
        ("Construcciones {}", "Gestoría {}", "Transportes {}", "Clínica {}", "Bodegas {}"),
        ("S.L.", "S.A.", "SLU"),
    ),
    "SE": (
        _split("Sjöberg Åkerlind Öhrström Lindgård Häggmark Bäckvall"),
        ("{} Redovisning", "{} Bygg", "{}s Tandvård", "{} & Partners"),
        ("AB",),
    ),
    "IE": (
        _split("Kinsale Dunmorran Carrickmor Ballyfane Lismoyle Glenroe"),
        ("{} Dairy Co-op", "{} Solicitors", "{} Hotels", "{} Seafoods", "{} Medical Centre"),
        ("Ltd", "DAC", "Limited"),
    ),
}

LEGAL_FORMS = {
    "US": ("LLC", "Inc.", "Inc", "P.C.", "Co.", "Corp.", "LLC", "Inc."),
    "GB": ("Ltd", "Limited", "LLP", "Ltd", "Ltd", "plc"),
}

CITIES = {
    "US": (
        ("Columbus", "OH", "43215", "614"),
        ("Grand Rapids", "MI", "49503", "616"),
        ("Boise", "ID", "83702", "208"),
        ("Raleigh", "NC", "27601", "919"),
        ("Tucson", "AZ", "85701", "520"),
        ("Madison", "WI", "53703", "608"),
        ("Worcester", "MA", "01608", "508"),
        ("Spokane", "WA", "99201", "509"),
        ("Knoxville", "TN", "37902", "865"),
        ("Omaha", "NE", "68102", "402"),
    ),
    "GB": (
        ("Leeds", "West Yorkshire", "LS1", "0113 496 0"),
        ("Bristol", "Avon", "BS1", "0117 496 0"),
        ("Reading", "Berkshire", "RG1", "0118 496 0"),
        ("Leicester", "Leicestershire", "LE1", "0116 496 0"),
        ("Sheffield", "South Yorkshire", "S1", "0114 496 0"),
        ("Nottingham", "Nottinghamshire", "NG1", "0115 496 0"),
    ),
    "DE": (("Hannover", "Niedersachsen", "30159", ""), ("Köln", "Nordrhein-Westfalen", "50667", "")),
    "FR": (("Lyon", "Rhône", "69002", ""), ("Angoulême", "Charente", "16000", "")),
    "NL": (("Utrecht", "Utrecht", "3511", ""), ("Zwolle", "Overijssel", "8011", "")),
    "ES": (("Logroño", "La Rioja", "26001", ""), ("Málaga", "Málaga", "29005", "")),
    "SE": (("Malmö", "Skåne", "211 22", ""), ("Örebro", "Örebro län", "702 10", "")),
    "IE": (("Galway", "Co. Galway", "H91", ""), ("Cork", "Co. Cork", "T12", "")),
}

STREETS = {
    "US": (
        "Main Street",
        "Oak Avenue",
        "Commerce Drive",
        "Mill Road",
        "Industrial Parkway",
        "2nd Street",
        "Lakeview Boulevard",
    ),
    "GB": ("High Street", "Station Road", "Mill Lane", "Queens Road", "Church Street", "Canal Wharf", "Park Row"),
    "DE": ("Lindenstraße", "Bahnhofstraße", "Gewerbering", "Mühlenweg"),
    "FR": ("rue des Érables", "avenue de la Gare", "chemin du Moulin"),
    "NL": ("Kerkstraat", "Industrieweg", "Molenlaan"),
    "ES": ("Calle Mayor", "Avenida de la Constitución", "Calle del Río"),
    "SE": ("Storgatan", "Järnvägsgatan", "Kungsgatan"),
    "IE": ("Quay Street", "Main Street", "Mill Road"),
}

CURRENCY = {"US": "USD", "GB": "GBP"}
"""EU clients are billed in EUR."""
