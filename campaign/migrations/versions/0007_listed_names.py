"""Public names with all that a list says of them, in one piece: a signature's row is forty times as long."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NAME = "ix_signature_listed_names"
IS_WHOLE = sa.text("SELECT indisvalid FROM pg_index WHERE indexrelid = CAST(:name AS regclass)")
CONFIRMED_NAMES = sa.text("state = 'confirmed' AND public_name IS NOT NULL")


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_index(
            NAME,
            "signature",
            ["campaign_id", "id", "public_name", "language", "confirmed_hour"],
            sqlite_where=CONFIRMED_NAMES,
            postgresql_where=CONFIRMED_NAMES,
            postgresql_concurrently=True,
            if_not_exists=True,
        )
        # Building it may have had to give way before it was whole.
        if op.get_bind().dialect.name == "postgresql" and not op.get_bind().scalar(IS_WHOLE, {"name": NAME}):
            op.execute(f"REINDEX INDEX CONCURRENTLY {NAME}")


def downgrade() -> None:
    op.drop_index(NAME, "signature")
