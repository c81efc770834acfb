"""What keeps keys usable: a box to try a phrase on, a paper copy, and when each holder last tried"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None

# Without `batch_alter_table`: SQLite would make `epoch` anew, and lose the triggers of migration 0002 with it.
_MOMENTS = (
    ("epoch", "paper_at"),
    ("epoch", "holder_left_at"),
    ("wrapped_key", "added_at"),
    ("wrapped_key", "tried_at"),
)


def upgrade() -> None:
    op.add_column("epoch", sa.Column("test_box", sa.LargeBinary(length=80), nullable=True))
    op.add_column("epoch", sa.Column("test_digest", sa.LargeBinary(length=32), nullable=True))
    op.add_column("epoch", sa.Column("endorsement", sa.LargeBinary(length=32), nullable=True))
    for table, name in _MOMENTS:
        op.add_column(table, sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("wrapped_key", sa.Column("kind", sa.String(length=10), server_default="phrase", nullable=False))


def downgrade() -> None:
    op.drop_column("wrapped_key", "kind")
    for table, name in _MOMENTS[::-1]:
        op.drop_column(table, name)
    op.drop_column("epoch", "endorsement")
    op.drop_column("epoch", "test_digest")
    op.drop_column("epoch", "test_box")
