"""Roles in single campaigns, and why somebody did what the audit log says."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "campaign_role",
        sa.Column("organizer_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.CheckConstraint(
            "role IN ('owner', 'editor', 'moderator', 'viewer')", name=op.f("ck_campaign_role_role_known")
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_role_campaign_id_campaign"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organizer_id"], ["organizer.id"], name=op.f("fk_campaign_role_organizer_id_organizer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organizer_id", "campaign_id", name=op.f("pk_campaign_role")),
    )
    op.create_index(op.f("ix_campaign_role_campaign_id"), "campaign_role", ["campaign_id"])
    with op.batch_alter_table("organizer") as batch_op:
        batch_op.alter_column("role", existing_type=sa.String(length=20), nullable=True)
    with op.batch_alter_table("audit_entry") as batch_op:
        batch_op.add_column(sa.Column("why", sa.String(length=300), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("audit_entry") as batch_op:
        batch_op.drop_column("why")
    op.execute("UPDATE organizer SET role = 'viewer' WHERE role IS NULL")
    with op.batch_alter_table("organizer") as batch_op:
        batch_op.alter_column("role", existing_type=sa.String(length=20), nullable=False)
    op.drop_index(op.f("ix_campaign_role_campaign_id"), table_name="campaign_role")
    op.drop_table("campaign_role")
