"""What may stand in an address. Anything else is no address of ours, and never reaches a view or the database."""

from werkzeug.routing import BaseConverter


class LanguageConverter(BaseConverter):
    """`en`, `ckb`; never `api`, below which programs ask."""

    regex = r"(?!api\b)[a-z]{2,3}"


class SlugConverter(BaseConverter):
    """`nasrin-sotoudeh`."""

    regex = "[a-z0-9]+(?:-[a-z0-9]+)*"
