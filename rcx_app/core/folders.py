"""Where files of people lie in the data folder, and the only names they may have there."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from rcx_app.core.errors import NotFound
from rcx_app.core.settings import settings

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,150}")
_SHOWN_MOST = 200


def uploads() -> Path:
    """Uploaded files, each under a random name. Made where it is missing."""
    return _made(settings().var_dir / "uploads")


def attachments() -> Path:
    """Files of support tickets, each under a random name. Made where it is missing."""
    return _made(settings().var_dir / "attachments")


def exports(workspace_id: int) -> Path:
    """Files that a workspace may download at ``/exports/<name>``. Made where it is missing."""
    return _made(settings().var_dir / "exports" / str(workspace_id))


def existing(folder: Path, name: str) -> Path:
    """The file `name` in `folder`. Raises NotFound where there is none, or where the name would lead elsewhere."""
    path = folder / name
    if not _NAME.fullmatch(name) or not path.is_file() or path.is_symlink():
        raise NotFound("The file")
    return path


def safe_name(name: str) -> str:
    """A file's name for display: the last part of a path, without control characters."""
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(char for char in last if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp")).strip()
    return unicodedata.normalize("NFC", plain)[-_SHOWN_MOST:] or "upload"


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
