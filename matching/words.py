"""Word lists behind normalisation: legal forms, abbreviations, noise. Data only; the rules are in `normalise`."""

# Legal forms by canonical family. Two records with forms of different families are weak evidence against a link.
# Keys are written as they look after punctuation is gone and "s.a." has become "sa".
_FAMILIES: dict[str, str] = {
    "inc": "inc|incorporated|corp|corporation",
    "co": "co|company|cos",
    "llc": "llc|llcs|l l c|limited liability company|lc",
    "ltd": "ltd|limited|ltda|l t d|private limited|lda|limitada|בע מ|"
    "בעמ|pvt ltd|pte ltd|pty ltd|pty|pte|pvt|proprietary limited|"
    "sdn bhd|bhd|co ltd|tbk",
    "plc": "plc|public limited company",
    "llp": "llp|l l p|limited liability partnership",
    "lp": "lp|l p|limited partnership|lllp",
    "pc": "pc|p c|pllc|p l l c|pa|psc|professional corporation|professional association|apc|sc ltd",
    "gmbh": "gmbh|g m b h|gesmbh|mbh|ggmbh|ug|gesellschaft mit beschraenkter haftung|"
    "gesellschaft mit beschrankter haftung",
    "gmbh_kg": "se co kg|ug co kg|gmbh und co kg|gmbh co kg|gmbh and co kg|kg|ohg|kgaa|"
    "gmbh co kgaa|ag co kg|ag co kgaa|gbr|e k|ek|ev|e v|eg",
    "ag": "ag|aktiengesellschaft",
    "sa": "sa|s a|αε|αβεε|sab|sab de cv|sa de cv|s a de c v|saa|sau|societe anonyme|sociedad anonima|sca|sgps",
    "sarl": "sarl|s a r l|eurl|sas|sasu|sasl|scop|sci|snc|societe a responsabilite limitee",
    "srl": "επε|ικε|srl|eirl|s r l|srls|s de rl|s de rl de cv|sl|slu|s l|sociedad limitada|slne|slp",
    "spa": "spa|s p a|sapa|societa per azioni",
    "bv": "vzw|asbl|comm v|bv|b v|besloten vennootschap|cv|vof|bvba|b v b a|sprl|stichting",
    "nv": "nv|n v|naamloze vennootschap",
    "ab": "hb|kb|publ|ab|a b|aktiebolag|ab publ",
    "as": "as|a s|asa|aps|ap s|i s|aktieselskab|hf|ehf|ans|da",
    "oy": "oy|oyj|oy ab|osakeyhtio",
    "zoo": "sp z oo|sp z o o sp k|sp z oo sp k|spolka jawna|spolka komandytowa|sp z o o|"
    "spolka z o o|sp zoo|spzoo|spolka akcyjna|sp j|sp k",
    "sro": "spol s ro|sro|s r o|a s cz|spol s r o|doo|d o o|dd|d d|ood|eood|ad|ead",
    "kft": "kft|nyrt|zrt|bt|rt",
    "ooo": "ооо ооо|ооо|ип|чп|фоп|тзов|ooo|oao|zao|pao|ao|ooo ooo|ип|ооо|оао|зао|пао|ао|тов|tov",
    "kk": "株式会社|有限会社|合同会社|株|有限公司|股份有限公司|有限责任公司|有限責任公司|"
    "주식회사|주|유한회사|kk|k k|kabushiki kaisha|gk|yk",
    "sti": "as tr|ltd sti|anonim sirketi|limited sirketi|san tic ltd sti",
    "jsc": "jsc|ojsc|cjsc|pjsc|llp kz",
    "tiny": "ulc|unlimited|rltd|cic|cio|gp|pt|cc|npc|se|eeig|coop|sc|scrl|scs|sicav|oü|ou|sia|uab|as ee",
}


def _spread() -> dict[str, str]:
    forms: dict[str, str] = {}
    for family, text in _FAMILIES.items():
        for form in text.split("|"):
            forms.setdefault(form, family)
    return forms


LEGAL_FORMS: dict[str, str] = _spread()
LEGAL_FORM_WORDS = max(form.count(" ") + 1 for form in LEGAL_FORMS)
LEGAL_LAST_WORDS = frozenset(form.rsplit(" ", 1)[-1] for form in LEGAL_FORMS)
# Forms that stand in front of the name in their countries ("A B Electrolux", "PT Telkom", "OOO Romashka").
LEADING_FORMS: dict[str, str] = {
    str(form): LEGAL_FORMS[form]
    for form in (
        "a b",
        "ab",
        "pt",
        "ooo",
        "oao",
        "zao",
        "ооо",
        "оао",
        "зао",
        "пао",
        "sc",
        "oy",
        "p t",
        "tov",
        "uab",
        "sia",
        "тов",
        "ип",
        "株",
        "주",
        "株式会社",
        "주식회사",
    )
    if form in LEGAL_FORMS
} | {"p t": "tiny"}

# Forms that some languages write against the name, without a space; the longest first.
ATTACHED_FORMS = (
    "股份有限公司", "有限责任公司", "有限責任公司", "有限公司", "株式会社", "有限会社", "合同会社",
    "주식회사", "유한회사",
)  # fmt: skip

ABBREVIATIONS: dict[str, str] = {
    "intl": "international",
    "int'l": "international",
    "assoc": "associates",
    "assocs": "associates",
    "assn": "association",
    "svc": "service",
    "svcs": "services",
    "serv": "services",
    "mfg": "manufacturing",
    "mgmt": "management",
    "mgt": "management",
    "mgnt": "management",
    "univ": "university",
    "hosp": "hospital",
    "dept": "department",
    "bros": "brothers",
    "ctr": "center",
    "cntr": "center",
    "centre": "center",
    "natl": "national",
    "nat'l": "national",
    "grp": "group",
    "elem": "elementary",
    "rest": "restaurant",
    "mt": "mount",
    "ft": "fort",
    "cnty": "county",
    "twp": "township",
    "govt": "government",
    "gov't": "government",
    "acad": "academy",
    "admin": "administration",
    "bldg": "building",
    "constr": "construction",
    "const": "construction",
    "dist": "district",
    "distr": "distributors",
    "eng": "engineering",
    "engr": "engineering",
    "equip": "equipment",
    "fdn": "foundation",
    "hldgs": "holdings",
    "hldg": "holding",
    "ind": "industries",
    "inds": "industries",
    "ins": "insurance",
    "inst": "institute",
    "invs": "investments",
    "lab": "laboratory",
    "labs": "laboratories",
    "med": "medical",
    "mkt": "market",
    "mktg": "marketing",
    "pharm": "pharmacy",
    "phys": "physical",
    "prods": "products",
    "prop": "properties",
    "props": "properties",
    "sch": "school",
    "soc": "society",
    "sys": "systems",
    "tech": "technology",
    "techs": "technologies",
    "telecom": "telecommunications",
    "theatre": "theater",
    "trans": "transportation",
    "xpress": "express",
    "exp": "express",
    "ste": "sainte",
    "saint": "st",
    "shoppe": "shop",
    "ofc": "office",
    "dr": "doctor",
    "drs": "doctors",
}

# Words that carry no identity on their own; they fall out of the compared name.
STOP_WORDS = frozenset({"the", "and", "und", "et", "y"})

# Words that initials skip.
SMALL_WORDS = frozenset(
    """of de la del di do da dos das for in at den der die des du le les el en van von on to""".split()  # noqa: SIM905
)

# Words so common among organisations that sharing only these proves nothing.
GENERIC_WORDS = frozenset(
    """
    group holding holdings services service solutions systems technology technologies company international
    management consulting partners associates enterprises industries global national american the of and center
    office medical dental clinic health care practice family law legal accounting financial insurance capital
    investments properties realty construction design engineering manufacturing marketing media foundation school
    academy church city county town village township university college department district public library hospital
    restaurant cafe bar grill pizza food foods market grocery store shop inc llc ltd co corp north south east west
    central new st saint it first united general main home house club hotel inn america usa uk attorneys lawyers
    chiropractic veterinary orthodontics pediatrics physicians surgery therapy plumbing electric electrical heating
    roofing contractors builders homes auto automotive motors transport transportation trucking logistics supply
    products advisors advisory wealth title escrow bank credit hospitality studio studios architects data digital
    creative network networks security energy farm farms fitness senior living apartments rentals storage works
    laboratory dentistry doctors accountants architecture association society centers board commission authority
    court police fire sheriff pharmacy salon spa bakery coffee tea deli liquor liquors mart express
    """.split()  # noqa: SIM905  a list of words reads better as text
)

FREE_MAIL = frozenset(
    """
    gmail.com googlemail.com outlook.com hotmail.com hotmail.co.uk hotmail.fr hotmail.de live.com live.co.uk msn.com
    yahoo.com yahoo.co.uk yahoo.fr yahoo.de yahoo.ca yahoo.com.au ymail.com rocketmail.com aol.com icloud.com me.com
    mac.com gmx.com gmx.de gmx.net gmx.at gmx.ch web.de t-online.de freenet.de mail.com mail.ru yandex.ru yandex.com
    proton.me protonmail.com pm.me zoho.com fastmail.com comcast.net verizon.net att.net sbcglobal.net bellsouth.net
    cox.net charter.net earthlink.net btinternet.com sky.com virginmedia.com talktalk.net ntlworld.com orange.fr
    wanadoo.fr free.fr laposte.net sfr.fr libero.it virgilio.it tin.it alice.it telenet.be skynet.be ziggo.nl
    kpnmail.nl planet.nl xs4all.nl home.nl hetnet.nl bluewin.ch bigpond.com bigpond.net.au optusnet.com.au
    iinet.net.au xtra.co.nz shaw.ca rogers.com bell.net sympatico.ca telus.net qq.com 163.com 126.com naver.com
    seznam.cz wp.pl o2.pl onet.pl interia.pl example.com
    """.split()  # noqa: SIM905  a list of words reads better as text
)
