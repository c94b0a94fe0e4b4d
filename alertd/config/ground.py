"""Where the file is looked for, and where things stand that it does not place itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alertd.config.secret import Vault
from alertd.errors import ConfigError

VARIABLE: Final = "ALERTD_CONFIG"
BESIDE: Final = "alertd.toml"
SYSTEM: Final = Path("/etc/alertd/alertd.toml")


@dataclass(frozen=True, slots=True)
class Ground:
    """A file and the folders around it.

    Relative paths in the file start at ``folder``, its own; state that it does not place
    goes to ``state``.  ``path`` is None for the built-in defaults.
    """

    path: Path | None
    folder: Path
    state: Path
    vault: Vault


def ground(path: Path | None, cwd: Path, environ: Mapping[str, str], *, secrets: bool) -> Ground:
    """What surrounds the file at ``path``."""
    folder = cwd if path is None else (cwd / path).parent
    return Ground(path, folder, state_folder(environ, cwd), Vault(folder, environ, secrets))


def locate(path: Path | None, environ: Mapping[str, str], cwd: Path) -> Path | None:
    """The file to read: as asked for, else by ``$ALERTD_CONFIG``, beside us, or the system's.

    Raises:
        ConfigError: a file that was named is not there.
    """
    named = path or (Path(environ[VARIABLE]) if environ.get(VARIABLE) else None)
    if named is None:
        usual = (cwd / BESIDE, SYSTEM)
        return next((item for item in usual if _there(item)), None)
    if not _there(cwd / named):
        origin = "" if path else f" (named by ${VARIABLE})"
        raise ConfigError(f"{named}: there is no such file{origin}; `alertd init` writes one")
    return named


def _there(path: Path) -> bool:
    """Whether there is a file; one that we may not see is there, so that reading it says why."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def state_folder(environ: Mapping[str, str], cwd: Path) -> Path:
    """The folder for state: systemd's, else that of the XDG base directories; not made here."""
    granted = environ.get("STATE_DIRECTORY", "").split(":")[0]
    if granted:
        return Path(granted)
    xdg = Path(environ.get("XDG_STATE_HOME", ""))
    home = Path(environ.get("HOME") or cwd)
    return (xdg if xdg.is_absolute() else home / ".local" / "state") / "alertd"
