"""What was signed on paper: batches, rows typed from sheets, scans."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "paper_batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("counted", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(length=3), nullable=False),
        sa.Column("text_version", sa.Integer(), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_hour", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=300), server_default="", nullable=False),
        sa.Column("epoch_id", sa.Uuid(), nullable=True),
        sa.Column("details", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("kind IN ('sheets', 'rows')", name=op.f("ck_paper_batch_kind_known")),
        sa.CheckConstraint(
            "state IN ('uploading', 'waiting', 'approved', 'rejected', 'taken_back', 'expired')",
            name=op.f("ck_paper_batch_state_known"),
        ),
        sa.CheckConstraint(
            "lines >= 0 AND counted >= 0 AND counted <= lines", name=op.f("ck_paper_batch_counts_lines")
        ),
        sa.CheckConstraint("approved_by <> entered_by", name=op.f("ck_paper_batch_second_person")),
        sa.CheckConstraint(
            "state <> 'approved' OR (approved_by IS NOT NULL AND approved_hour IS NOT NULL AND counted IS NOT NULL)",
            name=op.f("ck_paper_batch_approved_by_somebody"),
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_paper_batch_campaign_id_campaign")),
        sa.ForeignKeyConstraint(["epoch_id"], ["epoch.id"], name=op.f("fk_paper_batch_epoch_id_epoch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_batch")),
        sa.UniqueConstraint("campaign_id", "number", name=op.f("uq_paper_batch_campaign_id_number")),
    )
    op.create_table(
        "paper_row",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("dedupe_tag", sa.LargeBinary(length=32), nullable=True),
        sa.Column("epoch_id", sa.Uuid(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("wants_updates", sa.Boolean(), nullable=False),
        sa.Column("public_name", sa.String(length=100), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["paper_batch.id"], name=op.f("fk_paper_row_batch_id_paper_batch"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["epoch_id"], ["epoch.id"], name=op.f("fk_paper_row_epoch_id_epoch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_row")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_paper_row_batch_id"), "paper_row", ["batch_id"])
    op.create_table(
        "paper_scan",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("epoch_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["paper_batch.id"], name=op.f("fk_paper_scan_batch_id_paper_batch"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["epoch_id"], ["epoch.id"], name=op.f("fk_paper_scan_epoch_id_epoch")),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_paper_scan")),
    )


def downgrade() -> None:
    op.drop_table("paper_scan")
    op.drop_table("paper_row")
    op.drop_table("paper_batch")
