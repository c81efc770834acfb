"""One person, one signature: brings the spellings of an address that reach the same mailbox to one form.

The canonical form is used for the dedupe tag only. Mail goes to the address as typed, because only its owner knows
which spelling works.
"""

import hashlib
import hmac
import unicodedata
import uuid
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from campaign.core.errors import Invalid

MAX_ADDRESS = 254


@dataclass(frozen=True, slots=True)
class DomainRule:
    """How a provider reads local parts. `same_as` is the domain that stands for all its names for one mailbox."""

    same_as: str | None = None
    ignores_dots: bool = False
    plus_is_tag: bool = True


# Each row from the provider's own help pages. A domain not listed keeps dots and plus: merging two people is worse
# than counting one twice.
DOMAIN_RULES = {
    "gmail.com": DomainRule(ignores_dots=True),
    "googlemail.com": DomainRule(same_as="gmail.com", ignores_dots=True),
    "outlook.com": DomainRule(),
    "hotmail.com": DomainRule(),
    "live.com": DomainRule(),
    "msn.com": DomainRule(),
    "icloud.com": DomainRule(),
    "me.com": DomainRule(same_as="icloud.com"),
    "mac.com": DomainRule(same_as="icloud.com"),
    "proton.me": DomainRule(ignores_dots=True),
    "protonmail.com": DomainRule(same_as="proton.me", ignores_dots=True),
    "pm.me": DomainRule(same_as="proton.me", ignores_dots=True),
    "fastmail.com": DomainRule(),
    "fastmail.fm": DomainRule(),
    "riseup.net": DomainRule(),
    "posteo.de": DomainRule(),
    "posteo.net": DomainRule(same_as="posteo.de"),
    "mailbox.org": DomainRule(),
    "yandex.ru": DomainRule(),
    "yandex.com": DomainRule(same_as="yandex.ru"),
    "ya.ru": DomainRule(same_as="yandex.ru"),
    "zoho.com": DomainRule(),
}
_NO_RULE = DomainRule(plus_is_tag=False)


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """`typed` is where mail goes; `canonical` is what the dedupe tag is made of and is never stored."""

    typed: str
    canonical: str


def read_email(text: str) -> EmailAddress:
    """Check the form of an address, without asking the network. Raises Invalid (field `email`)."""
    # Input methods of East Asian keyboards produce the full-width at sign.
    typed = text.strip().replace("\uff20", "@")
    if len(typed) > MAX_ADDRESS or not typed.isprintable() or "\ufffd" in typed:
        raise Invalid("not an address", field="email")
    try:
        checked = validate_email(typed, check_deliverability=False)
    except EmailNotValidError:
        raise Invalid("not an address", field="email") from None
    domain = checked.ascii_domain
    local = checked.local_part
    return EmailAddress(typed=f"{_typed_local(typed)}@{domain}", canonical=_canonical(local, domain))


def dedupe_tag(key: bytes, campaign_id: uuid.UUID, canonical: str) -> bytes:
    """HMAC-SHA256 over campaign and canonical address: the same person has unrelated tags on two campaigns."""
    return hmac.digest(key, campaign_id.bytes + canonical.encode(), hashlib.sha256)


def _typed_local(typed: str) -> str:
    return typed.rpartition("@")[0]


def _canonical(local: str, domain: str) -> str:
    # NFKC turns full-width letters into the ones they look like. Not casefold: ß and ss may be two people.
    local = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", local).lower())
    domain = domain.lower()
    rule = DOMAIN_RULES.get(domain, _NO_RULE)
    if rule.plus_is_tag:
        local = local.partition("+")[0] or local
    if rule.ignores_dots:
        local = local.replace(".", "")
    return f"{local}@{rule.same_as or domain}"
