"""Since when a campaign cannot be signed, how long its signatures are kept, and which were erased for their age."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not in a batch: SQLite would lose the triggers of migration 0002 with the table that it makes anew.
    op.add_column("campaign", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("campaign", sa.Column("retention_months", sa.Integer(), server_default="6", nullable=False))
    op.create_table(
        "purge",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("reached", sa.Uuid(), nullable=True),
        sa.Column("signatures", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_purge_campaign_id_campaign")),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_purge")),
    )


def downgrade() -> None:
    op.drop_table("purge")
    op.drop_column("campaign", "retention_months")
    op.drop_column("campaign", "closed_at")
