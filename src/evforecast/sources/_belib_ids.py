"""The ids of Belib's chargers: their spellings, one normal form, and the place they stand at.

The live feed writes ``FR*V75*EPX20*21*1``, sometimes with the plug as ``01``; the static data has the same
and ``FRV75EPX20211``. The normal form is in capitals, with stars, and without zeros before the plug.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

__all__ = ["distinct", "location_of", "normal_id"]

_STARRED = re.compile(r"[A-Z]{2}(\*[A-Z0-9]+){3,}")
# Without stars only the known shapes can be taken apart: posts of a district (a letter and the district, then
# the post), and posts of a car park (the operator, the car park, then the post).
_STARLESS = (
    re.compile(r"(FR)(V75)(E(?:PX\d{2}|90\d{2}))(\d{2})(\d{1,2})"),
    re.compile(r"(FR)(V75)(EHBS[A-Z]{2})([A-Z]{3})(\d{2})(\d{1,2})"),
)
_CAR_PARK = re.compile(r"(FR\*V75\*)E(HBS[A-Z]{2}\*[A-Z]{3})\*\d+\*\d+")
_POST = re.compile(r"(FR\*V75\*)E(.+)\*\d+")


def normal_id(given: str) -> str:
    """Return the id of a charger in the spelling that our tables have.

    Parameters
    ----------
    given : str
        In any spelling of the portal, or of the national files.

    Returns
    -------
    str
        In capitals, with stars, without zeros before the plug; an id of another make as it is, without the
        blanks around it.

    Examples
    --------
    >>> [normal_id(each) for each in ("FR*V75*EPX20*21*01", "frv75epx20211", "S7-T1")]
    ['FR*V75*EPX20*21*1', 'FR*V75*EPX20*21*1', 'S7-T1']
    """
    text = given.strip().upper()
    for shape in _STARLESS:
        if found := shape.fullmatch(text):
            text = "*".join(found.groups())
    if not _STARRED.fullmatch(text):
        return given.strip()
    rest, _, plug = text.rpartition("*")
    return f"{rest}*{plug.lstrip('0') or '0'}" if plug.isdecimal() else text


def distinct(given: Iterable[str]) -> dict[str, str]:
    """Return the normal form of each id, but no two with the same one: those stay as they are given.

    Of two spellings that stand side by side nobody knows whether they are one charger.

    Examples
    --------
    >>> distinct(["FR*V75*EPX20*21*01", "FR*V75*EPX20*22*01", "FR*V75*EPX20*21*1"]).values()
    dict_values(['FR*V75*EPX20*21*01', 'FR*V75*EPX20*22*1', 'FR*V75*EPX20*21*1'])
    """
    forms = {each: normal_id(each) for each in dict.fromkeys(given)}
    spellings = defaultdict(list)
    for each, form in forms.items():
        spellings[form].append(each)
    return {each: form if len(spellings[form]) == 1 else each for each, form in forms.items()}


def location_of(evse_id: str) -> str:
    """Return the place of a charger, as the static data names it; of another make, its own id.

    Examples
    --------
    >>> location_of("FR*V75*EPX20*21*1"), location_of("FR*V75*EHBSAE*PDA*02*1")
    ('FR*V75*PPX20*21', 'FR*V75*PHBSAE*PDA')
    """
    found = _CAR_PARK.fullmatch(evse_id) or _POST.fullmatch(evse_id)
    return f"{found[1]}P{found[2]}" if found else evse_id
