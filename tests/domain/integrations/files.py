"""Small files in the formats that imports are tested with."""

from __future__ import annotations

SEAT_HEADER = (
    "integration,account_id,account_name,seat_id,kind,sku,sku_name,identity,display_name,status,device_class,quantity,"
    "created_at,last_seen_at"
)
LINE_HEADER = (
    "client_id,client_name,agreement_id,agreement_name,line_id,product_code,product_name,quantity,included_quantity,"
    "unit_price,unit_cost,currency,effective_date,cancelled_date,billing_cycle"
)


def seats(*rows: tuple[str, str, str], seen: str = "2026-11-18T08:00:00Z", status: str = "active") -> str:
    """A seats file of (integration, account, seat)."""
    lines = [
        f"{integration},{account},Account {account},{seat},device,SKU-1,Server,{seat}.example,{seat},{status},"
        f"server,,,{seen}"
        for integration, account, seat in rows
    ]
    return "\n".join([SEAT_HEADER, *lines]) + "\n"


def lines(*rows: tuple[str, str, str, str]) -> str:
    """A lines file of (client, line, product, quantity)."""
    found = [
        f"{client},Client {client},A-{client},Agreement,{line},{product},Product {product},{quantity},0,4.00,2.50,"
        "USD,,,monthly"
        for client, line, product, quantity in rows
    ]
    return "\n".join([LINE_HEADER, *found]) + "\n"


def devices(*rows: tuple[str, str], seen: str = "2026-11-18 08:00:00") -> str:
    """A NinjaOne device export of (organisation, device)."""
    header = "Organization,Location,Display Name,System Name,Type,Role,OS Name,Serial Number,Last Contact,ID"
    found = [
        f"{organisation},Main,{device},{device},Windows Server,WINDOWS_SERVER,Windows Server 2022,SN-{device},"
        f"{seen},{device}"
        for organisation, device in rows
    ]
    return "\n".join([header, *found]) + "\n"
