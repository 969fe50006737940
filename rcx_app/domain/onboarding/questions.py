"""The intake questions, as data. A change of them is a new edition: add to `EDITION`, keep the keys of what stays.

What people answer is read in `answers`; what is done with it, in `intake`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["choice", "choices", "text", "long_text", "number", "day", "yes_no", "email", "zone", "currency"]

EDITION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One thing we ask. `options`: (value, words) of a choice. `when`: asked only while another question's answer is
    (or, of several, holds) one of these values. `most`: the longest text, or the largest number."""

    key: str
    text: str
    kind: Kind
    help: str = ""
    options: tuple[tuple[str, str], ...] = ()
    is_required: bool = True
    when: tuple[str, tuple[str, ...]] | None = None
    most: int = 200
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The questions of one page."""

    key: str
    title: str
    why: str
    questions: tuple[Question, ...]


OTHER = "other"
PSAS = (
    ("connectwise", "ConnectWise PSA"),
    ("autotask", "Autotask"),
    ("halopsa", "HaloPSA"),
    ("syncro", "Syncro"),
    ("superops", "SuperOps"),
    ("kaseya_bms", "Kaseya BMS"),
    ("files", "None that RCX reads yet: we bring files"),
    (OTHER, "Another one"),
)
VENDORS = (
    ("microsoft365", "Microsoft 365"),
    ("partner_center", "Microsoft Partner Center"),
    ("google_workspace", "Google Workspace"),
    ("pax8", "Pax8"),
    ("sherweb", "Sherweb"),
    ("ninjaone", "NinjaOne"),
    ("datto_rmm", "Datto RMM"),
    ("ncentral", "N-central"),
    ("huntress", "Huntress"),
    ("sentinelone", "SentinelOne"),
    ("sophos", "Sophos Central"),
    ("bitdefender", "Bitdefender GravityZone"),
    ("webroot", "Webroot"),
    ("acronis", "Acronis"),
    ("veeam_vspc", "Veeam Service Provider Console"),
    ("cove", "Cove Data Protection"),
    ("proofpoint", "Proofpoint Essentials"),
    ("duo", "Duo"),
    ("keeper", "Keeper"),
    (OTHER, "Others"),
)

GROUPS: tuple[Group, ...] = (
    Group(
        key="psa",
        title="Your PSA",
        why="RCX reads what you bill from it. It writes nothing back until you allow that.",
        questions=(
            Question(key="psa", text="Which PSA do you bill from?", kind="choice", options=PSAS),
            Question(key="psa_other", text="Which one?", kind="text", when=("psa", (OTHER,)), most=100),
            Question(
                key="psa_hosting",
                text="Where does it run?",
                kind="choice",
                options=(("vendor", "At its maker, in the cloud"), ("own", "On a server of our own")),
                when=("psa", ("connectwise", "halopsa")),
                help="A server of your own may need our addresses on its allow-list.",
            ),
            Question(
                key="psa_admin",
                text="May somebody of your team create API users in it?",
                kind="choice",
                options=(("yes", "Yes"), ("ask", "We have to ask somebody"), ("unsure", "We don't know")),
                when=("psa", ("connectwise", "autotask", "halopsa", "syncro", "superops", "kaseya_bms")),
            ),
        ),
    ),
    Group(
        key="vendors",
        title="Vendors",
        why="What your clients use is counted here. Choose all that you bill for; more can be added at any time.",
        questions=(
            Question(key="vendors", text="Whose services do you resell or manage?", kind="choices", options=VENDORS),
            Question(
                key="vendors_other", text="Which others?", kind="text", when=("vendors", (OTHER,)), most=300,
                help="Names, with commas between them. Most can be read from a file.",
            ),
            Question(
                key="m365_consent",
                text="Who may consent for your clients in Microsoft 365?",
                kind="text",
                when=("vendors", ("microsoft365", "partner_center")),
                is_required=False,
                help="That person should be there in the first session.",
            ),
        ),
    ),
    Group(
        key="billing",
        title="Clients and billing",
        why="So that we prepare the right checks, and suggest the right plan.",
        questions=(
            Question(
                key="clients", text="How many clients do you bill?", kind="number", most=100_000, unit="clients",
                help="Companies with an agreement, roughly.",
            ),
            Question(
                key="seats", text="How many users and devices are that?", kind="number", most=10_000_000,
                is_required=False, unit="in all",
            ),
            Question(
                key="billing",
                text="Do you bill in advance or in arrears?",
                kind="choice",
                options=(
                    ("advance", "In advance, for the month to come"),
                    ("arrears", "In arrears, for the month that was"),
                    ("both", "Both, it depends"),
                ),
            ),
            Question(
                key="billing_both", text="Which services are billed in arrears?", kind="long_text",
                when=("billing", ("both",)), most=1000,
            ),
            Question(
                key="billing_day", text="On which day of the month do invoices go out?", kind="day",
                help="1 to 31. Where a month is shorter, on its last day.",
            ),
        ),
    ),
    Group(
        key="people",
        title="People",
        why="Invite them later under People; here we only want to know who does what.",
        questions=(
            Question(
                key="reviewer",
                text="Who will look through the differences that RCX finds?",
                kind="choice",
                options=(("me", "I will"), ("other", "Somebody else"), ("several", "Several people")),
            ),
            Question(
                key="reviewer_email", text="What is his or her e-mail address?", kind="email",
                when=("reviewer", ("other",)),
            ),
            Question(
                key="four_eyes", text="Must a second person approve what is written to the PSA?", kind="yes_no",
                help="You can change this whenever you like.",
            ),
            Question(
                key="goal", text="What would you like to be rid of first?", kind="long_text", is_required=False,
                most=2000, help="The more we know, the better we use the session.",
            ),
        ),
    ),
    Group(
        key="place",
        title="Time and money",
        why="Dates, schedules and sums follow these. Both can be changed under Settings.",
        questions=(
            Question(key="time_zone", text="In which time zone do you work?", kind="zone"),
            Question(key="currency", text="In which currency do you bill?", kind="currency"),
        ),
    ),
)  # fmt: skip
"""Pages in order."""

QUESTIONS: dict[str, Question] = {each.key: each for group in GROUPS for each in group.questions}
