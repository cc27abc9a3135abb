"""Every error the package raises on purpose.

RelurulesError                 something the caller can mend; the message says what was found, what
|                              is supported, where
|-- InputError                 exit code 2: what came in can't be used
|   |-- ModelError             a network: unknown operator, NaN weights, wrong size, unreadable file
|   |-- DomainError            a domain: empty, wrong size, text columns, a constraint that
|   |                          can't be read
|   |-- DataError              a table: missing column, wrong number of columns, text in a
|   |                          number column
|   `-- RulesError             a rules file or an artefact that doesn't follow its format
|-- UnsupportedError           exit code 2: a target, dialect, form or engine that there isn't
|   `-- TooLargeError          a network of more linear regions than anyone asked for
`-- CheckError                 exit code 1: an artefact that fails to run, or isn't its network
    `-- OutOfTimeError         a time limit that was reached before there was a result

UnusedOptionWarning            what was asked for and did nothing here
BrokenPromiseWarning           what rules were asked to keep, and rules made of them don't

Termination                    a signal that asks the program to end, as Ctrl-C does by
KeyboardInterrupt
"""


class RelurulesError(Exception):
    """Root of the tree; `exit_code` is what the command line ends with."""

    exit_code = 2


class InputError(RelurulesError, ValueError):
    """What came in can't be used."""


class ModelError(InputError):
    """The network can't be read or holds something that isn't supported."""


class DomainError(InputError):
    """The domain is empty, ill-formed or doesn't fit the network."""


class DataError(InputError):
    """The table doesn't fit the network or the rules."""


class RulesError(InputError):
    """A rules file or an emitted artefact doesn't follow its format."""


class UnsupportedError(RelurulesError, ValueError):
    """No such target, dialect, form or engine."""


class TooLargeError(UnsupportedError):
    """More linear regions are to be expected than are searched for without being asked to."""


class CheckError(RelurulesError, RuntimeError):
    """An artefact failed to run, or a check failed."""

    exit_code = 1


class OutOfTimeError(CheckError):
    """A time limit was reached before there was a result; the message says what was being done."""


class UnusedOptionWarning(UserWarning):
    """An option had nothing to do; the message says why."""


class BrokenPromiseWarning(UserWarning):
    """Rules were asked to keep something that rules made of them don't; the message says what."""


class Termination(SystemExit):
    """SIGTERM, or that the terminal is gone: everything is left whole.

    Its code is 128 + the signal's number.
    """

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)


def summarise_error(error: Exception) -> str:
    """The first line of an error of another library, with its type, not too long."""
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0][:200] if text else ''}"
