"""The operating-system user PostgreSQL runs as.

PostgreSQL refuses to run as root. Started by a plain user, it runs as that user. Started by root, it runs as a
user the machine already has (no user is created and no folder's permissions are widened).
"""

import ctypes
import os
import pwd
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

from data_platform.instance.errors import InstanceError

_INSTEAD_OF_ROOT = ("postgres", "nobody")
_CAP_DAC_OVERRIDE = 1
_PR_SET_KEEPCAPS, _PR_SET_SECUREBITS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 8, 28, 47, 2
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_CAPABILITY_VERSION_3 = 0x20080522


@dataclass(frozen=True)
class ServerUser:
    """The user that owns the data folder and runs the server."""

    name: str
    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Whether the server runs as another user than this process."""
        return self.uid != os.geteuid()

    def own(self, path: Path) -> None:
        """Give a file or folder to this user."""
        if self.is_other:
            os.chown(path, self.uid, self.gid)

    def can_enter(self, folder: Path) -> bool:
        """Whether the permissions on `folder` and the folders above it let this user in."""
        return all(self._may_search(step) for step in (folder, *folder.parents))

    def _may_search(self, folder: Path) -> bool:
        status = folder.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        return bool(status.st_mode & (stat.S_IXGRP if status.st_gid == self.gid else stat.S_IXOTH))

    def become(self, needed: tuple[Path, ...]) -> None:
        """Turn this process (root's) into this user's, for good.

        Args:
            needed: folders the process will use. Where permissions would keep the user out (a checkout under
                /root), the process keeps root's right to pass them, and nothing on disk is changed.

        Raises:
            InstanceError: the user cannot be taken on, or a folder stays closed to it.
        """
        if not self.is_other:
            return
        closed = next((folder for folder in needed if not self.can_enter(folder)), None)
        try:
            _switch(self.uid, self.gid, keep_access=closed is not None)
        except OSError as error:
            raise InstanceError(
                f"PostgreSQL does not run as root, and user {self.name!r} cannot be used for it here: {error}",
                where=closed,
                fix="run as a plain user, or keep the checkout and DATA_PLATFORM_STATE where every user may enter",
                anchor="embedded-postgresql",
            ) from error


def server_user(data: Path) -> ServerUser:
    """The user to run the server as.

    Args:
        data: the server's data folder; its owner is kept when it exists.

    Raises:
        InstanceError: the data belongs to another user, or this process's user has no name.
    """
    uid = os.geteuid()
    owner = data.stat().st_uid if data.exists() else uid
    if uid == 0:
        return _named(owner) if owner else _instead_of_root()
    if owner != uid:
        raise InstanceError(
            f"the database belongs to user {_named(owner).name!r}, not to {_named(uid).name!r}",
            where=data,
            fix="start the platform as the user who started it first (or as root)",
            anchor="embedded-postgresql",
        )
    return _named(uid)


def _instead_of_root() -> ServerUser:
    for name in _INSTEAD_OF_ROOT:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServerUser(name, entry.pw_uid, entry.pw_gid)
    raise InstanceError(
        "PostgreSQL does not run as root, and this machine has neither a user 'postgres' nor 'nobody'",
        fix="run as a plain user, or set DATA_PLATFORM_POSTGRES_URL to a database of your own",
        anchor="embedded-postgresql",
    )


def _named(uid: int) -> ServerUser:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise InstanceError(
            f"user id {uid} has no name on this machine, and PostgreSQL needs one",
            fix="add the user to /etc/passwd, or set DATA_PLATFORM_POSTGRES_URL to a database of your own",
            anchor="embedded-postgresql",
        ) from None
    return ServerUser(entry.pw_name, uid, entry.pw_gid)


def _switch(uid: int, gid: int, *, keep_access: bool) -> None:
    if keep_access and not sys.platform.startswith("linux"):
        raise PermissionError("a folder on the way is closed to it")
    libc = ctypes.CDLL(None, use_errno=True)
    if keep_access:
        _checked(libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0))
        # else access(2), by which initdb looks for its server, does not count what the process may pass
        _checked(libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0))
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if keep_access:
        # effective, permitted, inheritable for capabilities 0-31, then for 32-63
        kept = (ctypes.c_uint32 * 6)(*[1 << _CAP_DAC_OVERRIDE] * 3, 0, 0, 0)
        _checked(libc.capset((ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0), kept))
        _checked(libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0))


def _checked(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
