"""Where the `stacklens` command begins: so small that Ctrl-C is heard while the rest is loaded."""

INTERRUPTED = 130
"""The exit status that shells give a command which SIGINT ended."""


def main() -> None:
    """Run a command; Ctrl-C ends it without a traceback."""
    try:
        from stacklens_pipeline import cli

        cli.main()
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None


if __name__ == "__main__":
    main()
