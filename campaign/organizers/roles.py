"""What a role is worth. It holds for the whole site or for one campaign; of the two the stronger counts.

A viewer sees numbers; a moderator also handles what people send in; an editor also changes campaigns and takes lists
off the site; an owner also decides about people, keys and what is deleted.
"""

from campaign.organizers.models import ROLES

_WEAKEST_FIRST = ROLES[::-1]


def is_at_least(role: str | None, needed: str) -> bool:
    """Whether somebody with this role may do what needs that one. None is no role at all."""
    return role is not None and _WEAKEST_FIRST.index(role) >= _WEAKEST_FIRST.index(needed)


def stronger(*roles: str | None) -> str | None:
    """The strongest of some roles; None if there is none."""
    return max((role for role in roles if role is not None), key=_WEAKEST_FIRST.index, default=None)
