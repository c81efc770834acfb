"""More of the record of a case; reminders to look for news."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not as a batch: SQLite would make the table anew, and lose the triggers that say what is published has changed.
    op.add_column("case", sa.Column("particulars", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("case", sa.Column("targets", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("case", sa.Column("born", sa.String(length=10), nullable=True))
    op.add_column("case", sa.Column("status_changed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "case_reminder",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=False),
        sa.Column("period", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_case_reminder_campaign_id_campaign"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("campaign_id", "checked_on", "period", name=op.f("pk_case_reminder")),
    )
    op.create_table(
        "reminder_address",
        sa.Column("organizer_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organizer_id"],
            ["organizer.id"],
            name=op.f("fk_reminder_address_organizer_id_organizer"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organizer_id", name=op.f("pk_reminder_address")),
    )


def downgrade() -> None:
    op.drop_table("reminder_address")
    op.drop_table("case_reminder")
    for column in ("status_changed_at", "born", "targets", "particulars"):
        op.drop_column("case", column)
