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
