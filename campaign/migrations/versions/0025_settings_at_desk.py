"""A community that a campaign no longer calls on stays, for those who named it."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not in a batch: SQLite would lose the triggers of migration 0002 with the table that it makes anew.
    op.add_column("campaign_community", sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    # Older programs offer every community they find.
    op.execute("DELETE FROM campaign_community WHERE retired_at IS NOT NULL")
    op.drop_column("campaign_community", "retired_at")
