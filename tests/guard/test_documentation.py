"""What somebody can set, run or open is written down where they will look for it."""

import re
from pathlib import Path

import click
import pytest

from campaign.cli import main
from campaign.config import KNOWN
from tests.guard.tree import DOCS, ROOT, shown, tracked

OPERATING = DOCS / "operating.md"
README = ROOT / "README.md"
_LINK = re.compile(r"\]\(([^)\s]+)\)")
# The first cell of a table row, and in it the words before the first argument or option.
_COMMAND_ROW = re.compile(r"^\| `campaign ([a-z][a-z-]*(?: [a-z][a-z-]*)*)(?: [^`]*)?` \|", re.MULTILINE)


def commands(group: click.Group, *names: str) -> list[str]:
    """Every command with its group before it."""
    found, context = [], click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        path = (*names, name)
        found += commands(command, *path) if isinstance(command, click.Group) else [" ".join(path)]
    return found


def text_of(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else ""


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_every_setting_stands_in_the_table(name: str) -> None:
    rows = [line for line in text_of(OPERATING).splitlines() if line.startswith("|")]
    assert [row for row in rows if f"`{name}`" in row], f"{name} has no row in docs/operating.md"


def test_the_table_names_no_setting_that_is_not_there() -> None:
    named = set(re.findall(r"CAMPAIGN_[A-Z_]+[A-Z]", text_of(OPERATING) + text_of(README)))
    assert named <= KNOWN


def test_the_table_of_commands_names_each_and_no_other() -> None:
    assert sorted(_COMMAND_ROW.findall(text_of(OPERATING))) == sorted(commands(main))


@pytest.mark.parametrize("command", commands(main))
def test_every_command_says_what_it_does(command: str) -> None:
    found: click.Command = main
    for name in command.split():
        assert isinstance(found, click.Group)
        subcommand = found.get_command(click.Context(found), name)
        assert subcommand is not None
        found = subcommand
    assert found.help


# The Markdown of campaigns is content, not documentation.
DOCUMENTS = [
    path for path in tracked() if path.suffix == ".md" and ("seeds" not in path.parts or path.name == "README.md")
]


@pytest.mark.parametrize("path", DOCUMENTS, ids=shown)
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    targets = [target.partition("#")[0] for target in _LINK.findall(path.read_text("utf-8"))]
    broken = {
        target
        for target in targets
        if target and "://" not in target and not target.startswith("mailto:") and not (path.parent / target).exists()
    }
    assert broken == set()


@pytest.mark.parametrize(
    "name",
    ["README.md", "CHANGELOG.md", "LICENSE", "docs/architecture.md", "docs/threat-model.md", "docs/operating.md"],
)
def test_the_documents_a_reader_expects_are_there(name: str) -> None:
    assert text_of(ROOT / name).count("\n") > 10


def test_the_readme_says_the_two_commands() -> None:
    text = text_of(README)
    assert "python3 dev.py demo" in text
    assert "python3 dev.py test" in text
