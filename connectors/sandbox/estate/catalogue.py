"""What Northbeam IT sells, what the vendors call the same thing, and the rule by which each product counts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from connectors.sandbox.estate.world import (
    ACRONIS,
    DATTO,
    HUNTRESS,
    M365,
    NINJA,
    PARTNER_CENTER,
    PAX8,
    PROOFPOINT,
)

MSP_NAME = "Northbeam IT"
MSP_DOMAIN = "northbeam-it.example"
HUNTRESS_SKU = "Huntress Managed EDR"
ACRONIS_SKU = "Acronis Cyber Protect"
PROOFPOINT_SKU = "Proofpoint Essentials Business"


@dataclass(frozen=True, slots=True)
class Sku:
    """A vendor's own name for a thing. `part` is the machine name, `name` what portals show."""

    integration: str
    part: str
    name: str
    cost: Decimal = Decimal(0)
    publisher: str = "Microsoft"


@dataclass(frozen=True, slots=True)
class Product:
    """A catalogue item of the PSA. `integration` is empty for what is billed without being counted anywhere."""

    code: str
    name: str
    price: Decimal
    cost: Decimal
    integration: str = ""
    sku: str = ""
    device_class: str = ""
    count: str = "seats"
    billing_cycle: str = "monthly"


@dataclass(frozen=True, slots=True)
class Rule:
    """How a product is meant to be counted: `where` is a list of (field, op, value), all of which must hold."""

    name: str
    products: tuple[str, ...]
    integration: str
    count: str
    where: tuple[tuple[str, str, str], ...]


def _money(text: str) -> Decimal:
    return Decimal(text)


SKUS = (
    Sku(M365, "O365_BUSINESS_ESSENTIALS", "Microsoft 365 Business Basic"),
    Sku(M365, "O365_BUSINESS_PREMIUM", "Microsoft 365 Business Standard"),
    Sku(M365, "SPB", "Microsoft 365 Business Premium"),
    Sku(M365, "SPE_E3", "Microsoft 365 E3"),
    Sku(M365, "SPE_F1", "Microsoft 365 F3"),
    Sku(M365, "EXCHANGESTANDARD", "Exchange Online (Plan 1)"),
    Sku(M365, "Microsoft_365_Copilot", "Microsoft Copilot for Microsoft 365"),
    Sku(M365, "POWER_BI_PRO", "Power BI Pro"),
    Sku(M365, "VISIOCLIENT", "Visio Plan 2"),
    Sku(M365, "MCOEV", "Microsoft Teams Phone Standard"),
    Sku(M365, "FLOW_FREE", "Microsoft Power Automate Free"),
    Sku(PAX8, "KPR-BIZ-A1-MTH", "Keeper Business", _money("2.90"), "Keeper Security"),
    Sku(PAX8, "DRS-BKP-365-MTH", "Dropsuite Microsoft 365 Backup", _money("1.85"), "Dropsuite"),
    Sku(PAX8, "EXC-CLD-SIG-MTH", "Exclaimer Signatures for Office 365", _money("0.95"), "Exclaimer"),
    Sku(PAX8, "ADB-ACR-STD-ANN", "Adobe Acrobat Standard DC for teams", _money("142.80"), "Adobe"),
    Sku(PAX8, "DNF-PRO-USR-MTH", "DNSFilter Pro", _money("1.10"), "DNSFilter"),
    Sku(PARTNER_CENTER, "CFQ7TTC0QW7C:0001", "Microsoft Teams Rooms Pro", _money("34.00")),
    Sku(PARTNER_CENTER, "CFQ7TTC0J203:0006", "Windows 365 Business 2 vCPU 8 GB 128 GB", _money("38.25")),
    Sku(PARTNER_CENTER, "CFQ7TTC0LH2H:0001", "Dynamics 365 Business Central Essentials", _money("59.50")),
    Sku(PARTNER_CENTER, "CFQ7TTC0LHS9:0001", "Exchange Online Archiving for Exchange Online", _money("2.55")),
)

PRODUCTS = (
    Product("MS-365-BB", "M365 Business Basic", _money("7.20"), _money("5.10"), M365, "O365_BUSINESS_ESSENTIALS"),
    Product("MS-365-BS", "M365 Business Standard", _money("15.00"), _money("10.63"), M365, "O365_BUSINESS_PREMIUM"),
    Product("MS-365-BP", "M365 Business Premium", _money("26.40"), _money("18.70"), M365, "SPB"),
    Product("MS-365-E3", "M365 E3", _money("45.00"), _money("33.15"), M365, "SPE_E3"),
    Product("MS-365-F3", "M365 F3 Frontline", _money("10.50"), _money("6.80"), M365, "SPE_F1"),
    Product("MS-EXO-P1", "Exchange Online Plan 1", _money("5.20"), _money("3.40"), M365, "EXCHANGESTANDARD"),
    Product("MS-COPILOT", "Copilot for M365", _money("36.00"), _money("25.50"), M365, "Microsoft_365_Copilot"),
    Product("NINJA-WS", "Managed workstation", _money("18.00"), _money("2.90"), NINJA, "", "workstation"),
    Product("NINJA-SRV", "Managed server", _money("65.00"), _money("2.90"), NINJA, "", "server"),
    Product("DRMM-WS", "Managed workstation (Datto RMM)", _money("18.00"), _money("2.60"), DATTO, "", "workstation"),
    Product("DRMM-SRV", "Managed server (Datto RMM)", _money("65.00"), _money("2.60"), DATTO, "", "server"),
    Product("HUN-EDR", "Huntress Managed EDR", _money("6.50"), _money("3.10"), HUNTRESS),
    Product("ACR-WKL", "Acronis backup, per protected workload", _money("28.00"), _money("9.40"), ACRONIS),
    Product("PFP-ESS", "Proofpoint email security, per user", _money("4.25"), _money("1.95"), PROOFPOINT),
    Product("KEEPER-BIZ", "Keeper password manager", _money("4.75"), _money("2.90"), PAX8, "KPR-BIZ-A1-MTH", "", "sum"),
    Product("DROP-M365", "Dropsuite M365 backup", _money("4.00"), _money("1.85"), PAX8, "DRS-BKP-365-MTH", "", "sum"),
    Product(
        "EXCL-SIG", "Exclaimer email signatures", _money("2.00"), _money("0.95"), PAX8, "EXC-CLD-SIG-MTH", "", "sum"
    ),
    Product(
        "ADB-ACRO-A",
        "Adobe Acrobat Standard, annual",
        _money("199.00"),
        _money("142.80"),
        PAX8,
        "ADB-ACR-STD-ANN",
        "",
        "sum",
        "annual",
    ),
    Product(
        "MS-TEAMS-ROOM",
        "Teams Rooms Pro",
        _money("48.00"),
        _money("34.00"),
        PARTNER_CENTER,
        "CFQ7TTC0QW7C:0001",
        "",
        "sum",
    ),
    Product(
        "MS-W365-B",
        "Windows 365 Business cloud PC",
        _money("54.00"),
        _money("38.25"),
        PARTNER_CENTER,
        "CFQ7TTC0J203:0006",
        "",
        "sum",
    ),
    Product(
        "MS-D365-BC",
        "Dynamics 365 Business Central",
        _money("84.00"),
        _money("59.50"),
        PARTNER_CENTER,
        "CFQ7TTC0LH2H:0001",
        "",
        "sum",
    ),
    Product("NB-FW", "Managed firewall", _money("95.00"), _money("31.00")),
    Product("NB-VOICE", "Hosted voice extension", _money("19.00"), _money("8.40")),
    Product("NB-VCIO", "vCIO advisory, quarterly review", _money("350.00"), _money("140.00")),
    Product("NB-DOM", "Domain and DNS hosting, yearly", _money("48.00"), _money("14.00"), billing_cycle="annual"),
)

PRODUCT_BY_CODE = {product.code: product for product in PRODUCTS}
SKU_BY_PART = {sku.part: sku for sku in SKUS}
UNSOLD_SKUS = ("POWER_BI_PRO", "VISIOCLIENT", "MCOEV", "FLOW_FREE", "DNF-PRO-USR-MTH", "CFQ7TTC0LHS9:0001")
"""What vendors report and the PSA has no product for: no rule can take it."""


def _rule(product: Product) -> Rule:
    where: list[tuple[str, str, str]] = []
    if product.sku:
        where.append(("sku_name", "eq", SKU_BY_PART[product.sku].name))
    if product.device_class:
        where.append(("device_class", "eq", product.device_class))
    return Rule(product.name, (product.code,), product.integration, product.count, tuple(where))


RULES = tuple(_rule(product) for product in PRODUCTS if product.integration)
"""The intended rules: one per counted product. Nothing is filtered, so disabled users and stale devices count."""
