"""`python -m relurules` and the `relurules` command."""

import sys


def main() -> None:
    """Run the command line on sys.argv and exit with its code."""
    try:
        from relurules.cli.main import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # before a command had begun
        sys.stderr.write("interrupted\n")
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
