"""What the Datto RMM connector declares."""

from __future__ import annotations

from connectors.connector import About, Budget, Field, Limits, Privilege

API_ACCESS = "API access"
VISIBILITY = "Device visibility"

PLATFORMS = ("concord", "merlot", "pinotage", "syrah", "vidal", "zinfandel")

ABOUT = About(
    id="datto_rmm",
    name="Datto RMM",
    side="usage",
    category="RMM",
    summary="Sites and their devices, with class, operating system and last contact; serial numbers where wished.",
    fields=(
        Field(
            name="platform",
            label="Platform",
            help="The first word of the address you sign in at, such as merlot in merlot.centrastage.net.",
            choices=tuple((name, f"{name.capitalize()} ({name}-api.centrastage.net)") for name in PLATFORMS),
        ),
        Field(
            name="api_key",
            label="API key",
            help="Datto RMM > Setup > Users > a user > Generate API Keys.",
            pattern=r"[A-Za-z0-9_-]{8,200}",
            wrong="has letters, digits, _ and - only",
        ),
        Field(
            name="api_secret",
            label="API secret key",
            help="Shown once beside the API key.",
            is_secret=True,
            pattern=r"\S{8,500}",
            wrong="has no spaces and at least 8 characters",
        ),
        Field(
            name="serial_udf",
            label="Field with the serial number",
            help="Number of the user-defined field in which your devices keep their serial number, if they do.",
            is_required=False,
            pattern=r"[1-9]\d?|[12]\d\d|300",
            wrong="is a number from 1 to 300",
        ),
        Field(
            name="serials",
            label="Serial numbers from audits",
            help="Datto RMM gives them one device at a time: about 480 devices a minute.",
            choices=(("no", "Not read"), ("audit", "Read one by one")),
            default="no",
        ),
        Field(
            name="udfs",
            label="User-defined fields",
            help="Numbers of the user-defined fields that rules may ask for, such as 3, 12. Others are not read.",
            is_required=False,
            pattern=r"\d{1,3}( *, *\d{1,3})*",
            wrong="is a list of numbers such as 3, 12",
        ),
    ),
    privileges=(
        Privilege(name=API_ACCESS, why="to sign in with the keys of a user"),
        Privilege(name=VISIBILITY, why="to read sites and devices: what the user does not see is missing"),
    ),
    limits=Limits(
        budgets=(Budget(requests=600, seconds=60, is_shared=True, headroom=0.2),),
        at_once=4,
        is_confirmed=True,
        source="Datto RMM help, API v2: 600 reads in 60 seconds an account; every answer waits a second from 90 %.",
    ),
    hosts=tuple(f"{name}-api.centrastage.net" for name in PLATFORMS),
    proof="specification",
)
