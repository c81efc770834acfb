"""The desk's numbers beside the count: how many confirm, where and as what people sign, how mail stands."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from flask_babel import gettext

from campaign.campaigns.queries import CampaignView, campaign_communities
from campaign.core.db import db
from campaign.counting.queries import community_shares, country_shares, days, hours, origins, pending_count
from campaign.outbox.queries import MailQueue, mail_queue
from campaign.outbox.transports import Outcome
from campaign.paper.models import SOURCE
from campaign.paper.queries import counted_since
from campaign.web.charts import Bars, Chart, hours_chart, signatures_chart
from campaign.web.i18n import current_language, language_name
from campaign.web.public.countries import country_name
from campaign.web.services import services

_RATE_DAYS = 7
# Of fewer people a share says nothing.
_FEWEST_FOR_A_RATE = 10


@dataclass(frozen=True, slots=True)
class Confirming:
    """Of those who signed or confirmed lately: how many have confirmed, how many have not yet. `percent` or None."""

    days: int
    confirmed: int
    pending: int

    @property
    def percent(self) -> int | None:
        everybody = self.confirmed + self.pending
        return round(100 * self.confirmed / everybody) if everybody >= _FEWEST_FOR_A_RATE else None


@dataclass(frozen=True, slots=True)
class Part:
    """One line of a table: what it is called, and how many."""

    label: str
    number: int


@dataclass(frozen=True, slots=True)
class Parts:
    """The tables of a campaign. Communities and countries are rounded and leave out what is below ten."""

    languages: list[Part]
    sources: list[Part]
    communities: list[Part]
    countries: list[Part]


@dataclass(frozen=True, slots=True)
class Mail:
    """How mail stands for the whole site, and what relays have refused for good on this machine."""

    queue: MailQueue
    refused: int


def confirming(view: CampaignView, *, now: datetime) -> Confirming:
    """The last seven days."""
    series = days(db.session(), view.id, today=now.date())
    first_day = datetime.combine(now.date() - timedelta(days=_RATE_DAYS - 1), time(), UTC)
    # Nobody has to confirm by mail what they signed on paper.
    on_paper = counted_since(db.session(), view.id, since=first_day)
    confirmed = sum(day.signatures for day in series[-_RATE_DAYS:]) - on_paper
    pending = pending_count(db.session(), view.id, since=now - timedelta(days=_RATE_DAYS))
    return Confirming(_RATE_DAYS, max(0, confirmed), pending)


def charts(view: CampaignView, *, now: datetime) -> tuple[Chart | None, Bars]:
    """All days, and the last hours."""
    by_day = signatures_chart(days(db.session(), view.id, today=now.date()))
    return by_day, hours_chart(hours(db.session(), view.id, now=now))


def parts(view: CampaignView) -> Parts:
    """Where and as what people signed, in the desk's language."""
    session, language = db.session(), current_language()
    labels = {one.key: one.label for one in campaign_communities(session, view.id, language)}
    made = origins(session, view.id)
    return Parts(
        languages=[Part(language_name(code), number) for code, number in made.languages],
        sources=[Part(source_label(source), number) for source, number in made.sources],
        communities=[
            Part(labels.get(share.community, share.community), share.people)
            for share in community_shares(session, view.id)
        ],
        countries=[Part(country_name(code, language), number) for code, number in country_shares(session, view.id)],
    )


def mail(*, now: datetime) -> Mail:
    """How mail stands."""
    return Mail(mail_queue(db.session(), now=now), int(services().mails.totals()[Outcome.REFUSED.value][0]))


def source_label(source: str) -> str:
    """Where a form stood, in words; a source as `signing` writes it."""
    kind, _, host = source.partition(":")
    if kind == "embed":
        return host or str(gettext("Embedded, on a site not listed as an ally"))
    if kind == SOURCE:
        return str(gettext("On paper"))
    return str(gettext("This site"))
