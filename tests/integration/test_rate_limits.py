"""Limits that several processes share: how exact they are, what they write down, and for how long it says anything."""

import multiprocessing
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from campaign.app import create_app
from campaign.core.db import db, transaction
from campaign.core.keyring import Keyring
from campaign.defence import rate_limits
from campaign.defence.daily_keys import DailyKeys, forget_old_keys
from campaign.defence.models import DailyKey, RateCounter
from campaign.defence.networks import is_this_machine, network_of
from campaign.defence.proof_of_work import Solved, use_up
from campaign.defence.rate_limits import SIGN_BY_NETWORK, Limit, RateLimits, forget_old_hits
from campaign.defence.waiting_line import LONGEST_HOLD_HOURS, join_line
from tests.databases import config_for

EXACT = Limit("exact", 5, 3600)
NETWORK = network_of("203.0.113.9")
PROCESSES, THREADS, TRIES = 2, 8, 40


def limits(keyring: Keyring) -> RateLimits:
    """As a process of its own has them."""
    return RateLimits(DailyKeys(keyring.waiting))


def counters() -> int:
    found = db.session.scalar(select(func.count()).select_from(RateCounter)) or 0
    db.session.rollback()
    return found


def test_two_processes_share_one_limit(any_app: Flask, keyring: Keyring, now: datetime) -> None:
    first, second = limits(keyring), limits(keyring)
    allowed = [side.allows(EXACT, "olga", now=now) for _ in range(5) for side in (first, second)]
    assert allowed == [True] * 5 + [False] * 5
    assert first.allows(EXACT, "somebody else", now=now)


def test_a_limit_begins_again_with_its_next_window(any_app: Flask, keyring: Keyring, now: datetime) -> None:
    shared = limits(keyring)
    while shared.allows(EXACT, "olga", now=now):
        pass
    wait = timedelta(seconds=shared.seconds_to_wait(EXACT, now=now))
    assert not shared.allows(EXACT, "olga", now=now + wait - timedelta(seconds=2))
    assert shared.allows(EXACT, "olga", now=now + wait)


@pytest.mark.parametrize("number", [1, 2, 4])
def test_so_many_processes_let_through_little_more(
    any_app: Flask, keyring: Keyring, now: datetime, number: int
) -> None:
    """The bound that `Limit` states, met where each process hears of the others as late as can be."""
    sides = [limits(keyring) for _ in range(number)]
    passed = sum(side.allows(SIGN_BY_NETWORK, NETWORK, now=now) for _ in range(100) for side in sides)
    assert SIGN_BY_NETWORK.hits <= passed <= SIGN_BY_NETWORK.hits + number * (SIGN_BY_NETWORK.step - 1)


def test_what_happens_seldom_is_not_written_down(any_app: Flask, keyring: Keyring, now: datetime) -> None:
    shared = limits(keyring)
    for host in range(50):
        for _ in range(SIGN_BY_NETWORK.step - 1):
            assert shared.allows(SIGN_BY_NETWORK, network_of(f"203.0.{host}.9"), now=now)
    assert counters() == 0
    shared.allows(SIGN_BY_NETWORK, NETWORK, now=now)
    for _ in range(SIGN_BY_NETWORK.step):
        shared.allows(SIGN_BY_NETWORK, NETWORK, now=now)
    assert counters() == 1


def test_a_counter_names_nobody_and_goes_when_its_window_is_over(
    any_app: Flask, keyring: Keyring, now: datetime
) -> None:
    limits(keyring).allows(EXACT, "olga", now=now)
    row = db.session.scalars(select(RateCounter)).one()
    ends_at = row.expires_at
    assert b"olga" not in row.tag
    assert len(row.tag) == 32
    assert ends_at == datetime(2026, 11, 22, 19, tzinfo=UTC), "to the window, not to the second"
    for instant, left in ((ends_at - timedelta(seconds=1), 1), (ends_at, 0)):
        with transaction() as session:
            forget_old_hits(session, now=instant)
        assert counters() == left


def test_a_process_counts_no_more_than_it_can_keep(
    any_app: Flask, keyring: Keyring, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who comes from ever new networks fills no memory; what was written down still counts."""
    monkeypatch.setattr(rate_limits, "MOST_COUNTED_AT_ONCE", 100)
    shared = limits(keyring)
    while shared.allows(SIGN_BY_NETWORK, NETWORK, now=now):
        pass
    for number in range(1000):
        assert shared.allows(SIGN_BY_NETWORK, number.to_bytes(6), now=now)
    again = [shared.allows(SIGN_BY_NETWORK, NETWORK, now=now) for _ in range(2 * SIGN_BY_NETWORK.step)]
    assert again.count(True) < SIGN_BY_NETWORK.step


def test_a_clock_set_back_stops_nobody_and_opens_nothing(any_app: Flask, keyring: Keyring, now: datetime) -> None:
    shared = limits(keyring)
    assert shared.allows(SIGN_BY_NETWORK, NETWORK, now=now)
    earlier = now - timedelta(days=3650)
    passed = sum(shared.allows(SIGN_BY_NETWORK, NETWORK, now=earlier) for _ in range(100))
    assert passed == SIGN_BY_NETWORK.hits


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", b"\xcb\0\x71"),
        ("203.0.113.255", b"\xcb\0\x71"),
        ("203.0.114.9", b"\xcb\0\x72"),
        ("::ffff:203.0.113.9", b"\xcb\0\x71"),
        ("2001:db8:1:2:3:4:5:6", bytes.fromhex("20010db80001")),
        ("2001:db8:1:ffff:ffff:ffff:ffff:ffff", bytes.fromhex("20010db80001")),
        ("2001:db8:2::", bytes.fromhex("20010db80002")),
        ("fe80::1%eth0", bytes.fromhex("fe8000000000")),
        ("", b""),
        ("not an address", b""),
        ("203.0.113.9:443", b""),
    ],
)
def test_a_network_is_what_one_office_or_server_has(address: str, network: bytes) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("address", "is_here"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("10.0.0.1", False),
        ("", False),
        ("localhost", False),
    ],
)
def test_this_machine_is_no_network(address: str, is_here: bool) -> None:
    assert is_this_machine(address) == is_here


def test_the_key_of_a_day_is_the_same_everywhere_and_no_other_days(
    any_app: Flask, keyring: Keyring, now: datetime
) -> None:
    today, tomorrow = now.date(), now.date() + timedelta(days=1)
    first, second = DailyKeys(keyring.waiting), DailyKeys(keyring.waiting)
    assert first.of(today) == second.of(today)
    assert second.of(tomorrow) == first.of(tomorrow) != first.of(today)
    sealed = db.session.scalars(select(DailyKey.sealed)).all()
    assert len(sealed) == 2
    assert not [key for key in sealed if first.of(today) in key or first.of(today).hex().encode() in key]


def test_a_key_is_gone_after_48_hours(any_app: Flask, keyring: Keyring, now: datetime) -> None:
    keys = DailyKeys(keyring.waiting)
    born = datetime(2026, 11, 22, tzinfo=UTC)
    before = keys.of(born.date())
    for age, left in ((timedelta(hours=47, minutes=59), 1), (timedelta(hours=48), 0)):
        with transaction() as session:
            forget_old_keys(session, now=born + age)
        assert db.session.scalar(select(func.count()).select_from(DailyKey)) == left
    assert DailyKeys(keyring.waiting).of(born.date()) != before, "whoever asks again gets another"


def test_another_waiting_key_makes_limits_less_shared_but_stops_nobody(
    any_app: Flask, keyring: Keyring, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    assert limits(keyring).allows(EXACT, "olga", now=now)
    other = RateLimits(DailyKeys(b"o" * 32))
    assert [other.allows(EXACT, "olga", now=now) for _ in range(6)] == [True] * 5 + [False]
    assert "another waiting.key" in caplog.text


def test_mail_leaves_a_line_at_an_even_pace(any_app: Flask, now: datetime) -> None:
    places = [join(now) for _ in range(3)]
    assert [place - now for place in places if place] == [timedelta(seconds=6 * n) for n in (1, 2, 3)]
    later = now + timedelta(hours=1)
    with transaction() as session:
        forget_old_hits(session, now=later)
    assert join(later) == later + timedelta(seconds=6), "a line nobody waits in is forgotten"


def test_a_full_line_takes_nobody_until_it_moves(any_app: Flask, now: datetime) -> None:
    longest = 10 * 60 * LONGEST_HOLD_HOURS
    with transaction() as session:
        places = [join_line(session, b"l" * 32, a_minute=10, now=now) for _ in range(longest + 5)]
    assert all(places[:longest])
    assert not any(places[longest:])
    assert places[longest - 1] == now + timedelta(hours=LONGEST_HOLD_HOURS)
    assert join(now + timedelta(seconds=6)) == now + timedelta(hours=LONGEST_HOLD_HOURS, seconds=6)


def join(now: datetime) -> datetime | None:
    with transaction() as session:
        return join_line(session, b"l" * 32, a_minute=10, now=now)


def test_one_solution_sent_fifty_times_at_once_works_once(any_app: Flask, now: datetime) -> None:
    barrier, firsts = threading.Barrier(50), list[bool]()

    def send() -> None:
        with any_app.app_context():
            barrier.wait()
            with transaction() as session:
                first = use_up(session, Solved("0" * 32, now))
            firsts.append(first)
            db.session.remove()

    run(send, 50)
    assert sorted(firsts) == [False] * 49 + [True]


def test_people_who_join_a_line_at_once_get_places_of_their_own(any_app: Flask, now: datetime) -> None:
    barrier, places = threading.Barrier(8), list[datetime | None]()

    def wait() -> None:
        with any_app.app_context():
            barrier.wait()
            places.extend(join(now) for _ in range(5))
            db.session.remove()

    run(wait, 8)
    assert sorted(place - now for place in places if place) == [timedelta(seconds=6 * n) for n in range(1, 41)]


def run(work: Any, number: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.fixture
def hammered(any_app: Flask, database_url: str, instance: Path, now: datetime) -> dict[str, int]:
    """How often two processes of eight threads each were let through, by limit."""
    context = multiprocessing.get_context("spawn")
    start, results = context.Barrier(PROCESSES), context.Queue()
    made = [
        context.Process(target=hammer, args=(database_url, str(instance), now, start, results))
        for _ in range(PROCESSES)
    ]
    for process in made:
        process.start()
    found = [results.get(timeout=120) for _ in made]
    for process in made:
        process.join(timeout=60)
        assert process.exitcode == 0
    return {name: sum(each[name] for each in found) for name in found[0]}


def hammer(url: str, instance: str, now: datetime, start: Any, results: Any) -> None:
    """One process: all threads ask as fast as they can, for both limits."""
    app, passed, lock = (
        create_app(config_for(url, Path(instance))),
        {"exact": 0, SIGN_BY_NETWORK.name: 0},
        threading.Lock(),
    )
    shared = app.extensions["campaign"].rate_limits

    def ask() -> None:
        with app.app_context():
            for _ in range(TRIES):
                for limit in (EXACT, SIGN_BY_NETWORK):
                    if shared.allows(limit, NETWORK, now=now):
                        with lock:
                            passed[limit.name] += 1
            db.session.remove()

    start.wait(timeout=60)
    run(ask, THREADS)
    with app.app_context():
        db.engine.dispose()
    results.put(passed)


def test_two_processes_of_eight_threads_let_through_little_more(hammered: dict[str, int]) -> None:
    """640 tries at each limit; the bound that `Limit` states holds however the threads are scheduled."""
    assert hammered["exact"] == EXACT.hits
    spare = PROCESSES * (SIGN_BY_NETWORK.step - 1)
    # Whoever waits for another's write may be taken for having come after it.
    fewest = SIGN_BY_NETWORK.hits - PROCESSES * THREADS
    assert fewest <= hammered[SIGN_BY_NETWORK.name] <= SIGN_BY_NETWORK.hits + spare
