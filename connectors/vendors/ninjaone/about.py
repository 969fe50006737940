"""What the NinjaOne connector declares."""

from __future__ import annotations

from connectors.connector import About, Budget, Field, Limits, Privilege

MONITORING = "Monitoring"

REGIONS = {
    "app": "United States",
    "us2": "United States 2",
    "ca": "Canada",
    "eu": "Europe",
    "oc": "Oceania",
}
"""First label of the host that serves a region, and what NinjaOne calls the region."""

ABOUT = About(
    id="ninjaone",
    name="NinjaOne",
    side="usage",
    category="RMM",
    summary="Organizations and their devices, with class, serial number and last contact; backup use where wished.",
    fields=(
        Field(
            name="region",
            label="Region",
            help="The address you sign in at: app is United States, eu is Europe, and so on.",
            choices=tuple((host, f"{title} ({host}.ninjarmm.com)") for host, title in REGIONS.items()),
            default="app",
        ),
        Field(
            name="client_id",
            label="Client ID",
            help="NinjaOne > Administration > Apps > API > Client app IDs.",
            pattern=r"[A-Za-z0-9._~-]{8,200}",
            wrong="has letters, digits and . _ ~ - only",
        ),
        Field(
            name="client_secret",
            label="Client secret",
            help="Shown once when the client app is saved.",
            is_secret=True,
            pattern=r"\S{8,500}",
            wrong="has no spaces and at least 8 characters",
        ),
        Field(
            name="backup",
            label="NinjaOne Backup",
            help="Whether to read which devices NinjaOne Backup protects, and how much they store.",
            choices=(("no", "Not read"), ("yes", "Read")),
            default="no",
        ),
    ),
    privileges=(Privilege(name=MONITORING, why="to read organizations, devices and backup use"),),
    limits=Limits(
        budgets=(Budget(requests=600, seconds=60, is_shared=True),),
        at_once=2,
        source="NinjaOne publishes no number; 600 a minute and two at once are our caution.",
    ),
    hosts=tuple(f"{host}.ninjarmm.com" for host in REGIONS),
    proof="specification",
)
