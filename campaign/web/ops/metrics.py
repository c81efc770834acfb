"""What `/metrics` says, in Prometheus's text format: nothing about a person, and nothing that grows with their number.

Counters are of all processes of this machine (see `core/tally.py`). What is read from the database is the same
whichever process, on whichever machine, is asked.
"""

import platform
from collections.abc import Iterable, Iterator
from datetime import datetime
from importlib.metadata import version
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from campaign.campaigns.queries import all_campaigns
from campaign.core.clock_mark import last_look_at_clock
from campaign.core.connections import open_connections
from campaign.core.database_version import database_version
from campaign.counting.queries import deltas_waiting, signature_counts
from campaign.outbox.queries import mail_queue
from campaign.web.ops.meter import BUCKETS, FIRST_BUCKET, STATUSES, SUM

Totals = dict[str, list[float]]


class _Families(Collector):
    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def exposition(session: Session, *, requests: Totals, mails: Totals, now: datetime) -> bytes:
    """The whole page. A database that does not answer costs what is read from it, and is told."""
    families: list[Metric] = [_build(), *_requests(requests), _mails(mails)]
    try:
        read = list(_from_database(session, now))
    except SQLAlchemyError:
        read = []
    is_ready = GaugeMetricFamily("campaign_database_ready", "1 if the database answers as this program needs it")
    is_ready.add_metric([], 1 if read else 0)
    return generate_latest(_Families([*families, is_ready, *read]))


def _build() -> Metric:
    labels = {"version": version("campaign"), "python": platform.python_version()}
    family = GaugeMetricFamily("campaign_build_info", "The program that answers", labels=list(labels))
    family.add_metric(list(labels.values()), 1)
    return family


def _requests(totals: Totals) -> Iterator[Metric]:
    names = ["method", "route"]
    answers = CounterMetricFamily("campaign_http_requests", "Requests answered", labels=[*names, "status"])
    seconds = HistogramMetricFamily(
        "campaign_http_request_duration_seconds", "Time until an answer began", labels=names
    )
    for row, numbers in totals.items():
        labels = list(row.partition(" ")[::2])
        for status, number in zip(STATUSES, numbers, strict=False):
            if number:
                answers.add_metric([*labels, status], number)
        if numbers[SUM]:
            ends = [*map(str, BUCKETS), "+Inf"]
            reached = accumulate(numbers[FIRST_BUCKET:SUM])
            seconds.add_metric(labels, list(zip(ends, reached, strict=True)), numbers[SUM])
    yield from (answers, seconds)


def _mails(totals: Totals) -> Metric:
    family = CounterMetricFamily("campaign_mails", "Mails by what came of trying to send them", labels=["outcome"])
    for outcome, (number,) in totals.items():
        family.add_metric([outcome], number)
    return family


def _from_database(session: Session, now: datetime) -> Iterator[Metric]:
    queue = mail_queue(session, now=now)
    yield GaugeMetricFamily("campaign_mails_waiting", "Mails in the outbox", queue.waiting)
    yield GaugeMetricFamily("campaign_mails_held", "Of these, held because too many came at once", queue.held)
    yield _age(
        "campaign_oldest_mail_age_seconds", "Since the oldest mail not held was queued; 0 if none", queue.oldest_at, now
    )
    yield _age("campaign_mail_overdue_seconds", "Since the first mail was due; 0 if none is", queue.due_at, now)
    yield GaugeMetricFamily("campaign_counts_waiting", "Confirmations not yet added up", deltas_waiting(session))
    if looked_at := last_look_at_clock(session):
        yield _age("campaign_worker_seen_seconds", "Since a worker did its hourly housekeeping", looked_at, now)
    yield _labelled(
        "campaign_signatures", "Confirmed signatures, those on paper included", "campaign", _signatures(session)
    )
    yield _labelled("campaign_database_connections", "Open connections", "state", open_connections(session))
    schema = database_version(session)
    yield _labelled("campaign_database_version", "Version of the tables", "version", {schema.found or "none": 1})


def _signatures(session: Session) -> dict[str, int]:
    counts = signature_counts(session)
    # What is hidden is not written into the records of another program.
    views = [view for view in all_campaigns(session, "en") if not view.is_hidden]
    return {view.slug: counts[view.id].total for view in views}


def _age(name: str, help_text: str, since: datetime | None, now: datetime) -> Metric:
    return GaugeMetricFamily(name, help_text, max(0.0, (now - since).total_seconds()) if since else 0)


def _labelled(name: str, help_text: str, label: str, values: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, help_text, labels=[label])
    for value, number in values.items():
        family.add_metric([value], number)
    return family
