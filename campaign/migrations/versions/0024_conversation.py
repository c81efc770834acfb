"""What people send in, what of it is public, and what was taken back of it.

Triggers keep two promises here. What was sent in with a signature goes when the signature does, whoever erases it. And
each change of what is shown makes another edition (see 0002).
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

PUBLISHED = ("shown_message", "shown_endorsement")
CHANGES = ("INSERT", "UPDATE", "DELETE")
STEP = "UPDATE edition SET number = number + 1"


def upgrade() -> None:
    _create_submission()
    op.create_table(
        "shown_message",
        *_common("shown_message"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("has_reservation", sa.Boolean(), nullable=False),
        sa.Column("is_to_person", sa.Boolean(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "shown_endorsement",
        *_common("shown_endorsement"),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("url", sa.String(length=300), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_shown_message_page", "shown_message", ["campaign_id", "language", "shown_hour", "submission_id"]
    )
    op.create_index("ix_shown_endorsement_page", "shown_endorsement", ["campaign_id", "shown_hour", "submission_id"])
    op.create_table(
        "taken_back",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.CheckConstraint("what IN ('message', 'endorsement', 'shown')", name=op.f("ck_taken_back_what_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_taken_back")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "own_addresses",
        sa.Column("organizer_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organizer_id"], ["organizer.id"], name=op.f("fk_own_addresses_organizer_id_organizer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organizer_id", name=op.f("pk_own_addresses")),
    )
    _create_triggers()


def _common(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=3), nullable=False),
        sa.Column("shown_hour", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f(f"fk_{table}_campaign_id_campaign")),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.id"],
            name=op.f(f"fk_{table}_submission_id_submission"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("submission_id", name=op.f(f"pk_{table}")),
    ]


def _create_submission() -> None:
    op.create_table(
        "submission",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("sent_hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("language", sa.String(length=3), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("held_for", sa.String(length=60), nullable=False),
        sa.Column("signature_id", sa.Uuid(), nullable=True),
        sa.Column("audience", sa.String(length=10), nullable=True),
        sa.Column("is_passed_on", sa.Boolean(), nullable=False),
        sa.Column("contact_tag", sa.LargeBinary(length=32), nullable=True),
        sa.Column("link_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("link_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entered_by", sa.Uuid(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_hour", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.Column("declined_for", sa.String(length=20), nullable=True),
        sa.CheckConstraint("kind IN ('message', 'endorsement')", name=op.f("ck_submission_kind_known")),
        sa.CheckConstraint(
            "state IN ('unverified', 'waiting', 'approved', 'declined')", name=op.f("ck_submission_state_known")
        ),
        sa.CheckConstraint(
            "(kind = 'message') = (signature_id IS NOT NULL)", name=op.f("ck_submission_message_has_signature")
        ),
        sa.CheckConstraint(
            "(kind = 'message') = (audience IS NOT NULL)", name=op.f("ck_submission_message_has_audience")
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_submission_campaign_id_campaign")),
        *(
            sa.ForeignKeyConstraint(
                [column], ["organizer.id"], name=op.f(f"fk_submission_{column}_organizer"), ondelete="SET NULL"
            )
            for column in ("entered_by", "decided_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint("signature_id", name=op.f("uq_submission_signature_id")),
        sa.UniqueConstraint("contact_tag", name=op.f("uq_submission_contact_tag")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_submission_campaign_id"), "submission", ["campaign_id"])
    op.create_index(op.f("ix_submission_decision_id"), "submission", ["decision_id"])
    op.create_index("ix_submission_queue", "submission", ["state", "sent_hour", "id"])


def _create_triggers() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION forget_submission() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN DELETE FROM submission WHERE signature_id = OLD.id; RETURN NULL; END $$"
        )
        op.execute(
            "CREATE TRIGGER forget_submission_of_erased AFTER UPDATE OF sealed ON signature "
            "FOR EACH ROW WHEN (NEW.sealed IS NULL) EXECUTE FUNCTION forget_submission()"
        )
        op.execute(
            "CREATE TRIGGER forget_submission_of_deleted AFTER DELETE ON signature "
            "FOR EACH ROW EXECUTE FUNCTION forget_submission()"
        )
        for table in PUBLISHED:
            op.execute(
                f"CREATE TRIGGER new_edition AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION new_edition()"
            )
        return
    forget = "BEGIN DELETE FROM submission WHERE signature_id = OLD.id; END"
    op.execute(
        "CREATE TRIGGER forget_submission_of_erased AFTER UPDATE OF sealed ON signature "
        f"WHEN NEW.sealed IS NULL {forget}"
    )
    op.execute(f"CREATE TRIGGER forget_submission_of_deleted AFTER DELETE ON signature {forget}")
    for table in PUBLISHED:
        for change in CHANGES:
            op.execute(
                f"CREATE TRIGGER new_edition_{table}_{change.lower()} AFTER {change} ON {table} BEGIN {STEP}; END"
            )


def downgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for name in ("forget_submission_of_erased", "forget_submission_of_deleted"):
        op.execute(f"DROP TRIGGER {name} ON signature" if is_postgresql else f"DROP TRIGGER {name}")
    if is_postgresql:
        op.execute("DROP FUNCTION forget_submission()")
    # Their triggers go with the tables.
    for table in ("own_addresses", "taken_back", *PUBLISHED, "submission"):
        op.drop_table(table)
