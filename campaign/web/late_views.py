"""Views that are loaded when they are first asked for."""

from functools import cached_property
from importlib import import_module

from flask.typing import ResponseReturnValue, RouteCallable


class LateView:
    """Stands for the view `name` of a module: <https://flask.palletsprojects.com/en/stable/patterns/lazyloading/>."""

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    @cached_property
    def view(self) -> RouteCallable:
        """The view itself, with all that was noted on it."""
        found: RouteCallable = getattr(import_module(self._module), self._name)
        return found

    def __call__(self, **values: object) -> ResponseReturnValue:
        return self.view(**values)  # type: ignore[return-value]  # no view of ours is async
