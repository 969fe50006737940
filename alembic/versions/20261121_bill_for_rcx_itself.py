"""Bill for RCX itself: plans with dated prices, subscriptions, and invoices that are numbered and never changed.

The plans inserted here are those RCX is shipped with; platform admins change them on the page Plans.

Revision ID: 2026_11_21_21
Revises: 2026_11_21_20
"""

from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from rcx_app.core.fence import fence

revision = "2026_11_21_21"
down_revision = "2026_11_21_20"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_TIME = sa.DateTime(timezone=True)
_FENCED = (
    "plan_subscription",
    "plan_item",
    "plan_invoice",
    "plan_invoice_line",
    "plan_change",
    "plan_credit",
    "plan_client",
    "plan_delivery",
)
_KEPT = ("plan_invoice", "plan_invoice_line")
_FIRST_DAY = date(2026, 1, 1)
_CURRENCIES = ("USD", "EUR", "GBP", "AUD", "CAD")
_MORE = "Room for ten client accounts beyond those of the plan."
_CLOSE = "One hour a month in which we go through the close with your team."
# key, kind, name, what it is, clients a unit includes, most units, prices a month and unit in the currencies above.
_PLANS: tuple[tuple[str, str, str, str, int, int, tuple[int, ...]], ...] = (
    ("starter", "tier", "Starter", "For a first handful of clients.", 25, 1, (99, 95, 79, 149, 135)),
    ("team", "tier", "Team", "For an MSP whose invoices take a day to check.", 75, 1, (249, 235, 199, 379, 339)),
    ("growth", "tier", "Growth", "For several people who close together.", 200, 1, (549, 519, 439, 829, 749)),
    ("scale", "tier", "Scale", "For large estates and many tools.", 500, 1, (1149, 1089, 919, 1739, 1559)),
    ("more-clients", "addon", "10 more clients", _MORE, 10, 50, (39, 37, 31, 59, 53)),
    ("priority-support", "addon", "Priority support", "Your tickets come first.", 0, 1, (79, 75, 63, 119, 109)),
    ("guided-close", "addon", "Guided close", _CLOSE, 0, 4, (149, 139, 119, 225, 205)),
)


def upgrade() -> None:
    _create_offers()
    _create_subscription()
    _create_invoices()
    for table, columns in (
        ("plan_subscription", ("next_bill_on",)),
        ("plan_invoice", ("issued_on",)),
        ("plan_delivery", ("state", "next_try_at")),
    ):
        name = "ix_plan_delivery_state" if table == "plan_delivery" else f"ix_{table}_{columns[0]}"
        op.create_index(name, table, list(columns))
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in _FENCED:
        op.create_index(f"ix_{table}_workspace_id", table, ["workspace_id"])
        if is_postgresql:
            fence(op.execute, table)
    _keep_unchanged(is_postgresql)
    _insert_offers()


def _create_offers() -> None:
    op.create_table(
        "plan",
        sa.Column("id", _ID, nullable=False),
        _text("key"),
        _text("kind"),
        _text("name"),
        _text("about"),
        _number("position"),
        sa.Column("is_offered", sa.Boolean(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_plan"),
        sa.UniqueConstraint("key", name="uq_plan_key"),
    )
    op.create_table(
        "plan_version",
        sa.Column("id", _ID, nullable=False),
        sa.Column("plan_id", _ID, nullable=False),
        _number("number"),
        sa.Column("valid_from", sa.Date(), nullable=False),
        _number("clients"),
        _number("most"),
        sa.Column("prices", _JSON, nullable=False),
        sa.Column("made_by", _ID, nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        _to("plan_version", "plan_id", "plan"),
        _to("plan_version", "made_by", "user_account"),
        sa.PrimaryKeyConstraint("id", name="pk_plan_version"),
        sa.UniqueConstraint("plan_id", "number", name="uq_plan_version_plan_id_number"),
        sa.UniqueConstraint("plan_id", "valid_from", name="uq_plan_version_plan_id_valid_from"),
    )
    op.create_table(
        "plan_issuer",
        sa.Column("id", _ID, nullable=False),
        *(_text(name) for name in ("name", "address", "tax_id", "email", "bank", "prefix")),
        *(_number(name) for name in ("last_number", "payment_days", "trial_days")),
        sa.Column("trial_plan_id", _ID, nullable=True),
        _number("warn_percent"),
        _text("webhook_url"),
        sa.Column("webhook_secret", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", _TIME, nullable=True),
        _to("plan_issuer", "trial_plan_id", "plan"),
        sa.PrimaryKeyConstraint("id", name="pk_plan_issuer"),
    )


def _create_subscription() -> None:
    name = "plan_subscription"
    op.create_table(
        name,
        *_common(name),
        _text("state"),
        _text("currency"),
        *(sa.Column(each, sa.Date(), nullable=False) for each in ("started_on", "not_before")),
        *(sa.Column(each, sa.Date(), nullable=True) for each in ("next_bill_on", "ended_on")),
        sa.Column("renews", sa.Boolean(), nullable=False),
        *(_text(each) for each in ("cancel_reason", "bill_name", "bill_address", "tax_id", "tax_name")),
        _exact("tax_rate"),
        _number("version"),
        sa.UniqueConstraint("workspace_id", name="uq_plan_subscription_workspace_id"),
    )
    name = "plan_item"
    op.create_table(
        name,
        *_common(name),
        sa.Column("plan_id", _ID, nullable=False),
        sa.Column("version_id", _ID, nullable=False),
        _number("quantity"),
        _to(name, "plan_id", "plan"),
        _to(name, "version_id", "plan_version"),
        sa.UniqueConstraint("workspace_id", "plan_id", name="uq_plan_item_workspace_id_plan_id"),
    )
    name = "plan_client"
    op.create_table(
        name,
        *_common(name),
        sa.Column("client_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name="fk_plan_client_client_id_client", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("client_id", name="uq_plan_client_client_id"),
    )
    name = "plan_delivery"
    op.create_table(
        name,
        *_common(name),
        *(_text(each) for each in ("event_id", "kind", "body", "state")),
        _number("tries"),
        sa.Column("next_try_at", _TIME, nullable=False),
        sa.Column("delivered_at", _TIME, nullable=True),
        _text("answer"),
        sa.UniqueConstraint("event_id", name="uq_plan_delivery_event_id"),
    )


def _create_invoices() -> None:
    name = "plan_invoice"
    op.create_table(
        name,
        *_common(name),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        _text("number"),
        _text("kind"),
        *(sa.Column(each, sa.Date(), nullable=False) for each in ("issued_on", "due_on", "period_from", "period_to")),
        sa.Column("cycle_on", sa.Date(), nullable=True),
        sa.Column("corrects_id", _ID, nullable=True),
        *(_text(each) for each in ("reason", "currency")),
        _exact("net"),
        _text("tax_name"),
        *(_exact(each) for each in ("tax_rate", "tax", "total", "credit_used", "due")),
        sa.Column("issuer", _JSON, nullable=False),
        sa.Column("customer", _JSON, nullable=False),
        _text("hash"),
        _to(name, "corrects_id", name),
        sa.UniqueConstraint("sequence", name="uq_plan_invoice_sequence"),
        sa.UniqueConstraint("workspace_id", "cycle_on", name="uq_plan_invoice_workspace_id_cycle_on"),
        sa.UniqueConstraint("corrects_id", name="uq_plan_invoice_corrects_id"),
    )
    name = "plan_invoice_line"
    op.create_table(
        name,
        *_common(name),
        sa.Column("invoice_id", _ID, nullable=False),
        _number("position"),
        _text("text"),
        *(sa.Column(each, sa.Date(), nullable=False) for each in ("day_from", "day_to")),
        *(_number(each) for each in ("days", "of_days")),
        *(_exact(each) for each in ("unit_amount", "amount")),
        _to(name, "invoice_id", "plan_invoice"),
        sa.UniqueConstraint("invoice_id", "position", name="uq_plan_invoice_line_invoice_id_position"),
    )
    name = "plan_change"
    op.create_table(
        name,
        *_common(name),
        sa.Column("day", sa.Date(), nullable=False),
        _text("kind"),
        sa.Column("before", _JSON, nullable=False),
        sa.Column("after", _JSON, nullable=False),
        _text("note"),
        sa.Column("user_id", _ID, nullable=True),
        sa.Column("invoice_id", _ID, nullable=True),
        _to(name, "user_id", "user_account"),
        _to(name, "invoice_id", "plan_invoice"),
    )
    name = "plan_credit"
    op.create_table(
        name,
        *_common(name),
        _exact("amount"),
        *(_text(each) for each in ("currency", "reason")),
        sa.Column("invoice_id", _ID, nullable=True),
        sa.Column("user_id", _ID, nullable=True),
        _to(name, "invoice_id", "plan_invoice"),
        _to(name, "user_id", "user_account"),
    )


def _common(table: str) -> tuple[Any, ...]:
    return (
        sa.Column("id", _ID, nullable=False),
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        _to(table, "workspace_id", "workspace"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.String(), nullable=False)


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _exact(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}_{target}")


def _keep_unchanged(is_postgresql: bool) -> None:
    """Issued is issued: corrections are documents of their own."""
    if is_postgresql:
        op.execute(
            "CREATE FUNCTION plan_invoice_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'an issued invoice never changes'; END $$"
        )
    for table in _KEPT:
        for deed in ("UPDATE", "DELETE"):
            name = f"{table}_never_{'changes' if deed == 'UPDATE' else 'goes'}"
            if is_postgresql:
                op.execute(
                    f"CREATE TRIGGER {name} BEFORE {deed} ON {table} "
                    "FOR EACH ROW EXECUTE FUNCTION plan_invoice_refuse()"
                )
            else:
                op.execute(
                    f"CREATE TRIGGER {name} BEFORE {deed} ON {table} "
                    "BEGIN SELECT RAISE(ABORT, 'an issued invoice never changes'); END"
                )
        if is_postgresql:
            op.execute(
                f"CREATE TRIGGER {table}_never_emptied BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION plan_invoice_refuse()"
            )


def _insert_offers() -> None:
    bind, at = op.get_bind(), datetime.now(UTC)
    plan = sa.table(
        "plan",
        *(sa.column(name) for name in ("id", "key", "kind", "name", "about", "position")),
        sa.column("is_offered", sa.Boolean()),
        sa.column("created_at", _TIME),
    )
    for position, (key, kind, name, about, _, _, _) in enumerate(_PLANS):
        bind.execute(
            sa.insert(plan).values(
                key=key, kind=kind, name=name, about=about, position=position, is_offered=True, created_at=at
            )
        )
    ids = {row.key: row.id for row in bind.execute(sa.select(plan.c.key, plan.c.id))}
    version = sa.table(
        "plan_version",
        *(sa.column(name) for name in ("plan_id", "number", "clients", "most")),
        sa.column("valid_from", sa.Date()),
        sa.column("prices", _JSON),
        sa.column("created_at", _TIME),
    )
    for key, _, _, _, clients, most, prices in _PLANS:
        bind.execute(
            sa.insert(version).values(
                plan_id=ids[key],
                number=1,
                valid_from=_FIRST_DAY,
                clients=clients,
                most=most,
                prices={currency: f"{price}.00" for currency, price in zip(_CURRENCIES, prices, strict=True)},
                created_at=at,
            )
        )
    issuer = sa.table(
        "plan_issuer",
        *(sa.column(name) for name in ("id", "name", "address", "tax_id", "email", "bank", "prefix", "webhook_url")),
        *(sa.column(name) for name in ("last_number", "payment_days", "trial_days", "trial_plan_id", "warn_percent")),
        sa.column("webhook_secret", sa.LargeBinary()),
    )
    bind.execute(
        sa.insert(issuer).values(
            id=1,
            name="RCX",
            address="",
            tax_id="",
            email="",
            bank="",
            prefix="RCX-",
            last_number=0,
            payment_days=14,
            trial_days=30,
            trial_plan_id=ids["team"],
            warn_percent=90,
            webhook_url="",
            webhook_secret=b"",
        )
    )


def downgrade() -> None:
    for table in (
        "plan_credit",
        "plan_change",
        "plan_invoice_line",
        "plan_invoice",
        "plan_delivery",
        "plan_client",
        "plan_item",
        "plan_subscription",
        "plan_issuer",
        "plan_version",
        "plan",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION plan_invoice_refuse()")
