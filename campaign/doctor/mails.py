"""Whether mail goes out: the worker, and the queue in front of the relay."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from campaign.core.clock_mark import last_look_at_clock
from campaign.doctor.findings import Finding
from campaign.outbox.queries import MailQueue, mail_queue

# A worker looks every second, and does its housekeeping every hour.
_LONGEST_DELAY = timedelta(minutes=10)
_LONGEST_SILENCE = timedelta(hours=2)
_WHY = "whoever signs gets no link to confirm with, and counts stand still"
_START = "start `campaign worker` (`systemctl status 'campaign-worker*'`) and look at its log"


def examine_mail(session: Session, *, now: datetime) -> Iterator[Finding]:
    """One finding about the worker, one about the queue."""
    queue, seen_at = mail_queue(session, now=now), last_look_at_clock(session)
    is_late = queue.due_at is not None and now - queue.due_at > _LONGEST_DELAY
    if seen_at is None:
        yield Finding("no worker has ever run on this database", _WHY, _START)
    elif is_late or now - seen_at > _LONGEST_SILENCE:
        yield Finding(f"no worker seems to run: the last sign of one is {_ago(now - seen_at)} old", _WHY, _START)
    else:
        yield Finding("a worker runs")
    yield _queue(queue, now)


def _queue(queue: MailQueue, now: datetime) -> Finding:
    held = f", {queue.held} of them held because too many came at once" if queue.held else ""
    what = f"mails waiting: {queue.waiting}{held}"
    if queue.oldest_at is not None and now - queue.oldest_at > _LONGEST_DELAY:
        return Finding(
            f"{what}, the oldest for {_ago(now - queue.oldest_at)}",
            "a link lives seven days; mail that cannot go out until then is given up",
            "see what is said below of the relay, and what the worker's log says",
        )
    return Finding(what)


def _ago(time: timedelta) -> str:
    return str(time).partition(".")[0]
