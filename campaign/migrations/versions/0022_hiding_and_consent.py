"""Since when a campaign is hidden and who hid it; what somebody consented to, sealed."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not in a batch: SQLite would lose the triggers of migration 0002 with the table that it makes anew.
    op.add_column("campaign", sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("campaign", sa.Column("hidden_by", sa.Uuid(), nullable=True))
    op.create_table(
        "consent_record",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.Column("epoch_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_consent_record_campaign_id_campaign"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["epoch_id"], ["epoch.id"], name=op.f("fk_consent_record_epoch_id_epoch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_record")),
        sa.UniqueConstraint("campaign_id", "number", name=op.f("uq_consent_record_campaign_id_number")),
    )


def downgrade() -> None:
    op.drop_table("consent_record")
    op.drop_column("campaign", "hidden_by")
    op.drop_column("campaign", "hidden_at")
