"""What a site needs before anybody can sign, and whether its log of who did what is whole."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from campaign.audit.chain import Break, examine_chain
from campaign.audit.head import FILE_NAME
from campaign.campaigns.queries import all_campaigns
from campaign.cases.consent import consents_due
from campaign.cases.freshness import Freshness, freshness_of_all
from campaign.doctor.findings import Finding
from campaign.organizers.queries import logins
from campaign.sealing.queries import has_demo_epoch


def examine_contents(session: Session, *, instance: Path, is_demo: bool, now: datetime) -> Iterator[Finding]:
    """Campaigns, organizers, case pages, consent records, and the audit log."""
    yield _some(len(all_campaigns(session, "en")), "campaigns", "there is nothing to sign", "run `campaign seed PATH`")
    yield _some(
        len(logins(session)), "organizers", "nobody can see or download lists", "run `campaign organizer add LOGIN`"
    )
    if not is_demo and has_demo_epoch(session):
        yield Finding(
            "this is the database of a demo",
            "its sample signatures count as real ones, and its phrase lies beside it in demo.json",
            "begin with an empty CAMPAIGN_INSTANCE, or an empty database",
        )
    yield from _cases(freshness_of_all(session, today=now.date()))
    if not is_demo:
        yield from _consent(session, now.date())
    yield _audit_log(session, instance)


def _cases(found: list[Freshness]) -> Iterator[Finding]:
    stale = sum(one.is_stale for one in found)
    if stale:
        yield Finding(
            f"case pages not checked against the news in time: {stale} of {len(found)}",
            "what they say of a person may no longer be so; each says by itself that nobody has looked",
            "look for news; then press “Nothing new since” at the desk, under Cases, or change the record",
        )
    elif found:
        yield Finding(f"case pages checked in time: {len(found)}")
    without = sum(not one.has_demand for one in found)
    if without:
        yield Finding(
            f"case pages without a demand that fits their status: {without}",
            "they ask for nothing, because the demands they have would no longer be true",
            "write new demands at the desk, under Cases",
        )


def _consent(session: Session, today: date) -> Iterator[Finding]:
    """Counts only: an examination is often pasted into a letter or a chat."""
    due = consents_due(session, today=today)
    for number, what in (
        (sum(each.review_on is None for each in due), "cases without a consent record"),
        (sum(each.review_on is not None for each in due), "consent records to be looked at again"),
    ):
        if number:
            yield Finding(
                f"{what}: {number}",
                "nobody knows whether those people still want to be spoken of",
                "ask, and write down what you learn; the desk's first page says which",
            )


def _audit_log(session: Session, instance: Path) -> Finding:
    chain = examine_chain(session, instance / FILE_NAME)
    if chain.broken is None:
        known = f", entry {chain.written_down} was written down here" if chain.written_down else ""
        return Finding(f"the audit log is whole, up to entry {chain.newest.number}{known}")
    if chain.broken.kind == "head":
        return Finding(
            f"{instance / FILE_NAME} is damaged",
            "without it nobody notices that the newest entries of the audit log are gone",
            "see who could write there; compare the log with a backup, then delete the file: it is made anew",
        )
    return Finding(
        _broken(chain.broken),
        "somebody with access to the database hides what was done at this desk",
        "compare it with a backup to see who gains by it, and change the database's password; if it is what a restore "
        f"on another machine left behind, delete {instance / FILE_NAME}",
    )


def _broken(found: Break) -> str:
    entries = f"entry {found.first}" if found.first == found.last else f"entries {found.first} to {found.last}"
    words = {
        "missing": f"{entries} of the audit log {'is' if found.first == found.last else 'are'} missing",
        "altered": f"the audit log was altered at {entries}",
        "replaced": f"the audit log was written anew somewhere in {entries}",
    }
    return words[found.kind]


def _some(number: int, what: str, why: str, next_step: str) -> Finding:
    return Finding(f"{what}: {number}") if number else Finding(f"{what}: 0", why, next_step)
