"""One HTML page as a reader, or a form's sender, sees it."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from xml.etree.ElementTree import Element

import html5lib

FIELDS = {"input", "select", "textarea"}
# A form shown again holds what was typed, also what no page should hold; browsers show a replacement for it.
_UNSHOWABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")


@dataclass
class Form:
    """A form as a browser would send it if nobody touched it."""

    action: str | None
    method: str
    values: dict[str, Any] = field(default_factory=dict)


class Page:
    """One HTML page, parsed as strictly as the standard allows."""

    def __init__(self, html: str) -> None:
        tree = html5lib.getTreeBuilder("etree")
        parser = html5lib.HTMLParser(tree=tree, strict=True, namespaceHTMLElements=False)
        self.root: Element = parser.parse(_UNSHOWABLE.sub("\ufffd", html))

    @cached_property
    def elements(self) -> list[Element]:
        return [element for element in self.root.iter() if isinstance(element.tag, str)]

    @cached_property
    def by_id(self) -> dict[str, Element]:
        return {element.get("id", ""): element for element in self.elements if element.get("id")}

    @cached_property
    def text(self) -> str:
        """What a reader sees, spaces made single."""
        return words(self.root.find("body"))

    @property
    def h1(self) -> str:
        return words(self.root.find(".//h1"))

    @property
    def title(self) -> str:
        return words(self.root.find(".//title"))

    @property
    def count(self) -> int:
        """The number on the counter."""
        return int(next(value for element in self.elements if (value := element.get("data-signature-count"))))

    def tagged(self, *tags: str) -> list[Element]:
        return [element for element in self.elements if element.tag in tags]

    def classed(self, name: str) -> list[Element]:
        return [element for element in self.elements if name in (element.get("class") or "").split()]

    def links(self) -> dict[str, str]:
        """Where each link leads, by its words; of two with the same words the last."""
        return {words(link): link.get("href", "") for link in self.tagged("a")}

    def forms(self) -> list[Form]:
        return [_form(element) for element in self.tagged("form")]

    def form(self, *names: str) -> Form:
        """The first form that has these fields."""
        return next(form for form in self.forms() if set(names) <= set(form.values))

    def value(self, name: str) -> str | None:
        """What stands in a field."""
        return _value(next(element for element in self.tagged(*FIELDS) if element.get("name") == name))

    def mistakes(self) -> dict[str, str]:
        """The error summary: the sentence by the name of the field it links to."""
        lists = self.classed("error-summary")
        links = [link for box in lists for link in box.iter("a")]
        return {self.by_id[link.get("href", "")[1:]].get("name", ""): words(link) for link in links}


def words(element: Element | None) -> str:
    return "" if element is None else " ".join("".join(element.itertext()).split())


def _form(element: Element) -> Form:
    values: dict[str, Any] = {}
    for part in element.iter():
        if part.tag in FIELDS and part.get("name"):
            is_box = part.get("type") in ("checkbox", "radio")
            if is_box and "checked" not in part.attrib:
                continue
            values[part.get("name", "")] = _value(part)
    return Form(element.get("action"), element.get("method", "get"), values)


def _value(element: Element) -> str | None:
    if element.tag == "textarea":
        return element.text or ""
    if element.tag == "select":
        options = list(element.iter("option"))
        chosen = [option for option in options if "selected" in option.attrib] or options[:1]
        return chosen[0].get("value") if chosen else None
    if element.get("type") in ("checkbox", "radio") and "checked" not in element.attrib:
        return None
    return element.get("value", "")
