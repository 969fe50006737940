"""Words of product names: abbreviations, renames, editions and families. Data only; the rules are in `names`."""

import re

# Words as people shorten them, and names that Microsoft has since changed; longest phrase first.
SHORT: dict[str, str] = {
    "bus": "business", "biz": "business", "std": "standard", "stnd": "standard", "stand": "standard", "prem": "premium",
    "ent": "enterprise", "entp": "enterprise", "exch": "exchange", "ess": "essentials", "essential": "essentials",
    "adv": "advanced", "pro": "professional", "prof": "professional", "mgmt": "management", "mgd": "managed",
    "wks": "workstation", "wkstn": "workstation", "desktop": "workstation", "pc": "workstation", "pcs": "workstation",
    "workstations": "workstation", "servers": "server", "srv": "server", "svr": "server", "bkp": "backup",
    "backups": "backup", "sec": "security", "av": "antivirus", "lic": "licence", "license": "licence",
    "licenses": "licence", "licences": "licence", "sub": "subscription", "subs": "subscription", "addon": "addon",
    "s1": "sentinelone", "edu": "education", "gov": "government", "govt": "government", "conf": "conferencing",
    "mtg": "meeting", "powerapps": "power apps", "powerbi": "power bi", "sharept": "sharepoint", "sp": "sharepoint",
    "od4b": "onedrive business", "onedrive4b": "onedrive business", "aad": "entra id", "azuread": "entra id",
    "ems": "enterprise mobility security", "atp": "defender", "mdo": "defender for office 365",
    "mde": "defender for endpoint",
    "gws": "google workspace", "gsuite": "google workspace", "macos": "mac", "macs": "mac", "vms": "vm",
    "devices": "device", "users": "user", "endpoints": "endpoint", "mailboxes": "mailbox", "storage": "storage",
    "minutes": "min", "minute": "min", "mins": "min", "gcc": "government", "nfp": "nonprofit",
    "sat": "security awareness training", "mfa": "mfa", "wo": "without", "w": "with", "plus": "plus",
}  # fmt: skip
_RENAMED: tuple[tuple[str, str], ...] = (
    ("azure active directory premium", "entra id"),
    ("azure active directory", "entra id"),
    ("azure ad premium", "entra id"),
    ("azure ad", "entra id"),
    ("entra id premium", "entra id"),
    ("office 365 advanced threat protection", "defender for office 365"),
    ("advanced threat protection", "defender"),
    ("office 365 proplus", "365 apps for enterprise"),
    ("365 proplus", "365 apps for enterprise"),
    ("office 365 threat intelligence", "defender for office 365 p2"),
    ("microsoft flow", "power automate"),
    ("365 copilot", "copilot for microsoft 365"),
    ("flow plan", "power automate plan"),
    ("power virtual agents", "copilot studio"),
    ("power virtual agent", "copilot studio"),
    ("cloud app security", "defender for cloud apps"),
    ("phone system", "teams phone standard"),
    ("365 phone system", "teams phone standard"),
    ("windows 10 enterprise", "windows 10 11 enterprise"),
    ("office 365 business essentials", "365 business basic"),
    ("365 business essentials", "365 business basic"),
    ("office 365 business premium", "365 business standard"),
    ("enterprise mobility and security", "enterprise mobility security"),
    ("enterprise mobility suite", "enterprise mobility security e3"),
    ("office 365 enterprise", "office 365"),
    ("office 365 k1", "office 365 f3"),
    ("office 365 f1", "office 365 f3"),
    ("office 365 education e1", "office 365 a1"),
    ("office 365 education e3", "office 365 a3"),
    ("office 365 education e5", "office 365 a5"),
    ("office 365 a2", "office 365 a1"),
    ("office 365 exchange online", "exchange online"),
    ("power apps per user plan", "power apps premium"),
    ("power automate per user with attended rpa plan", "power automate premium"),
    ("project p1", "planner p1"),
    ("planner and project p3", "project p3"),
    ("planner and project p5", "project p5"),
    ("project online professional", "project p3"),
    ("project online premium", "project p5"),
    ("project lite", "project online essentials"),
    ("azure advanced threat protection", "defender for identity"),
    ("advanced threat analytics", "defender for identity"),
    ("windows defender advanced threat protection", "defender for endpoint"),
    ("defender advanced threat protection", "defender for endpoint"),
    ("azure rights management", "azure information protection"),
    ("azure information protection premium", "azure information protection"),
    ("azuread premium", "entra id"),
    ("sharepoint online storage", "office 365 extra file storage"),
    ("dynamics 365 for financials for iws", "dynamics 365 business central for iws"),
    ("power bi free", "fabric free"),
    ("non profit", "nonprofit"),
    ("not for profit", "nonprofit"),
    ("office proplus", "365 apps for enterprise"),
    ("pstn conferencing", "365 audio conferencing"),
    ("skype for business cloud pbx", "teams phone standard"),
    ("exchange online advanced threat protection", "defender for office 365 p1"),
    ("one drive", "onedrive"),
    ("add on", "addon"),
    ("virtual machine", "vm"),
    ("anti virus", "antivirus"),
)
RENAMED = tuple(sorted(_RENAMED, key=lambda pair: -len(pair[0])))
# Names that mean a product only where nothing else is said.
WHOLE: dict[str, str] = {
    "365 business": "365 business premium",
    "entra id": "entra id p1",
    "rights management": "azure information protection p1",
    "azure information protection": "azure information protection p1",
    "sharepoint storage": "office 365 extra file storage",
    "office 365 p1": "office 365 small business",
    "office 365 p2": "office 365 small business premium",
    "enterprise e1": "office 365 e1",
    "enterprise e3": "office 365 e3",
    "enterprise e5": "office 365 e5",
    "enterprise e5 without audio conferencing": "office 365 e5 without audio conferencing",
}
FILLERS = frozenset({
    "microsoft", "ms", "for", "the", "of", "and", "a", "an", "licence", "subscription", "online", "per", "user",
    "seat", "device", "endpoint", "agent", "monthly", "month", "annual", "service", "services", "fee", "managed",
    "hosted", "cloud", "usage", "plan", "edition", "cloudpc",
})  # fmt: skip

TIERS = re.compile(r"^(?:[efagpk]\d|m\d(?:ra)?|x\d|t\d|\d)$")
EDITIONS = frozenset({
    "basic", "standard", "premium", "business", "enterprise", "essentials", "advanced", "professional",
    "complete", "core", "control", "starter", "plus", "beginner", "kiosk", "elite", "entry", "advantage",
    "premier", "silver", "gold", "platinum", "diamond", "foundation", "frontline", "ultimate", "lite", "free",
    "express", "team", "teams", "unattended", "total", "performance", "go", "single", "all", "developer", "viewer",
})  # fmt: skip
DEVICES = frozenset({
    "server", "workstation", "mac", "vm", "mobile", "network", "mailbox", "sql",
})  # fmt: skip
AUDIENCES = frozenset({
    "government", "gcc", "gcchigh", "dod", "faculty", "student", "students", "education", "nonprofit", "donation",
    "charity", "usgov", "trial", "preview", "viral", "eea", "cn", "device", "home",
})  # fmt: skip
KINDS = frozenset({
    "addon", "attach", "backup", "archiving", "capacity", "storage", "training", "calling", "voice",
    "conferencing", "sms",
})  # fmt: skip

# Families of products: a line named for nothing else is a lump sum over several products.
FAMILIES = frozenset({
    "", "365", "office", "office 365", "dynamics 365", "windows 365", "365 office", "google workspace",
})  # fmt: skip
UNITS: dict[str, str] = {
    "user": "user", "users": "user", "person": "user", "people": "user", "staff": "user", "employee": "user",
    "employees": "user", "identity": "user", "identities": "user", "learner": "user", "learners": "user",
    "device": "device", "devices": "device", "endpoint": "device", "endpoints": "device", "computer": "device",
    "computers": "device", "machine": "device", "machines": "device", "agent": "device", "agents": "device",
    "node": "device", "nodes": "device", "workstation": "device", "server": "device", "mailbox": "mailbox",
    "mailboxes": "mailbox", "workload": "workload", "workloads": "workload", "vm": "workload", "site": "site",
    "sites": "site", "location": "site", "locations": "site", "tb": "storage", "gb": "storage", "storage": "storage",
}  # fmt: skip
