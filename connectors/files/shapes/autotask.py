"""Autotask PSA: contract services with their units, from the contract services widget or report.

Autotask calls a client Organization (Account in older exports, Company in its API), and the quantity Units.
"""

from __future__ import annotations

from connectors.files.build.lines import LineBuilder
from connectors.files.fields import PSA
from connectors.files.shapes.shape import Shape

AUTOTASK_SERVICES = Shape(
    id="autotask_services",
    title="Autotask contract services",
    side="psa",
    fields=PSA,
    builder=LineBuilder,
    required=(("client_name", "client_id"), ("product_name", "product_code"), ("quantity",)),
    signature=(
        ("Contract", "Contract Name", "Contract ID"),
        ("Service", "Service Name", "Service/Bundle", "Service/Service Bundle", "Service/Bundle Name",
         "Service or Bundle"),
        ("Units", "Unit Count", "Contract Units", "Current Units", "# of Units"),
        ("Organization", "Organization Name", "Account", "Account Name", "Company", "Company Name"),
        ("Unit Price", "Adjusted Price", "Adjusted Unit Price", "Contract Unit Price"),
        ("Contract Start Date", "Contract End Date", "Start Date", "Period Type", "Contract Type",
         "Contract Period Type"),
    ),
    spellings={
        "line_id": ("Contract Service ID", "Contract Service Unit ID", "Contract Service Bundle ID"),
        "client_id": ("Organization ID", "Account ID", "Company ID"),
        "client_name": ("Organization", "Organization Name", "Account", "Account Name", "Company", "Company Name"),
        "agreement_id": ("Contract ID", "Contract Number"),
        "agreement_name": ("Contract Name", "Contract"),
        "agreement_starts_on": ("Contract Start Date",),
        "agreement_ends_on": ("Contract End Date",),
        "product_code": ("Service Code", "Service SKU", "SKU", "Catalog Number Part Number"),
        "product_record_id": ("Service ID", "Service Bundle ID"),
        "product_name": ("Service/Bundle Name", "Service/Service Bundle", "Service/Bundle", "Service or Bundle",
                         "Service Name", "Service"),
        "quantity": ("Units", "Unit Count", "Contract Units", "Current Units", "# of Units"),
        "unit_price": ("Adjusted Unit Price", "Adjusted Price", "Contract Unit Price", "Unit Price"),
        "unit_cost": ("Unit Cost", "Adjusted Unit Cost", "Internal Unit Cost"),
        "effective_date": ("Service Start Date", "Effective Date", "Start Date", "Unit Start Date"),
        "cancelled_date": ("Service End Date", "End Date", "Unit End Date"),
        "billing_cycle": ("Period Type", "Contract Period Type", "Billing Period"),
        "line_status": ("Service Status",),
    },
)  # fmt: skip
