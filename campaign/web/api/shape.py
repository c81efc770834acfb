"""What all shapes of the API's answers are made of."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Uri = Annotated[str, Field(json_schema_extra={"format": "uri"})]
LanguageCode = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
# As precisely as it is known: `2019`, `2019-06` or `2019-06-13`.
PartialDay = Annotated[str, Field(pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$")]


class Shape(BaseModel):
    """A value of the API; a string under a field says in the API's description what its name does not."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)
