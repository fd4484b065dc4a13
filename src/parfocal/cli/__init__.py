"""The command line: thin, it computes no number."""

import sys


def main() -> None:
    """Run the command line; an error of parfocal's own ends in one sentence and exit code 2, never in a traceback."""
    from parfocal.cli.app import app
    from parfocal.errors import ParfocalError, StudyStopped

    try:
        app(standalone_mode=True)
    except StudyStopped as error:
        _fail(str(error), 3)
    except ParfocalError as error:
        _fail(str(error), 2)
    except KeyboardInterrupt:
        _fail("Interrupted.", 130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        if error.filename is None:
            raise
        _fail(f"'{error.filename}' cannot be used ({error.strerror}): is there room, and may it be written to?", 2)


def _fail(text: str, code: int) -> None:
    print(f"Error: {text}" if code != 130 else text, file=sys.stderr)
    sys.exit(code)
