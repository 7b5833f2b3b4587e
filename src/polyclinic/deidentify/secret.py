"""The secret that surrogates are made with: from a file or an environment variable, never from a recipe.

Without it no surrogate can be traced back; with another one every surrogate and every shift is another. It is never
written anywhere: what a manifest shows is its mark, a hash that says only whether two runs had the same.
"""

from __future__ import annotations

import hmac
import os
from pathlib import Path

from polyclinic.errors import UserError

VARIABLE = "POLYCLINIC_DEIDENTIFY_KEY"  # holds the secret itself
FILE_VARIABLE = "POLYCLINIC_DEIDENTIFY_KEY_FILE"  # or the path of the file that holds it
FEWEST = 16  # bytes of a secret


def read_secret(file: Path | None = None, where: str = "key_file") -> bytes:
    """Return the secret: of `file`, else of the variable, else of the file that the other variable names.

    Raises UserError when there is none, or it is shorter than 16 bytes.
    """
    if file is None and os.environ.get(VARIABLE):
        return _checked(os.environ[VARIABLE].strip().encode(), f"the environment variable {VARIABLE}")
    path = file or (Path(os.environ[FILE_VARIABLE]) if os.environ.get(FILE_VARIABLE) else None)
    if path is None:
        raise UserError(
            f"{where}: no secret for the surrogates. Make one, e.g. `openssl rand -hex 32 > "
            f"~/.polyclinic-key`, keep it out "
            f"of recipes and stores, and name it: `key_file`, or {FILE_VARIABLE} (its path) or {VARIABLE} "
            f"(itself) in the "
            "environment"
        )
    try:
        found = path.expanduser().read_bytes().strip()
    except OSError as error:
        raise UserError(f"{where}: {path}: the secret cannot be read ({error.strerror})") from error
    return _checked(found, str(path))


def mark_of(secret: bytes) -> str:
    """Return eight letters that tell secrets apart and say nothing of them."""
    return hmac.digest(secret, b"mark of the secret", "sha256").hex()[:8]


def _checked(secret: bytes, where: str) -> bytes:
    if len(secret) < FEWEST:
        raise UserError(f"{where}: a secret of {len(secret)} bytes can be guessed; expected {FEWEST} or more")
    return secret
