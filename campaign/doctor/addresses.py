"""The settings that have to fit each other and the world: addresses, encryption, proxies, the sender of mail."""

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from campaign.config import Config
from campaign.doctor.findings import Finding


def examine_addresses(config: Config) -> Iterator[Finding]:
    """Settings that are right each by itself and wrong together."""
    host = urlsplit(config.base_url).hostname or ""
    if config.is_https:
        yield _behind_proxy(config)
    elif _is_loopback(host):
        yield Finding(f"the site is {config.base_url}, for this machine only")
    else:
        yield Finding(
            f"the site is {config.base_url}, without encryption",
            "names, addresses and links can be read and changed on their way",
            "put a proxy with a certificate in front (deploy/nginx.conf) and set CAMPAIGN_BASE_URL=https://…",
        )
    if not config.is_demo and not _is_loopback(host):
        yield from _sender(config.mail_from)


def _behind_proxy(config: Config) -> Finding:
    if config.trusted_proxies:
        return Finding(f"the site is {config.base_url}, behind {config.trusted_proxies} of its own proxies")
    return Finding(
        f"the site is {config.base_url}, but CAMPAIGN_TRUSTED_PROXIES is 0",
        "some proxy decrypts, and unless it is trusted everybody has its address: limits hit all at once, and browsers "
        "that say where a form comes from are refused",
        "set CAMPAIGN_TRUSTED_PROXIES to the number of proxies in front, usually 1",
    )


def _sender(address: str) -> Iterator[Finding]:
    domain = address.rpartition("@")[2]
    if "." not in domain.strip("."):
        yield Finding(
            f"mail is sent from a domain nobody can reach, {domain}",
            "relays refuse such mail, or it ends as spam",
            "set CAMPAIGN_MAIL_FROM to an address of a domain of yours",
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
