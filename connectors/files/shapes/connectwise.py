"""ConnectWise PSA: the list of agreement additions, exported from Agreement Search or the Additions tab.

Columns as the vendor's list view names them: Company Name, Agreement Name, Agreement Type, Product ID, Description,
Quantity, Less Included, Unit Price (or Price), Ext Price, Effective, Cancelled, Bill, Tax, Addition Status ...
"""

from __future__ import annotations

from connectors.files.build.lines import LineBuilder
from connectors.files.fields import PSA
from connectors.files.shapes.shape import Shape

CONNECTWISE_ADDITIONS = Shape(
    id="connectwise_additions",
    title="ConnectWise PSA agreement additions",
    side="psa",
    fields=PSA,
    builder=LineBuilder,
    required=(("client_name", "client_id"), ("product_code",), ("quantity",)),
    signature=(
        ("Product ID", "Product Identifier", "Product"),
        ("Agreement", "Agreement Name", "Agreement RecID", "Agreement ID"),
        ("Company", "Company Name", "Company RecID"),
        ("Quantity", "Qty"),
        ("Effective", "Effective Date"),
        ("Less Included", "Cancelled", "Cancelled Date", "Addition Status", "Bill Customer"),
        ("Unit Price", "Price", "Ext Price", "Extended Price"),
    ),
    spellings={
        "line_id": ("Addition ID", "Addition RecID", "Agreement Addition ID", "AGR Detail RecID"),
        "client_id": ("Company RecID", "Company ID"),
        "client_name": ("Company Name", "Company"),
        "agreement_id": ("Agreement RecID", "Agreement ID", "AGR Header RecID"),
        "agreement_name": ("Agreement Name", "Agreement"),
        "product_record_id": ("Product RecID", "IV Item RecID"),
        "product_code": ("Product ID", "Product Identifier", "Product"),
        "product_name": ("Description", "Invoice Description", "Product Description"),
        "quantity": ("Quantity", "Qty"),
        "included_quantity": ("Less Included",),
        "unit_price": ("Unit Price", "Price"),
        "unit_cost": ("Unit Cost", "Cost"),
        "effective_date": ("Effective Date", "Effective"),
        "cancelled_date": ("Cancelled Date", "Cancelled", "Cancel Date"),
        "line_status": ("Addition Status", "Status"),
        "billing_cycle": ("Billing Cycle", "Bill Cycle"),
    },
)
