"""The statuses a case can have. Most are neither "free" nor "in prison", and none is shown as either by its name."""

from typing import Literal, get_args

CaseStatus = Literal[
    "unknown",
    "detained",
    "charged",
    "on_trial",
    "sentenced",
    "imprisoned",
    "furlough",
    "bail",
    "released",
    "pardoned",
    "rearrested",
    "died",
]
CASE_STATUSES: tuple[CaseStatus, ...] = get_args(CaseStatus)
# Under these somebody may be held, so a place of detention may be named; under all others a place would be a home.
MAY_BE_HELD: tuple[CaseStatus, ...] = ("detained", "charged", "on_trial", "sentenced", "imprisoned", "rearrested")
