"""Signatures by language, place and country, added up like all others."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("signature_delta") as batch_op:
        batch_op.add_column(sa.Column("language", sa.String(length=3), server_default="", nullable=False))
        batch_op.add_column(sa.Column("source", sa.String(length=100), server_default="", nullable=False))
    op.create_table(
        "origin_count",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=3), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("signatures", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_origin_count_campaign_id_campaign")),
        sa.PrimaryKeyConstraint("campaign_id", "language", "source", name=op.f("pk_origin_count")),
    )
    op.create_table(
        "country_count",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_country_count_campaign_id_campaign")),
        sa.PrimaryKeyConstraint("campaign_id", "country", name=op.f("pk_country_count")),
    )
    # With those whose deltas wait: these do not say where they come from, and are not added to it.
    op.execute(
        "INSERT INTO origin_count (campaign_id, language, source, signatures) "
        "SELECT campaign_id, language, source, count(*) FROM signature WHERE state = 'confirmed' "
        "GROUP BY campaign_id, language, source"
    )


def downgrade() -> None:
    op.drop_table("country_count")
    op.drop_table("origin_count")
    with op.batch_alter_table("signature_delta") as batch_op:
        batch_op.drop_column("source")
        batch_op.drop_column("language")
