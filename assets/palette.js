// The command palette and the list of keyboard shortcuts. Loaded when one of them is opened first.
import { createElement as h, useEffect, useLayoutEffect, useRef, useState } from "react";
import { singleKeys, When } from "$/public/ui.js";

const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const DELAY = 60; // milliseconds without a key until the server is asked
const GROUPS = { run: "Runs", schedule: "Scheduled exports", act: "Actions for scheduled exports", view: "Views", "of-schedule": "Actions", page: "Go to", action: "Actions", tenant: "Switch tenant" };

// A dialog of the browser's own: the page behind cannot be reached, and the focus goes back when it closes.
function Modal({ label, look, onClose, onBack = onClose, children }) {
  const dialog = useRef(null);
  useLayoutEffect(() => {
    const own = dialog.current;
    own.showModal();
    return () => own.close();
  }, []);
  return h("dialog", {
    ref: dialog, className: look, "aria-label": label,
    onCancel: (event) => {
      event.preventDefault();
      onBack();
    },
    onClick: (event) => event.target === dialog.current && onClose(), // beside it
  }, children);
}

const haveAll = (items, words) =>
  items.filter(({ title, note = "" }) => {
    const text = folded(`${title} ${note}`);
    return words.every((word) => text.includes(word));
  });

// A command with `act` is done by the server with the scheduled export that was found.
function Palette({ commands, may, tenants, tenant, found, asked, onSearch, onAct, onOpen, onSwitch, onSignOut, onKeys, onClose }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const [subject, setSubject] = useState(null); // the scheduled export whose actions are shown
  const [before, setBefore] = useState(["", 0]); // what was typed and marked until then
  const query = text.trim();
  const words = folded(query).split(/\s+/).filter(Boolean);
  const sent = useRef(null); // what the server was asked last; its answer may still be on its way
  useEffect(() => {
    if (subject || query === sent.current) return;
    const send = () => {
      sent.current = query;
      onSearch?.(query);
    };
    const timer = setTimeout(send, query ? DELAY : 0);
    return () => clearTimeout(timer);
  }, [query]);
  const own = commands.filter(({ needs }) => !needs || may.includes(needs));
  const others = tenants.filter(({ id }) => id !== tenant).map(({ id, name }) => ({ kind: "tenant", key: id, title: name, switchTo: id }));
  // What the server found for an older text is shown as far as it fits this one
  const fits = ({ kind, only }) => (kind === "of-schedule") === Boolean(subject) && (!only || (only === "active") === subject.active);
  const items = subject
    ? haveAll(own.filter(fits), words)
    : [...(query === asked ? found : haveAll(found, words)), ...haveAll([...own.filter(fits), ...others], words)];
  const marked = Math.min(at, items.length - 1);
  const enter = (item) => {
    setBefore([text, items.indexOf(item)]);
    setSubject(item);
    setText("");
    setAt(0);
  };
  const leave = () => {
    setSubject(null);
    setText(before[0]);
    setAt(before[1]);
  };
  const run = (item) => {
    if (!item) return;
    if (item.does === "keys") return onKeys();
    onClose();
    if (item.act) return onAct(item.act, subject ? subject.key : item.of);
    if (item.kind === "of-schedule") return onOpen?.(subject.href);
    const press = item.press && document.getElementById(item.press);
    if (press) setTimeout(() => press.click(), 0); // after the focus has gone back
    else if (item.does === "sign-out") onSignOut?.();
    else if (item.switchTo) onSwitch?.(item.switchTo);
    else onOpen?.(item.href);
  };
  const key = (event) => {
    const { selectionStart, value } = event.target;
    if (event.key === "ArrowRight" && selectionStart === value.length && items[marked]?.kind === "schedule") {
      event.preventDefault();
      return enter(items[marked]);
    }
    if (subject && !value && ["ArrowLeft", "Backspace"].includes(event.key)) {
      event.preventDefault();
      return leave();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      setAt((marked + step + items.length) % Math.max(1, items.length));
    } else if (event.key === "Enter" && !event.nativeEvent.isComposing) {
      event.preventDefault();
      run(items[marked]);
    }
  };
  const input = h("input", {
    type: "text", role: "combobox", className: "palette-input", autoFocus: true, value: text, maxLength: 200, spellCheck: false,
    autoComplete: "off", placeholder: subject ? "Choose an action …" : "Search or run a command …", "aria-label": subject ? `Actions for ${subject.title}` : "Search or run a command",
    "aria-expanded": items.length > 0, "aria-controls": "palette-list", "aria-autocomplete": "list",
    "aria-activedescendant": items.length ? `palette-${marked}` : undefined,
    onChange: (event) => {
      setText(event.target.value);
      setAt(0);
    },
    onKeyDown: key,
  });
  const rows = items.map((item, place) =>
    h(Row, { key: `${item.kind} ${item.key}`, item, place, marked: place === marked, first: items[place - 1]?.kind !== item.kind, onRun: run, onMark: setAt, onEnter: enter }));
  const count = items.length === 1 ? "1 result" : `${items.length} results`;
  return h(Modal, { label: "Commands", look: "palette", onClose, onBack: subject ? leave : onClose },
    subject && h("div", { className: "palette-subject" },
      h("button", { type: "button", className: "link-button", onMouseDown: keepFocus, onClick: leave }, "Back"), h("bdi", { className: "one-line" }, subject.title)),
    input,
    h("ul", { id: "palette-list", role: "listbox", "aria-label": "Results" }, rows),
    h("p", { className: items.length ? "sr" : "palette-none", role: "status" }, items.length ? count : "No results"));
}

const keepFocus = (event) => event.preventDefault(); // in the field

function Row({ item, place, marked, first, onRun, onMark, onEnter }) {
  const row = useRef(null);
  useEffect(() => {
    if (marked) row.current.scrollIntoView({ block: "nearest" });
  }, [marked]);
  return h("li", {
    ref: row, id: `palette-${place}`, role: "option", "aria-selected": marked, className: first ? "first" : undefined,
    "data-group": first ? GROUPS[item.kind] : undefined,
    onMouseMove: () => marked || onMark(place),
    onClick: () => onRun(item),
  }, h("span", { className: "grow", dir: "auto" }, item.title), item.note && h("span", { className: "muted" }, item.note, item.at && " ", item.at && h(When, { at: item.at })),
  item.kind === "schedule" && h("span", { className: "palette-more", title: "Actions (→)", onMouseDown: keepFocus, onClick: (event) => {
    event.stopPropagation();
    onEnter(item);
  } }, "→", h("span", { className: "sr" }, "Right arrow: actions")));
}

const KEYS = [
  ["Anywhere", [["Ctrl K", "Open the command palette"], ["Ctrl Z", "Undo, while a notice offers it"], ["Alt T", "Go to the notice"], ["?", "Show the shortcuts"]]],
  ["In a list", [["j", "Next row"], ["k", "Previous row"]]],
  ["In the list of scheduled exports", [
    ["/", "Search"], ["n", "New scheduled export"], ["Enter", "Open the history"], ["x", "Select the row"], ["Shift X", "Select all rows up to this one"],
    ["e", "Edit"], ["r", "Run now"],
  ]],
  ["In the list of all runs", [["Enter", "Show or hide the details"], ["d", "Download the file"], ["r", "Rerun the run whose details are shown"]]],
  ["In the form", [["Ctrl Enter", "Save"], ["Esc", "Close"]]],
];
const MODIFIERS = new Set(["Ctrl", "Shift", "Alt"]);

function Shortcuts({ onClose }) {
  const [on, setOn] = useState(singleKeys.on());
  const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
  const keys = (combination) =>
    combination.split(" ").map((one) => h("kbd", { key: one }, isMac && one === "Ctrl" ? "⌘" : one));
  const usable = (combination) => on || MODIFIERS.has(combination.split(" ")[0]) && !combination.startsWith("Shift") || ["Enter", "Esc"].includes(combination);
  const group = ([title, rows]) =>
    h("section", { key: title }, h("h2", null, title),
      h("dl", null, rows.map(([combination, words]) =>
        h("div", { key: combination, className: usable(combination) ? undefined : "unusable" }, h("dt", null, words), h("dd", null, keys(combination))))));
  const change = (event) => {
    singleKeys.set(event.target.checked);
    setOn(event.target.checked);
  };
  return h(Modal, { label: "Keyboard shortcuts", look: "palette shortcuts", onClose },
    h("div", { className: "row" }, h("h1", { className: "grow" }, "Keyboard shortcuts"),
      h("button", { type: "button", className: "btn small", onClick: onClose, autoFocus: true }, "Close")),
    h("div", { className: "groups" }, KEYS.map(group)),
    h("label", { className: "ticked" },
      h("input", { type: "checkbox", className: "tick", checked: on, onChange: change }),
      h("span", null, "Single-key shortcuts", h("span", { className: "muted" }, "Shortcuts with a single letter or symbol. Turn them off if you trigger them by accident."))));
}

// `open` is "palette", "keys" or "".
export function PaletteOrShortcuts({ open, ...props }) {
  return open && h(open === "keys" ? Shortcuts : Palette, props);
}
