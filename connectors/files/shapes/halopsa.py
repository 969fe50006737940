"""HaloPSA: recurring invoice lines, from a report or a list export. Halo calls a client Customer (formerly Client)."""

from __future__ import annotations

from connectors.files.build.lines import LineBuilder
from connectors.files.fields import PSA
from connectors.files.shapes.shape import Shape

HALOPSA_LINES = Shape(
    id="halopsa_lines",
    title="HaloPSA recurring invoice lines",
    side="psa",
    fields=PSA,
    builder=LineBuilder,
    required=(("client_name", "client_id"), ("product_name", "product_code"), ("quantity",)),
    signature=(
        ("Recurring Invoice", "Recurring Invoice ID", "Recurring Invoice Number", "Recurring Invoice Name",
         "Recurring Invoice Reference", "Recurring Invoice Line ID"),
        ("Customer", "Customer Name", "Client", "Client Name", "Area"),
        ("Item", "Item Name", "Item Code", "Item Description", "Product"),
        ("Quantity", "Qty", "Qty Order"),
        ("Unit Price", "Price", "Net Price", "Net Amount"),
        ("Billing Period", "Invoice Period", "Nominal Code", "Account Code", "Next Invoice Date", "Period", "Tax",
         "Auto Quantity", "Start Date"),
    ),
    spellings={
        "line_id": ("Recurring Invoice Line ID", "Invoice Line ID", "Line ID", "Invoice Detail ID"),
        "client_id": ("Customer ID", "Client ID", "Area ID"),
        "client_name": ("Customer", "Customer Name", "Client", "Client Name", "Area"),
        "agreement_id": ("Recurring Invoice ID", "Recurring Invoice Number"),
        "agreement_name": ("Recurring Invoice", "Recurring Invoice Name", "Recurring Invoice Reference", "Reference"),
        "product_record_id": ("Item ID", "Asset ID"),
        "product_code": ("Item Code", "Item SKU", "SKU", "Product Code"),
        "product_name": ("Item Name", "Item", "Item Description", "Product", "Description"),
        "quantity": ("Quantity", "Qty", "Qty Order"),
        "unit_price": ("Unit Price", "Price", "Net Price"),
        "unit_cost": ("Unit Cost", "Cost", "Cost Price"),
        "effective_date": ("Line Start Date", "Start Date"),
        "cancelled_date": ("Line End Date", "End Date"),
        "billing_cycle": ("Billing Period", "Invoice Period", "Period"),
        "is_calculated": ("Auto Quantity", "Automatic Quantity", "Calculated Quantity"),
    },
)  # fmt: skip
