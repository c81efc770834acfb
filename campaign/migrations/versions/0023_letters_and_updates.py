"""Model letters with how many were sent, and news on a campaign."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

PUBLISHED = ("model_letter", "campaign_update")
CHANGES = ("INSERT", "UPDATE", "DELETE")
STEP = "UPDATE edition SET number = number + 1"


def _campaign(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_campaign_id_campaign")
    return sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "model_letter",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("office", sa.JSON(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("reads", sa.JSON(), nullable=False),
        sa.Column("valid_while", sa.JSON(), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("json_array_length(sources) > 0", name=op.f("ck_model_letter_has_a_source")),
        _campaign("model_letter"),
        sa.PrimaryKeyConstraint("campaign_id", "key", name=op.f("pk_model_letter")),
    )
    op.create_table(
        "letter_delta",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        _campaign("letter_delta"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_delta")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_letter_delta_campaign_id_key"), "letter_delta", ["campaign_id", "key"])
    op.create_table(
        "letter_count",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        _campaign("letter_count"),
        sa.PrimaryKeyConstraint("campaign_id", "key", name=op.f("pk_letter_count")),
    )
    op.create_table(
        "campaign_update",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        _campaign("campaign_update"),
        sa.PrimaryKeyConstraint("campaign_id", "key", name=op.f("pk_campaign_update")),
    )
    _watch()


def _watch() -> None:
    """What is published moves the edition, as in migration 0002."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in PUBLISHED:
        if is_postgresql:
            op.execute(
                f'CREATE TRIGGER new_edition AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON "{table}" '
                "FOR EACH STATEMENT EXECUTE FUNCTION new_edition()"
            )
            continue
        for change in CHANGES:
            op.execute(
                f'CREATE TRIGGER new_edition_{table}_{change.lower()} AFTER {change} ON "{table}" BEGIN {STEP}; END'
            )


def downgrade() -> None:
    for table in ("campaign_update", "letter_count", "letter_delta", "model_letter"):
        op.drop_table(table)
