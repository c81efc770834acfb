"""What a site needs before anybody can sign, and whether its log of who did what is whole."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from campaign.audit.queries import first_broken_entry
from campaign.campaigns.queries import all_campaigns
from campaign.doctor.findings import Finding
from campaign.organizers.queries import logins
from campaign.sealing.queries import has_demo_epoch


def examine_contents(session: Session, *, is_demo: bool) -> Iterator[Finding]:
    """Campaigns, organizers, and the audit log."""
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
    broken = first_broken_entry(session)
    if broken is None:
        yield Finding("the audit log is whole")
    else:
        yield Finding(
            f"the audit log was altered at entry {broken}",
            "somebody with access to the database hides who took which list",
            "compare it with a backup to see who gains by it, and change the database's password",
        )


def _some(number: int, what: str, why: str, next_step: str) -> Finding:
    return Finding(f"{what}: {number}") if number else Finding(f"{what}: 0", why, next_step)
