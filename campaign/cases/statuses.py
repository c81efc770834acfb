"""The statuses a case can have, and which of them may be called free or in prison (most are neither)."""

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
