"""Revisions of what campaigns say: draft, review by a second person, publication."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not in a batch: SQLite would lose the triggers of migration 0002 with a table that it makes anew.
    op.add_column("campaign_text", sa.Column("made_from", sa.Integer(), nullable=True))
    op.add_column("campaign_text", sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("campaign_event", sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "revision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.String(length=140), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_number", sa.Integer(), nullable=False),
        sa.Column("reviewer_id", sa.Uuid(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("review_note", sa.String(length=300), server_default="", nullable=False),
        sa.Column("answers", sa.JSON(none_as_null=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('draft', 'in_review', 'published', 'declined', 'discarded')",
            name=op.f("ck_revision_state_known"),
        ),
        sa.CheckConstraint("reviewer_id <> author_id", name=op.f("ck_revision_second_person")),
        sa.CheckConstraint(
            "state <> 'published' OR author_id IS NULL OR reviewer_id IS NOT NULL",
            name=op.f("ck_revision_published_by_somebody"),
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_revision_campaign_id_campaign"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revision")),
        sa.UniqueConstraint("campaign_id", "part", "number", name=op.f("uq_revision_campaign_id_part_number")),
    )
    _say_what_translations_were_made_from()


def _say_what_translations_were_made_from() -> None:
    """From the original as it was when they were written."""
    connection = op.get_bind()
    languages = connection.scalar(sa.text("SELECT languages FROM site_setting WHERE id = 1"))
    if not languages:
        return
    original = (json.loads(languages) if isinstance(languages, str) else languages)[0]
    connection.execute(
        sa.text(
            "UPDATE campaign_text SET made_from = (SELECT max(o.version) FROM campaign_text AS o "
            "WHERE o.campaign_id = campaign_text.campaign_id AND o.language = :original "
            "AND o.written_at <= campaign_text.written_at) WHERE language <> :original"
        ),
        {"original": original},
    )


def downgrade() -> None:
    op.drop_table("revision")
    # An event that was taken down would come back.
    op.execute("DELETE FROM campaign_event WHERE retired_at IS NOT NULL")
    op.drop_column("campaign_event", "retired_at")
    op.drop_column("campaign_text", "edited_at")
    op.drop_column("campaign_text", "made_from")
