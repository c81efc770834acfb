"""Invitations, sessions on the server, second factors."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None
# `session_stamp` goes: a program of the time before makes accounts with it.
phase = "contract"


def _organizer(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_organizer_id_organizer")
    return sa.ForeignKeyConstraint(["organizer_id"], ["organizer.id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.Column("invited_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('owner', 'editor', 'moderator', 'viewer')", name=op.f("ck_invitation_role_known")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_invitation_campaign_id_campaign"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["invited_by"], ["organizer.id"], name=op.f("fk_invitation_invited_by_organizer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_invitation_token_digest")),
    )
    op.create_index(op.f("ix_invitation_campaign_id"), "invitation", ["campaign_id"])
    op.create_index(op.f("ix_invitation_invited_by"), "invitation", ["invited_by"])
    op.create_table(
        "desk_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("organizer_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("factor_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("challenge", sa.LargeBinary(length=64), nullable=True),
        _organizer("desk_session"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_session")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_desk_session_token_digest")),
    )
    op.create_index(op.f("ix_desk_session_organizer_id"), "desk_session", ["organizer_id"])
    op.create_table(
        "totp_factor",
        sa.Column("organizer_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        _organizer("totp_factor"),
        sa.PrimaryKeyConstraint("organizer_id", name=op.f("pk_totp_factor")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("organizer_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        _organizer("recovery_code"),
        sa.PrimaryKeyConstraint("organizer_id", "digest", name=op.f("pk_recovery_code")),
    )
    op.create_table(
        "passkey",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organizer_id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(length=1023), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        _organizer("passkey"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index(op.f("ix_passkey_organizer_id"), "passkey", ["organizer_id"])
    with op.batch_alter_table("organizer") as batch_op:
        batch_op.drop_column("session_stamp")


def downgrade() -> None:
    with op.batch_alter_table("organizer") as batch_op:
        batch_op.add_column(sa.Column("session_stamp", sa.String(length=43), server_default="", nullable=False))
    for table in ("passkey", "recovery_code", "totp_factor", "desk_session", "invitation"):
        op.drop_table(table)
