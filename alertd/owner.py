"""Root becomes the owner of the store, so that nothing is made that the service cannot use."""

from __future__ import annotations

import os
import pwd
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from alertd.errors import StoreError

ROOT = 0


@dataclass(frozen=True, slots=True)
class Owner:
    """Whom a store belongs to: ``name`` is empty for a number that has no account."""

    name: str
    uid: int
    gid: int


def owner_of(path: Path) -> Owner:
    """Whom the store in ``path`` belongs to, or its nearest folder when it is yet to be made."""
    there = next(item for item in (path, *path.absolute().parents) if item.exists())
    found = there.stat()
    try:
        account = pwd.getpwuid(found.st_uid)
    except KeyError:
        return Owner("", found.st_uid, found.st_gid)
    return Owner(account.pw_name, account.pw_uid, account.pw_gid)


def become_owner(path: Path) -> None:
    """Run as root on a store of somebody else, go on as that user, for good.

    To be called before anything of the store is opened or made, and after what only root may
    read was read.  Nothing happens for any other user, and for a store that is root's.

    Raises:
        StoreError: the owner cannot read the program itself, and so could not go on.
    """
    if os.geteuid() != ROOT:
        return
    owner = owner_of(path)
    if owner.uid == ROOT:
        return
    # In this order: who is no longer root may choose no groups.
    if owner.name:
        os.initgroups(owner.name, owner.gid)
    else:
        os.setgroups([owner.gid])
    os.setgid(owner.gid)
    os.setuid(owner.uid)
    for needed in (Path(__file__).parent, Path(sysconfig.get_path("stdlib"))):
        if not os.access(needed, os.R_OK | os.X_OK):
            who = owner.name or f"user {owner.uid}"
            raise StoreError(
                f"{path} belongs to {who}, who cannot read {needed}, which alertd needs: "
                "install it where all may read it, such as /opt/alertd with the system's Python"
            )
