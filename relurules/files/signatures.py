"""Detached signatures by OpenSSH's ssh-keygen, which every system has and which needs no package:
keys are those that people log in with, also on hardware tokens, and a file of allowed signers says
whose they are.
"""

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from relurules.errors import CheckError, UnsupportedError

#: What signatures are for: one that was made for anything else doesn't count.
NAMESPACE = "relurules"
#: Seconds that somebody may take to enter a passphrase or to touch a token.
_SIGN_TIME, _VERIFY_TIME = 120, 30


def sign_bytes(content: bytes, key: Path) -> bytes:
    """A detached signature, armoured.

    key: a private key, or the public one of a key that the agent holds. Raises CheckError where it
    can't be signed with, UnsupportedError where there is no ssh-keygen.
    """
    done = _run(["-Y", "sign", "-f", str(key.absolute()), "-n", NAMESPACE], content, _SIGN_TIME)
    if done.returncode or not done.stdout.startswith(b"-----BEGIN SSH SIGNATURE-----"):
        raise CheckError(f"{key}: can't sign with it: {_explain(done)}")
    return done.stdout


def find_signer(content: bytes, signature: bytes, signers: Path) -> str:
    """Who signed, as a file of allowed signers names them (`man ssh-keygen`, ALLOWED SIGNERS).

    Raises CheckError where the signature isn't one of these bytes by any of them.
    """
    with TemporaryDirectory() as folder:
        place = Path(folder) / "signature"
        place.write_bytes(signature)
        given = ["-s", str(place), "-f", str(signers.absolute())]
        asked = _run(["-Y", "find-principals", *given], b"", _VERIFY_TIME)
        names = asked.stdout.decode(errors="replace").splitlines()
        if asked.returncode or not names:
            raise CheckError(f"it isn't by a key of {signers}: {_explain(asked)}")

        command = ["-Y", "verify", "-I", names[0], "-n", NAMESPACE, *given]
        done = _run(command, content, _VERIFY_TIME)
        if done.returncode:
            raise CheckError(f"it isn't a signature of this text by {names[0]}: {_explain(done)}")

    return names[0]


def _run(options: list[str], content: bytes, seconds: int) -> "subprocess.CompletedProcess[bytes]":
    try:
        return subprocess.run(
            ["ssh-keygen", *options],
            input=content,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except FileNotFoundError:
        raise UnsupportedError(
            "signatures need ssh-keygen of OpenSSH 8.1 or later; install openssh-client"
        ) from None
    except subprocess.TimeoutExpired:
        raise CheckError(f"ssh-keygen didn't end within {seconds} seconds") from None


def _explain(done: "subprocess.CompletedProcess[bytes]") -> str:
    """What ssh-keygen said, on one line."""
    said = (done.stderr or done.stdout).decode(errors="replace").split()
    return " ".join(said)[:300] or f"ssh-keygen ended with {done.returncode}"
