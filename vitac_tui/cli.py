"""The command line: parse, import the one command that is called, turn errors into exit codes.

Nothing heavy is imported here, so that `--help` answers at once.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from importlib import import_module
from itertools import pairwise

from vitac_tui.commands.parser import parse
from vitac_tui.console import streams
from vitac_tui.errors import ExitCode, UserError, one_line
from vitac_tui.system import process_start


def main(argv: Sequence[str] | None = None) -> int:
    """Run `vitac-tui` with these arguments and return the exit code."""
    began = time.monotonic()  # --max-time counts what comes before a run, too
    streams.prepare()
    arguments = list(sys.argv[1:] if argv is None else argv)
    code: int = ExitCode.DONE
    try:
        try:
            code = _call(arguments, began)
        except SystemExit as leaving:  # of the parser, or of a signal before a run has begun
            code = int(leaving.code or 0)
        sys.stdout.flush()  # what is left of the output can still be lost
        return code
    except UserError as error:
        return _complain(str(error), arguments, ExitCode.USAGE)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:  # the reader of our output, such as `head`, has gone
        return code
    except streams.OutputLost as lost:
        return _complain(str(lost), arguments, ExitCode.FAILED)
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        remedy = "--traceback shows more"
        return _complain(f"unexpected error: {what} ({remedy})", arguments, ExitCode.FAILED)


def _call(arguments: list[str], began: float) -> int:
    for before, argument in pairwise(("", *arguments)):
        if before != "--set":  # a setting's text is refused with its key
            _require_text(argument)
    command, args = parse(arguments)
    args.argv = ["vitac-tui", *arguments]
    args.began = began
    module, _, function = command.target.partition(":")
    with process_start.prepared() if command.is_run else nullcontext():
        return int(getattr(import_module(f"vitac_tui.commands.{module}"), function)(args))


def _require_text(argument: str) -> None:
    """Refuse what the record, which is UTF-8, cannot hold."""
    if "\0" in argument:
        raise UserError("contains a NUL character", where=argument)
    if argument != argument.encode(errors="replace").decode():
        raise UserError("is not UTF-8 text", where=argument)


def _complain(message: str, arguments: list[str], code: int) -> int:
    if "--traceback" in arguments:
        import traceback

        traceback.print_exc()
    print(f"vitac-tui: {one_line(message)}", file=sys.stderr)
    return code


def entry() -> None:
    """Run `vitac-tui` as the installed command."""
    sys.exit(main())
