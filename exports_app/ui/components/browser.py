"""The components of assets/ui.js, as Reflex sees them."""

from typing import Any

import reflex as rx
from reflex.event import no_args_event_spec, passthrough_event_spec

INTER = "@fontsource-variable/inter@5.3.0"


class _Browser(rx.Component):
    library = "$/public/ui.js"
    lib_dependencies: list[str] = [INTER]  # noqa: RUF012 (Reflex copies defaults)


class When(_Browser):
    """An instant (ISO 8601) from now: "in 2 h", "3 d ago"; the full instant in its zone as the
    title."""

    tag = "When"
    at: rx.Var[str]
    zone: rx.Var[str]
    prefix: rx.Var[str]


class Elapsed(_Browser):
    """How long ago an instant was, each second anew."""

    tag = "Elapsed"
    since: rx.Var[str]


class Local(_Browser):
    """An instant on the reader's own clock."""

    tag = "Local"
    at: rx.Var[str]


class LocalZone(_Browser):
    """The name of the reader's time zone."""

    tag = "LocalZone"


class Effects(_Browser):
    tag = "Effects"
    notices: rx.Var[list[Any]]
    goto: rx.Var[str]
    fetch: rx.Var[str]
    colors: rx.Var[dict[str, str]]
    address: rx.Var[str]
    way: rx.Var[str]
    base: rx.Var[str]
    on_file: rx.EventHandler[passthrough_event_spec(str, str)]
    on_open: rx.EventHandler[passthrough_event_spec(str)]
    on_undo: rx.EventHandler[passthrough_event_spec(str)]
    on_step: rx.EventHandler[passthrough_event_spec(str)]


class BackCloses(_Browser):
    """While `open`, the browser's Back calls on_close and stays on the page."""

    tag = "BackCloses"
    open: rx.Var[bool]
    on_close: rx.EventHandler[no_args_event_spec]


class ConnectionStatus(_Browser):
    tag = "Connection"


class LinkToken(_Browser):
    """Sends the secret after the # of a page's link, whenever `ready` becomes another text; ""
    where there is none. spent: it was used and is forgotten. page: the page's route, one of
    LINK_PAGES in assets/ui.js."""

    tag = "LinkToken"
    page: rx.Var[str]
    ready: rx.Var[str]
    spent: rx.Var[bool]
    on_token: rx.EventHandler[passthrough_event_spec(str)]


class TokenField(_Browser):
    """In a form: that secret, as its field `token`."""

    tag = "TokenField"
    page: rx.Var[str]


class KeyboardShortcuts(_Browser):
    tag = "Keys"
    active: rx.Var[bool]
    search_id: rx.Var[str]
    on_save: rx.EventHandler[no_args_event_spec]
    on_new: rx.EventHandler[no_args_event_spec]


class Density(_Browser):
    """The button for compact rows. The choice stays in the browser."""

    tag = "Density"


class Commands(_Browser):
    """The button of the command palette, with the palette and the list of keyboard shortcuts.
    commands: see `exports_app.ui.layout.palette.view`; may: the user's permissions. found: what the
    server found for the text `asked`."""

    tag = "Commands"
    commands: rx.Var[list[Any]]
    may: rx.Var[list[str]]
    tenants: rx.Var[list[Any]]
    tenant: rx.Var[str]
    found: rx.Var[list[Any]]
    asked: rx.Var[str]
    on_search: rx.EventHandler[passthrough_event_spec(str)]
    on_act: rx.EventHandler[passthrough_event_spec(str, str)]
    on_open: rx.EventHandler[passthrough_event_spec(str)]
    on_switch: rx.EventHandler[passthrough_event_spec(str)]
    on_sign_out: rx.EventHandler[no_args_event_spec]


class Tick(_Browser):
    """A checkbox of a list. mixed: it stands for rows of which some are checked. on_pick: whether
    it is checked now, and whether all rows since the last one are meant (Shift)."""

    tag = "Tick"
    label: rx.Var[str]
    checked: rx.Var[bool]
    mixed: rx.Var[bool]
    on_pick: rx.EventHandler[passthrough_event_spec(bool, bool)]


class Named(_Browser):
    """A sentence whose names, in “quotes”, keep their direction to themselves."""

    tag = "Named"
    text: rx.Var[str]


class Soon(_Browser):
    """Children below the visible part of a page. When they change, what is above is painted first,
    and they follow at once."""

    tag = "Soon"


class SkipLink(_Browser):
    tag = "SkipLink"
    target: rx.Var[str]


class ReloadButton(_Browser):
    tag = "ReloadButton"


class ReturnFocus(_Browser):
    """In a dialog: gives the focus back when it closes."""

    tag = "ReturnFocus"


class PassFocus(_Browser):
    """Beside a button that disappears when it is pressed: moves the focus to the element with the
    label `to`, or with the id `target`."""

    tag = "PassFocus"
    to: rx.Var[str]
    target: rx.Var[str]


class Focus(_Browser):
    """Focuses the element with an id as it appears, and again whenever what follows a # changes:
    ``name#2``."""

    tag = "Focus"
    target: rx.Var[str]


class Fold(_Browser):
    """A section that is closed until someone opens it, or until `unfold` becomes another text.
    Closed, it draws no children."""

    tag = "Fold"
    unfold: rx.Var[str]
    title: rx.Var[str]
    hint: rx.Var[str]


class Text(_Browser):
    """A text field whose value lives in a State. Unlike a plain controlled input it never loses
    letters when someone types fast.

    delay: milliseconds without a key until the text is sent; 200 by default. keep: what the server
    has not answered yet is kept by the field's id, for `Keep` to restore.
    """

    tag = "Text"
    value: rx.Var[str]
    delay: rx.Var[int]
    name: rx.Var[str]
    type: rx.Var[str]
    placeholder: rx.Var[str]
    max_length: rx.Var[int]
    multiline: rx.Var[bool]
    keep: rx.Var[bool]
    auto_focus: rx.Var[bool]
    auto_complete: rx.Var[str]
    spell_check: rx.Var[bool]
    input_mode: rx.Var[str]
    role: rx.Var[str]
    on_change: rx.EventHandler[passthrough_event_spec(str)]


class ChipInput(_Browser):
    """names: id of a list of suggestions; without it, addresses are typed."""

    tag = "ChipInput"
    names: rx.Var[str]
    placeholder: rx.Var[str]
    label: rx.Var[str]
    describedby: rx.Var[str]
    invalid: rx.Var[bool]
    unfinished: rx.Var[str]
    to_fix: rx.Var[str]
    on_add: rx.EventHandler[passthrough_event_spec(str)]
    on_drop: rx.EventHandler[no_args_event_spec]


class FileField(_Browser):
    """A field for a file. on_choose: its name and size, in bytes; the file is then sent to
    `address` as soon as that becomes another text. on_sent: it has arrived. most: bytes; a larger
    file is refused with the words `too_large`, and an empty one, without asking the server.
    on_refuse: that happened."""

    tag = "FileField"
    label: rx.Var[str]
    hint: rx.Var[str]
    accept: rx.Var[str]
    address: rx.Var[str]
    most: rx.Var[int]
    too_large: rx.Var[str]
    disabled: rx.Var[bool]
    on_choose: rx.EventHandler[passthrough_event_spec(str, int)]
    on_refuse: rx.EventHandler[no_args_event_spec]
    on_sent: rx.EventHandler[no_args_event_spec]


class CopyButton(_Browser):
    tag = "CopyButton"
    text: rx.Var[str]
    label: rx.Var[str]


class Options(_Browser):
    """A list of ``role=option`` children for the search field above: its arrow keys move the mark,
    Enter presses the marked one. query: the text that the options were found for; Enter waits for
    those of what is typed."""

    tag = "Options"
    label: rx.Var[str]
    query: rx.Var[str]
    multiple: rx.Var[bool]


class Measure(_Browser):
    """Inside a ``.bar`` that sticks: while it is there, the page's property `name` is the bar's
    height."""

    tag = "Measure"
    name: rx.Var[str]


class Keep(_Browser):
    """Keeps a form in the browser while its text is not empty, and restores it once when a page
    starts without it: after the server was away, with what was typed since, and after a reload
    where it had changes. owner: whose form it is, and of which tenant; signing out forgets all of
    them. The text is JSON: `values` by the fields' ids, `unfinished` (a recipient), whether it is
    `dirty`."""

    tag = "Keep"
    owner: rx.Var[str]
    value: rx.Var[str]
    ready: rx.Var[bool]
    on_restore: rx.EventHandler[passthrough_event_spec(str)]


when = When.create
elapsed = Elapsed.create
local = Local.create
local_zone = LocalZone.create
effects, back_closes = Effects.create, BackCloses.create
connection = ConnectionStatus.create
keys = KeyboardShortcuts.create
keep = Keep.create
soon, tick, commands = Soon.create, Tick.create, Commands.create
density, measure = Density.create, Measure.create
link_token, token_field = LinkToken.create, TokenField.create
focus = Focus.create
return_focus = ReturnFocus.create
named = Named.create
skip_link = SkipLink.create
options = Options.create
fold, pass_focus = Fold.create, PassFocus.create
text = Text.create
chip_input = ChipInput.create
file_field = FileField.create
copy_button = CopyButton.create
reload_button = ReloadButton.create
