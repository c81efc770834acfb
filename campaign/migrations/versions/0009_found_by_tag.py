"""Links are found by the tag they carry, and an index is of one state: a signature writes fewer pages.

Takes away what processes of the release before look links up by. They go on working, but walk the whole table for a
link, and links they have mailed are unknown to this release: run this one when they are stopped.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None
phase = "contract"

OLD_UNIQUES = {
    "uq_signature_campaign_id_dedupe_tag": ["campaign_id", "dedupe_tag"],
    "uq_signature_confirm_digest": ["confirm_digest"],
    "uq_signature_manage_digest": ["manage_digest"],
}
NEW_UNIQUES = {"uq_signature_dedupe_tag": ["dedupe_tag"]}
OLD_INDEXES = {
    "ix_signature_listed": (["campaign_id", "state", "id"], None),
    "ix_signature_public_names": (["campaign_id", "id"], "public_name IS NOT NULL"),
}
NEW_INDEXES = {
    "ix_signature_confirmed": (["campaign_id", "id"], "state = 'confirmed'"),
    "ix_signature_invalidated": (["signed_hour"], "state = 'invalidated'"),
}
Uniques = dict[str, list[str]]
Indexes = dict[str, tuple[list[str], str | None]]
IS_WHOLE = sa.text("SELECT indisvalid FROM pg_index WHERE indexrelid = CAST(:name AS regclass)")
IS_THERE = sa.text("SELECT 1 FROM pg_constraint WHERE conname = :name")


def upgrade() -> None:
    change(OLD_UNIQUES, NEW_UNIQUES, OLD_INDEXES, NEW_INDEXES)


def downgrade() -> None:
    change(NEW_UNIQUES, OLD_UNIQUES, NEW_INDEXES, OLD_INDEXES)


def change(old_uniques: Uniques, new_uniques: Uniques, old_indexes: Indexes, new_indexes: Indexes) -> None:
    if op.get_bind().dialect.name == "postgresql":
        with op.get_context().autocommit_block():
            on_postgresql(old_uniques, new_uniques, old_indexes, new_indexes)
        return
    for name in old_indexes:
        op.drop_index(name, "signature")
    # Made anew with all else it has; that it has no rowid, Alembic does not see.
    with op.batch_alter_table("signature", table_kwargs={"sqlite_with_rowid": False}) as batch_op:
        for name in old_uniques:
            batch_op.drop_constraint(name, type_="unique")
        for name, columns in new_uniques.items():
            batch_op.create_unique_constraint(name, columns)
    for name, (columns, where) in new_indexes.items():
        op.create_index(name, "signature", columns, sqlite_where=where and sa.text(where))


def on_postgresql(old_uniques: Uniques, new_uniques: Uniques, old_indexes: Indexes, new_indexes: Indexes) -> None:
    """New ones before old ones go, beside those who write; each step may have been done before it had to give way."""
    for name, (columns, where) in {
        **new_indexes,
        **{name: (columns, None) for name, columns in new_uniques.items()},
    }.items():
        op.create_index(
            name,
            "signature",
            columns,
            unique=name in new_uniques,
            postgresql_where=where and sa.text(where),
            postgresql_concurrently=True,
            if_not_exists=True,
        )
        if not op.get_bind().scalar(IS_WHOLE, {"name": name}):
            op.execute(f"REINDEX INDEX CONCURRENTLY {name}")
    for name in new_uniques:
        if not op.get_bind().scalar(IS_THERE, {"name": name}):
            op.execute(f"ALTER TABLE signature ADD CONSTRAINT {name} UNIQUE USING INDEX {name}")
    for name in old_uniques:
        op.execute(f"ALTER TABLE signature DROP CONSTRAINT IF EXISTS {name}")
    for name in old_indexes:
        op.drop_index(name, "signature", postgresql_concurrently=True, if_exists=True)
