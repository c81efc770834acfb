"""What several people write at once is one transaction; each gets their own answer, and none too early."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from campaign.campaigns.models import Campaign
from campaign.core.db import db, new_engine
from campaign.core.errors import Refused
from campaign.core.group_commit import GroupCommit
from campaign.core.write_turn import NoTurn, WriteTurn, write_turn

PEOPLE = 12


def insert(number: int) -> Callable[[Session], int]:
    """Writes one row; a campaign is as good as any."""

    def write(session: Session) -> int:
        session.add(Campaign(slug=f"campaign-{number}", kind="petition", state="draft", position=number))
        session.flush()
        return number

    return write


def refuse(session: Session) -> int:
    insert(999)(session)
    raise Refused("not this one")


def all_at_once(app: Flask, writes: list[Callable[[], Any]]) -> list[Any]:
    """What each got or raised, in order."""
    answers: list[Any] = [-1] * len(writes)
    everybody = threading.Barrier(len(writes))

    def one(place: int) -> None:
        with app.app_context():
            everybody.wait()
            try:
                answers[place] = writes[place]()
            except Exception as error:  # noqa: BLE001 - the answer of this one
                answers[place] = error

    threads = [threading.Thread(target=one, args=(place,)) for place in range(len(writes))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return answers


def written(group: GroupCommit, writes: list[Callable[[Session], int]]) -> list[Callable[[], int]]:
    return [partial(group.write, write) for write in writes]


def wait_for(group: GroupCommit, people: int) -> None:
    while len(group) < people:
        threading.Event().wait(0.001)


def stored() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Campaign)) or 0


def test_everybody_gets_what_their_own_write_returned(any_app: Flask) -> None:
    answers = all_at_once(any_app, written(GroupCommit(), [insert(number) for number in range(PEOPLE)]))
    assert answers == list(range(PEOPLE))
    assert stored() == PEOPLE


def test_one_that_is_refused_leaves_nothing_and_takes_nobody_along(any_app: Flask) -> None:
    writes = [*(insert(number) for number in range(PEOPLE)), refuse, insert(0)]
    answers = all_at_once(any_app, written(GroupCommit(), writes))
    # Two wrote the same row: whoever came second is told so.
    assert isinstance(answers[PEOPLE], Refused)
    assert {type(answers[0]), type(answers[-1])} == {int, IntegrityError}
    assert answers[1:PEOPLE] == list(range(1, PEOPLE))
    assert stored() == PEOPLE


def test_what_is_written_together_gives_everybody_their_own_result(any_app: Flask) -> None:
    calls: list[int] = []

    def insert_all(session: Session, numbers: Sequence[int]) -> list[str]:
        calls.append(len(numbers))
        for number in numbers:
            if number == 999:
                raise Refused("not this one")
            insert(number)(session)
        return [f"wrote {number}" for number in numbers]

    group = GroupCommit()
    wanted = [*range(PEOPLE), 999]
    answers = all_at_once(any_app, [partial(group.write_together, insert_all, number) for number in wanted])
    assert answers[:-1] == [f"wrote {number}" for number in range(PEOPLE)]
    assert isinstance(answers[-1], Refused)
    assert stored() == PEOPLE


def test_a_commit_serves_more_than_one(any_app: Flask) -> None:
    commits = []
    with any_app.app_context():
        event.listen(db.engine, "commit", commits.append)
        group, first_is_in, may_go_on = GroupCommit(), threading.Event(), threading.Event()

        def slow(session: Session) -> int:
            first_is_in.set()
            may_go_on.wait(timeout=60)
            return insert(0)(session)

        leader = threading.Thread(target=all_at_once, args=(any_app, written(group, [slow])))
        leader.start()
        first_is_in.wait(timeout=60)
        followers = threading.Thread(
            target=all_at_once, args=(any_app, written(group, [insert(number) for number in range(1, PEOPLE)]))
        )
        followers.start()
        wait_for(group, PEOPLE - 1)
        may_go_on.set()
        leader.join(timeout=60)
        followers.join(timeout=60)
        assert stored() == PEOPLE
        # The first by itself, then all who had come meanwhile.
        assert len(commits) == 2


def test_whoever_comes_before_our_turn_is_taken_along(app: Flask) -> None:
    commits = []
    with app.app_context():
        event.listen(db.engine, "commit", commits.append)
        group, turn = GroupCommit(), write_turn(db.engine)
        assert turn is not None
        with turn.taken():
            everybody = threading.Thread(
                target=all_at_once, args=(app, written(group, [insert(number) for number in range(PEOPLE)]))
            )
            everybody.start()
            # One of them leads, and waits for the turn.
            wait_for(group, PEOPLE - 1)
        everybody.join(timeout=60)
        assert stored() == PEOPLE
        assert len(commits) == 1


def test_a_row_that_is_locked_for_long_keeps_nobody_else_waiting(postgresql_app: Flask) -> None:
    with postgresql_app.app_context():
        all_at_once(postgresql_app, written(GroupCommit(), [insert(0)]))
        holder = db.engine.connect()
        holder.execute(select(Campaign.id).with_for_update())
        group, answers = GroupCommit(), list[Any]()

        def move(session: Session) -> int:
            session.execute(update(Campaign).where(Campaign.slug == "campaign-0").values(position=77))
            return 77

        together = [move, *(insert(number) for number in range(1, PEOPLE))]
        crowd = threading.Thread(target=lambda: answers.extend(all_at_once(postgresql_app, written(group, together))))
        crowd.start()
        while stored() < PEOPLE and crowd.is_alive():
            threading.Event().wait(0.001)
        assert crowd.is_alive()
        holder.close()
        crowd.join(timeout=60)
        assert answers == [77, *range(1, PEOPLE)]


def test_nobody_is_answered_before_the_commit(app: Flask) -> None:
    with app.app_context():

        def fail(_connection: object) -> None:
            raise OperationalError("commit", None, Exception("disk full"))

        event.listen(db.engine, "commit", fail)
        answers = all_at_once(app, written(GroupCommit(), [insert(number) for number in range(PEOPLE)]))
        event.remove(db.engine, "commit", fail)
        assert {type(answer) for answer in answers} == {OperationalError}
        assert stored() == 0


def test_the_turn_passes_between_processes_and_from_one_that_dies(tmp_path: Path) -> None:
    database = tmp_path / "any.sqlite3"
    hold = (
        "import sys, time; from pathlib import Path; from campaign.core.write_turn import WriteTurn\n"
        "with WriteTurn(Path(sys.argv[1])).taken():\n    print('mine', flush=True); time.sleep(600)"
    )
    other = subprocess.Popen([sys.executable, "-c", hold, str(database)], stdout=subprocess.PIPE)
    assert other.stdout is not None
    other.stdout.readline()
    got_it = threading.Event()

    def take() -> None:
        with WriteTurn(database).taken():
            got_it.set()

    waiting = threading.Thread(target=take)
    waiting.start()
    assert not got_it.wait(0.2)
    other.kill()
    other.wait()
    other.stdout.close()
    assert got_it.wait(30)
    waiting.join()


def test_a_child_does_not_wait_for_its_parents_threads(tmp_path: Path) -> None:
    """A server forks; what a thread of the parent held at that moment is nobody's in the child."""
    engine = new_engine(f"sqlite:///{tmp_path / 'any.sqlite3'}")
    turn = write_turn(engine)
    assert turn is not None
    with turn.taken():
        child = os.fork()
        if child == 0:
            mine = write_turn(engine)
            os._exit(0 if mine is not None and mine is not turn else 1)
        _, status = os.waitpid(child, 0)
    engine.dispose()
    assert os.waitstatus_to_exitcode(status) == 0


def test_without_a_place_for_the_lock_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(NoTurn), WriteTurn(tmp_path / "nowhere" / "any.sqlite3").taken():
        pass
