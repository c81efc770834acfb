"""Spellings of one mailbox are one; mail goes to what was typed."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.core.errors import Invalid
from campaign.signing.canonical_email import DOMAIN_RULES, dedupe_tag, read_email


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("Alice@Example.ORG", "alice@example.org"),
        ("  alice@example.org ", "alice@example.org"),
        ("ada.love.lace@gmail.com", "adalovelace@gmail.com"),
        ("adalovelace+news@googlemail.com", "adalovelace@gmail.com"),
        ("a.l+x@proton.me", "al@proton.me"),
        ("al@protonmail.com", "al@proton.me"),
        ("ada.l@outlook.com", "ada.l@outlook.com"),
        ("ada+x@me.com", "ada@icloud.com"),
        ("ada+x@example.org", "ada+x@example.org"),
        ("ada.l@example.org", "ada.l@example.org"),
        ("ada@bücher.example.org", "ada@xn--bcher-kva.example.org"),
        ("ada@xn--bcher-kva.example.org", "ada@xn--bcher-kva.example.org"),
        ("ada@BÜCHER.example.org", "ada@xn--bcher-kva.example.org"),
        ("ａｄａ@example.org", "ada@example.org"),
        ("ada＠ｅｘａｍｐｌｅ.org", "ada@example.org"),
        ("STRASSE@example.org", "strasse@example.org"),
        ("Straße@example.org", "straße@example.org"),
        ("علی@example.org", "علی@example.org"),
    ],
)
def test_an_address_has_one_canonical_form(typed: str, canonical: str) -> None:
    assert read_email(typed).canonical == canonical


def test_mail_goes_to_the_address_as_typed_with_a_domain_mail_servers_know() -> None:
    assert read_email("Ada.L+Petition@GMail.com").typed == "Ada.L+Petition@gmail.com"
    assert read_email("ada@bücher.example.org").typed == "ada@xn--bcher-kva.example.org"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ada",
        "ada@",
        "@example.org",
        "ada@localhost",
        "ada@example",
        "a b@example.org",
        "ada@example.org\r\nBcc: bob@example.org",
        "ada\0@example.org",
        "ada@exa\u202emple.org",
        "a" * 250 + "@example.org",
        "ada@[127.0.0.1]",
        "Ada <ada@example.org>",
        "ada@example.org,bob@example.org",
    ],
)
def test_what_is_not_one_address_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_email(typed)
    assert refused.value.field == "email"
    assert "ada" not in str(refused.value)


def test_a_domain_and_its_other_names_follow_the_same_rule() -> None:
    for rule in DOMAIN_RULES.values():
        if rule.same_as:
            main = DOMAIN_RULES[rule.same_as]
            assert (main.ignores_dots, main.plus_is_tag) == (rule.ignores_dots, rule.plus_is_tag)


def test_one_person_has_unrelated_tags_on_two_campaigns_and_under_two_keys() -> None:
    key, other = b"k" * 32, b"o" * 32
    first, second = uuid.uuid4(), uuid.uuid4()
    tags = {dedupe_tag(k, c, "ada@example.org") for k in (key, other) for c in (first, second)}
    assert len(tags) == 4
    assert dedupe_tag(key, first, "ada@example.org") in tags


@given(st.text(max_size=300))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        address = read_email(text)
    except Invalid:
        return
    assert address.typed.isprintable()
    assert address.canonical.count("@") >= 1
