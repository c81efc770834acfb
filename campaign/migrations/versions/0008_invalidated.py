"""Why a signature was invalidated, and the hour it would have if that is taken back."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("signature", schema=None) as batch_op:
        batch_op.add_column(sa.Column("invalidated_reason", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("invalidated_confirmed_hour", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("signature", schema=None) as batch_op:
        batch_op.drop_column("invalidated_confirmed_hour")
        batch_op.drop_column("invalidated_reason")
