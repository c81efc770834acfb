"""A number that moves with everything that is published, so that whoever remembers a page knows when it is old.

Triggers move it: no code, and nobody who mends a text by hand, can forget to.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PUBLISHED = ("site_setting", "campaign", "campaign_text", "campaign_community", "campaign_event", "case", "epoch")
CHANGES = ("INSERT", "UPDATE", "DELETE")
STEP = "UPDATE edition SET number = number + 1"


def upgrade() -> None:
    edition = op.create_table(
        "edition",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_edition_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition")),
    )
    op.bulk_insert(edition, [{"id": 1, "number": 1}])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE FUNCTION new_edition() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {STEP}; RETURN NULL; END $$"
        )
        for table in PUBLISHED:
            op.execute(
                f'CREATE TRIGGER new_edition AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON "{table}" '
                "FOR EACH STATEMENT EXECUTE FUNCTION new_edition()"
            )
        return
    for table in PUBLISHED:
        for change in CHANGES:
            op.execute(
                f'CREATE TRIGGER new_edition_{table}_{change.lower()} AFTER {change} ON "{table}" BEGIN {STEP}; END'
            )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in PUBLISHED:
            op.execute(f'DROP TRIGGER new_edition ON "{table}"')
        op.execute("DROP FUNCTION new_edition()")
    else:
        for table in PUBLISHED:
            for change in CHANGES:
                op.execute(f"DROP TRIGGER new_edition_{table}_{change.lower()}")
    op.drop_table("edition")
