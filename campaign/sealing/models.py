"""Tables of epochs: public keys that signatures are sealed to, and the secret halves wrapped to their holders."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from campaign.core.db import Model
from campaign.core.partial_index import partial_index


class Epoch(Model):
    """One key pair. Only the public half is usable from here; a demo epoch never seals outside the demo.

    `test_box` is sealed to the key and holds random bytes whose SHA-256 is `test_digest`: whoever knows them has opened
    it. `endorsement`: see `pin.py`. `paper_at`: when somebody confirmed to have a paper copy. `holder_left_at`: when a
    holder was last removed.
    """

    __tablename__ = "epoch"
    __table_args__ = (partial_index("uq_epoch_current", "is_demo", where="retired_at IS NULL", unique=True),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    public_key: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    is_demo: Mapped[bool]
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    test_box: Mapped[bytes | None] = mapped_column(LargeBinary(80))
    test_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    endorsement: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    paper_at: Mapped[datetime | None]
    holder_left_at: Mapped[datetime | None]


class WrappedKey(Model):
    """The secret half of an epoch, sealed under Argon2id of one holder's phrase. Useless without the phrase.

    `kind` is `phrase`, or `file` for a key file. `tried_at`: when its holder last proved to be able to open it.
    `reminder`: where they are reminded of that, sealed (see `reminders.py`); `reminded_at`: when a letter last went.
    """

    __tablename__ = "wrapped_key"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    epoch_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("epoch.id", ondelete="CASCADE"), index=True)
    holder: Mapped[str] = mapped_column(String(100))
    salt: Mapped[bytes] = mapped_column(LargeBinary(16))
    opslimit: Mapped[int]
    memlimit_bytes: Mapped[int]
    nonce: Mapped[bytes] = mapped_column(LargeBinary(24))
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary(48))
    kind: Mapped[str] = mapped_column(String(10), default="phrase", server_default="phrase")
    added_at: Mapped[datetime | None]
    tried_at: Mapped[datetime | None]
    reminder: Mapped[bytes | None] = mapped_column(LargeBinary)
    reminded_at: Mapped[datetime | None]
