"""What the Veeam Service Provider Console connector declares."""

from __future__ import annotations

from connectors.connector import About, Budget, Field, Limits, Privilege

READ_ONLY = "Read-only User"

ABOUT = About(
    id="veeam_vspc",
    name="Veeam Service Provider Console",
    side="usage",
    category="Backup",
    summary="Protected machines and Microsoft 365 objects of each company, and the console's usage counters.",
    fields=(
        Field(
            name="address",
            label="Console address",
            help="The address of your console; its REST API listens on port 1280 unless you changed that.",
            pattern=r"(?i)(https://)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:\d{1,5})?/?",
            wrong="is a host such as vspc.example.com, with a port where it is not 1280",
            placeholder="vspc.example.com:1280",
        ),
        Field(
            name="username",
            label="User name",
            help="An account of the console without multi-factor authentication, such as VSPC\\rcx.",
            pattern=r"\S.{0,254}",
            wrong="is at most 255 characters long",
        ),
        Field(
            name="password",
            label="Password",
            help="The password of that account.",
            is_secret=True,
            pattern=r".{4,128}",
            wrong="has 4 to 128 characters",
        ),
        Field(
            name="certificate",
            label="Certificate",
            help="Only where the console signs its own: the certificate (or its authority's) as text, in PEM form.",
            is_required=False,
            pattern=r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s-]+-----END CERTIFICATE-----\s*",
            wrong="begins with -----BEGIN CERTIFICATE-----",
        ),
    ),
    privileges=(Privilege(name=READ_ONLY, why="to read companies, protected workloads and usage counters"),),
    limits=Limits(
        budgets=(Budget(requests=300, seconds=60),),
        at_once=3,
        source="It is your own server and names no limit; 300 a minute and three at once are our caution.",
    ),
    hosts=("*",),
    proof="specification",
    fixed_addresses=False,
)
