"""What the Google Workspace connector declares."""

from __future__ import annotations

from connectors.connector import About, Budget, Field, Limits, Privilege, WriteWay

ORDERS = "https://www.googleapis.com/auth/apps.order.readonly"
LICENCES = "https://www.googleapis.com/auth/apps.licensing"
USERS = "https://www.googleapis.com/auth/admin.directory.user.readonly"

ABOUT = About(
    id="google_workspace",
    name="Google Workspace",
    side="usage",
    category="Productivity",
    summary="A reseller's customers, what was bought for each, and who holds which licence.",
    fields=(
        Field(
            name="client_email",
            label="Service account",
            help="client_email of the service account's key file.",
            pattern=r"[^@\s]+@[^@\s]+\.[^@\s]+",
            wrong="must be an e-mail address",
            placeholder="rcx@my-project.iam.gserviceaccount.com",
        ),
        Field(
            name="private_key",
            label="Private key",
            help="private_key of the same file, from BEGIN to END.",
            is_secret=True,
            pattern=r"(?s)-----BEGIN .+",
            wrong="must begin with -----BEGIN PRIVATE KEY-----",
        ),
        Field(
            name="admin",
            label="Reseller admin",
            help="The administrator of your reseller domain for whom the service account acts.",
            pattern=r"[^@\s]+@[^@\s]+\.[^@\s]+",
            wrong="must be an e-mail address",
        ),
    ),
    privileges=(
        Privilege(name=ORDERS, why="to read customers and subscriptions"),
        Privilege(name=LICENCES, why="to read who holds which licence (Google has no narrower scope)"),
        Privilege(name=USERS, why="to read who is suspended and when somebody signed in"),
    ),
    limits=Limits(
        budgets=(Budget(requests=240, seconds=60),),
        at_once=4,
        source="Google sets quotas by project; 240 a minute is our caution below the Directory API's usual 2,400.",
    ),
    hosts=("reseller.googleapis.com", "licensing.googleapis.com", "admin.googleapis.com", "oauth2.googleapis.com"),
    proof="specification",
    writes=WriteWay(kind="none", why_not="Usage is only read: the scopes asked for can't change subscriptions."),
)
