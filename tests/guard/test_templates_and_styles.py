"""Pages work in either direction, under a policy that allows nothing inline."""

import re
from pathlib import Path

import pytest

from tests.guard.tree import STATIC, TEMPLATES, shown, sources

PAGES = sources(TEMPLATES, "*.html")
STYLES = sources(STATIC / "css", "*.css")
LAYERS = ["tokens", "base", "layout", "components"]
_PHYSICAL = re.compile(
    r"""(?<![\w-])(?:
        (?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right|top|bottom)(?:-\w+)*\s*:
      | border-(?:top|bottom)-(?:left|right)-radius\s*:
      | (?:left|right|top|bottom)\s*:
      | (?:min-|max-)?(?:width|height)\s*:
      | text-align\s*:\s*(?:left|right)
      | float\s*:\s*(?:left|right)
      | clear\s*:\s*(?:left|right)
    )""",
    re.VERBOSE,
)
_COLOUR = re.compile(r"(--[\w-]+):\s*(#[0-9a-f]+);")
_MOTION_WELCOME = re.compile(r"@media \(prefers-reduced-motion: no-preference\) \{(?:[^{}]|\{[^{}]*\})*\}")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# Conditions ask for the window, which has no direction.
_CONDITION = re.compile(r"@(?:media|container|supports)[^{]*\{")


def rules(path: Path) -> str:
    return _CONDITION.sub("{", _COMMENT.sub("", path.read_text("utf-8")))


@pytest.mark.parametrize("path", STYLES, ids=shown)
def test_a_style_sheet_knows_no_left_or_right(path: Path) -> None:
    assert [found.group(0) for found in _PHYSICAL.finditer(rules(path))] == []


@pytest.mark.parametrize("path", STYLES, ids=shown)
def test_a_style_sheet_shouts_nowhere_and_loads_nothing_from_elsewhere(path: Path) -> None:
    text = rules(path)
    assert "!important" not in text
    assert "@import" not in text
    assert not re.findall(r"url\(\s*[\"']?(?:https?:)?//", text)


@pytest.mark.parametrize("path", STYLES, ids=shown)
def test_a_style_sheet_stands_in_a_layer(path: Path) -> None:
    named = re.findall(r"@layer\s+([\w, ]+)[{;]", rules(path))
    layers = {name.strip() for names in named for name in names.split(",")}
    assert layers
    assert layers <= set(LAYERS)


def test_every_colour_has_another_value_in_the_dark() -> None:
    light, _, rest = (STATIC / "css" / "tokens.css").read_text("utf-8").partition("(prefers-color-scheme: dark)")
    by_day, by_night = dict(_COLOUR.findall(light)), dict(_COLOUR.findall(rest.partition("@media")[0]))
    assert by_day
    assert by_day.keys() == by_night.keys()
    assert not by_day.items() & by_night.items()
    # Whoever embeds a campaign may ask for the dark by name.
    assert dict(_COLOUR.findall((STATIC / "css" / "embed.css").read_text("utf-8"))) == by_night


@pytest.mark.parametrize("path", STYLES, ids=shown)
def test_only_the_tokens_name_a_colour(path: Path) -> None:
    if path.name != "tokens.css":
        assert re.findall(r":[^;{}]*#[0-9a-f]{3,8}\b", _COLOUR.sub("", rules(path))) == []


@pytest.mark.parametrize("path", STYLES, ids=shown)
def test_what_takes_time_is_for_readers_who_did_not_ask_for_stillness(path: Path) -> None:
    """An animation on a scroll timeline takes no time of its own: it moves as far as the reader does."""
    text = _MOTION_WELCOME.sub("", _COMMENT.sub("", path.read_text("utf-8")))
    assert not re.search(r"(?<![\w-])(?:transition|scroll-behavior)\s*:", text)
    for block in re.findall(r"\{([^{}]*(?<![\w-])animation\s*:[^{}]*)\}", text):
        assert "animation-timeline:" in block


@pytest.mark.parametrize("path", PAGES, ids=shown)
def test_a_template_has_nothing_inline(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"<style\b", text)
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text)
    assert not re.search(r"javascript:", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"<script[^>]*>\s*[^<\s]", text)


@pytest.mark.parametrize("path", PAGES, ids=shown)
def test_a_template_escapes_what_it_shows(path: Path) -> None:
    text = path.read_text("utf-8")
    assert "|safe" not in text.replace(" ", "")
    assert "autoescape" not in text


@pytest.mark.parametrize("path", sources(TEMPLATES / "macros", "*.html"), ids=shown)
def test_a_macro_takes_arguments_and_no_globals_of_the_page(path: Path) -> None:
    text = path.read_text("utf-8")
    for name in ("url_for", "request", "session", "site.", "g."):
        assert not re.search(rf"\{{[{{%][^}}]*(?<![\w.]){re.escape(name)}", text)


@pytest.mark.parametrize("path", sources(STATIC, "*.js"), ids=shown)
def test_a_script_of_ours_makes_no_code_of_text(path: Path) -> None:
    if "vendor" in path.parts:
        pytest.skip("not ours")
    text = path.read_text("utf-8")
    for way in ("eval(", "new Function", "innerHTML", "outerHTML", "document.write", "insertAdjacentHTML"):
        assert way not in text


@pytest.mark.parametrize("kind", ["subject", "txt"])
def test_every_mail_has_a_subject_and_a_text(kind: str) -> None:
    folder = TEMPLATES / "email"
    names = {path.stem for path in folder.iterdir()}
    assert {path.stem for path in folder.glob(f"*.{kind}")} == names
