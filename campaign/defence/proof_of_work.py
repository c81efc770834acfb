"""Small tasks for browsers (ALTCHA): a second of work for one form is nothing, for a million it is weeks.

The server keeps nothing of a task but, once it was solved and used, a hash of its number until it has expired.
"""

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from altcha import Payload, create_challenge, verify_solution
from sqlalchemy.orm import Session

from campaign.core.db import insert_if_new
from campaign.defence.models import RateCounter

# Measured: 0.7 ms a try in Chromium on one core, so about a second; an old phone with four cores needs three. The same
# work makes a task here, once: 1 ms.
_ALGORITHM, _COST = "PBKDF2/SHA-256", 5_000
_FEWEST_TRIES, _MOST_TRIES = 1_000, 2_000
TASK_MINUTES = 30


@dataclass(frozen=True, slots=True)
class Solved:
    """A task that was solved: its number, and until when it could have been."""

    number: str
    expires_at: datetime


class ProofOfWork:
    """Makes tasks and checks solutions. All processes with the same secret know each other's."""

    def __init__(self, secret: str) -> None:
        self._task_key = hmac.digest(secret.encode(), b"task for a browser", hashlib.sha256)
        self._solution_key = hmac.digest(secret.encode(), b"solution of a task", hashlib.sha256)

    def task(self, purpose: str, *, now: datetime) -> str:
        """A new task as JSON, good for one use for that purpose within `TASK_MINUTES`."""
        challenge = create_challenge(
            _ALGORITHM,
            _COST,
            # The browser tries 0, 1, 2 … until it comes to this one. So there is a longest time, unlike with a prefix.
            counter=_FEWEST_TRIES + secrets.randbelow(_MOST_TRIES - _FEWEST_TRIES),
            expires_at=now + timedelta(minutes=TASK_MINUTES),
            data={"for": purpose},
            hmac_secret=self._task_key,
            hmac_key_secret=self._solution_key,
        )
        return json.dumps(challenge.to_dict())

    def check(self, solution: str, purpose: str) -> Solved | None:
        """The task if this solves one of ours that was made for that purpose and has not expired."""
        if not verify_solution(solution, self._task_key, hmac_key_secret=self._solution_key).verified:
            return None
        task = Payload.from_base64(solution).challenge.parameters
        if task.data != {"for": purpose} or task.expires_at is None:
            return None
        return Solved(task.nonce, datetime.fromtimestamp(task.expires_at, UTC))


def use_up(session: Session, solved: Solved) -> bool:
    """Whether this is the first use of the solution."""
    tag = hashlib.sha256(f"solved {solved.number}".encode()).digest()
    # Longer than the task is good for: another machine's clock may be behind the one that deletes the row.
    until = solved.expires_at + timedelta(hours=1)
    return insert_if_new(session, RateCounter, {"tag": tag, "hits": 1, "expires_at": until})
