"""Where a holder's monthly reminder goes and when one last went, and which file an unfinished import is of"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("wrapped_key", sa.Column("reminder", sa.LargeBinary(), nullable=True))
    op.add_column("wrapped_key", sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("paper_batch", sa.Column("file_tag", sa.LargeBinary(length=32), nullable=True))


def downgrade() -> None:
    op.drop_column("paper_batch", "file_tag")
    op.drop_column("wrapped_key", "reminded_at")
    op.drop_column("wrapped_key", "reminder")
