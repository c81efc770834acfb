"""Public names with all that a list says of them, in one piece: a signature's row is forty times as long."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

CONFIRMED_NAMES = sa.text("state = 'confirmed' AND public_name IS NOT NULL")


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_signature_listed_names",
            "signature",
            ["campaign_id", "id", "public_name", "language", "confirmed_hour"],
            sqlite_where=CONFIRMED_NAMES,
            postgresql_where=CONFIRMED_NAMES,
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    op.drop_index("ix_signature_listed_names", "signature")
