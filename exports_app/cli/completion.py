"""`exports-app completion`: scripts for bash, zsh and fish that complete commands and options.

The scripts ask the program for the words, so that they need no change when a command is added.
"""

import argparse
from collections.abc import Iterator, Sequence

PROGRAM = "exports-app"
WORDS = "words"
TEXT = "Print a script that completes commands and options in a shell."
SHELLS = {
    "bash": r"""_exports_app() {
    mapfile -t COMPREPLY < <(exports-app completion words -- "${COMP_WORDS[@]:1:COMP_CWORD}")
}
complete -o default -F _exports_app exports-app
""",
    "zsh": r"""#compdef exports-app
_exports_app() {
    local -a found
    found=(${(f)"$(exports-app completion words -- "${(@)words[2,CURRENT]}")"})
    if (( $#found )); then compadd -a found; else _files; fi
}
compdef _exports_app exports-app
""",
    "fish": r"""function __exports_app
    set -l typed (commandline -opc) (commandline -ct)
    exports-app completion words -- $typed[2..]
end
complete -c exports-app -a '(__exports_app)'
""",
}
"""Where the program names no words, the shell completes files."""


def add_commands(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=[*SHELLS, WORDS], metavar="SHELL", help=", ".join(SHELLS))
    parser.add_argument("typed", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    if args.shell != WORDS:
        print(SHELLS[args.shell], end="")
        return 0
    from exports_app.cli.parser import build_parser

    typed = args.typed[1:] if args.typed[:1] == ["--"] else args.typed
    for word in candidates(build_parser(), typed):
        print(word)
    return 0


def candidates(parser: argparse.ArgumentParser, typed: Sequence[str]) -> list[str]:
    """What the last of the typed words may become. Empty: the shell's own choice, files."""
    *before, begun = typed or [""]
    option: argparse.Action | None = None
    for word in before:
        if option is not None:
            option = None
        elif word in _options(parser):
            option = _options(parser)[word]
            if option.nargs == 0:
                option = None
        else:
            parser = commands(parser).get(word, parser)
    if option is not None:
        words = [str(choice) for choice in option.choices or ()]
    elif begun.startswith("-"):
        words = [name for name in _options(parser) if name.startswith("--")]
    else:
        words = [*commands(parser), *_choices(parser)]
    return [word for word in words if word.startswith(begun)]


# argparse has no public way to ask for its arguments


def _options(parser: argparse.ArgumentParser) -> dict[str, argparse.Action]:
    return parser._option_string_actions  # noqa: SLF001


def commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Those of the parser, by name."""
    for action in parser._actions:  # noqa: SLF001
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            return dict(action.choices)
    return {}


def _choices(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Of the arguments without a name."""
    for action in parser._actions:  # noqa: SLF001
        if not action.option_strings and not isinstance(
            action,
            argparse._SubParsersAction,  # noqa: SLF001
        ):
            yield from (str(choice) for choice in action.choices or () if choice != WORDS)
