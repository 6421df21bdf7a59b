// What only a browser can do: times in the reader's zone, notices, keys, the clipboard. Everything else is Python.
// Loaded by exports_app/ui/components/browser.py; every component takes plain props and calls plain handlers.
import "@fontsource-variable/inter/wght.css";
import { createElement as h, Fragment, useContext, useEffect, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { Rows4, Search } from "lucide-react";
import { toast } from "sonner";
import { useLocation } from "react-router";
import { EventLoopContext, StateStoreContext } from "$/utils/context";

// One clock for the whole page: hundreds of times on screen cost one timer.
const clock = { now: Date.now(), listeners: new Set(), timer: null };
const beat = () => {
  clock.now = Date.now();
  clock.listeners.forEach((listener) => listener());
};
const subscribe = (listener) => {
  clock.listeners.add(listener);
  clock.timer ??= setInterval(beat, 1000);
  return () => {
    clock.listeners.delete(listener);
    if (clock.listeners.size === 0) {
      clearInterval(clock.timer);
      clock.timer = null;
    }
  };
};
// The first time on screen finds the clock stopped at what it was long before
const time = () => {
  if (!clock.timer) clock.now = Date.now();
  return clock.now;
};
const useNow = (step) => useSyncExternalStore(subscribe, () => Math.floor(time() / step) * step, () => 0);

const UNITS = [["s", 60], ["min", 60], ["h", 24], ["d", Infinity]];

const span = (ms) => {
  let value = Math.max(0, Math.abs(ms)) / 1000;
  for (const [unit, size] of UNITS) {
    if (Math.round(value) < size) return `${Math.round(value)} ${unit}`;
    value /= size;
  }
};

const FULL = {
  weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit",
  timeZoneName: "short",
};
const SHORT = { weekday: "short", hour: "2-digit", minute: "2-digit" };

// Making a format takes half a millisecond, too long for each of a hundred times on a page: one for each zone is kept
const formats = new Map();
const formatted = (iso, options, zone) => {
  const key = `${options === FULL} ${zone ?? ""}`;
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone || undefined }));
  return formats.get(key).format(new Date(iso));
};

export const absolute = (iso, zone) => {
  try {
    return formatted(iso, FULL, zone);
  } catch {
    return new Date(iso).toISOString(); // a zone that this browser does not know
  }
};

// "in 2 h", "3 d ago"; the full instant stands in the title.
export function When({ at, zone, prefix = "" }) {
  const now = useNow(5000) || Date.now();
  if (!at) return null;
  const ms = new Date(at).getTime() - now;
  const words = Math.abs(ms) < 5000 ? "now" : ms > 0 ? `in ${span(ms)}` : `${span(ms)} ago`;
  return h("time", { dateTime: at, title: absolute(at, zone), suppressHydrationWarning: true }, prefix + words);
}

// How long something has been under way, in seconds.
export function Elapsed({ since }) {
  const now = useNow(1000) || Date.now();
  return since ? h("span", { className: "num" }, span(now - new Date(since).getTime())) : null;
}

// An instant as the reader's own clock shows it.
export function Local({ at }) {
  if (!at) return null;
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return h("time", { dateTime: at, title: `${absolute(at)} (${here})` }, formatted(at, SHORT));
}

export function LocalZone() {
  const [zone, setZone] = useState("");
  useEffect(() => setZone(Intl.DateTimeFormat().resolvedOptions().timeZone), []);
  return h("span", null, zone);
}

// A sentence with names in “quotes”. A name in a right-to-left script keeps its direction to itself.
export function Named({ text = "" }) {
  const parts = text.split(/“([^”]*)”/);
  return h(Fragment, null, ...parts.map((part, at) => (at % 2 ? h(Fragment, null, "“", h("bdi", null, part), "”") : part)));
}

// Runs `work` once the changes are painted. A hidden tab paints nothing and does not wait. Returns a function that cancels it.
const afterPaint = (work) => {
  let timer;
  const frame = document.hidden ? null : requestAnimationFrame(() => (timer = setTimeout(work, 0)));
  if (frame === null) timer = setTimeout(work, 0);
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
};

const DRAFT = "draft of ";
const forgetDrafts = () => {
  for (const name of Object.keys(sessionStorage)) if (name.startsWith(DRAFT)) sessionStorage.removeItem(name);
  ahead.clear();
};

// The links of these pages carry a secret behind the #. It is kept in this tab, also while the user signs in, and removed from
// the address before the first event sends the address to the server.
const LINK_PAGES = ["/invitation", "/reset-password"];
const tokenName = (page) => `link of ${page}`;
const tokens = new Set(); // listeners for a new one
const takeToken = () => {
  const { pathname, search, hash } = window.location;
  const page = LINK_PAGES.find((route) => route === pathname.replace(/\/+$/, ""));
  if (!page || hash.length < 2) return;
  sessionStorage.setItem(tokenName(page), hash.slice(1));
  window.history.replaceState(window.history.state, "", pathname + search);
  tokens.forEach((listener) => listener());
};
if (typeof window !== "undefined") {
  takeToken();
  window.addEventListener("hashchange", takeToken);
}
const useToken = (page) =>
  useSyncExternalStore(
    (listener) => {
      tokens.add(listener);
      return () => tokens.delete(listener);
    },
    () => sessionStorage.getItem(tokenName(page)) ?? "",
    () => "",
  );

// Sends the token of the page's link once the page is `ready`, and again if there is a newer one. `spent`: it was used and is removed.
export function LinkToken({ page, ready = "", spent = false, onToken }) {
  const token = useToken(page);
  useEffect(() => {
    if (ready) onToken?.(token);
  }, [ready, token]);
  useEffect(() => {
    if (spent) sessionStorage.removeItem(tokenName(page));
  }, [spent]);
  return null;
}

// In a form: the token, as its field `token`.
export function TokenField({ page }) {
  return h("input", { type: "hidden", name: "token", value: useToken(page), readOnly: true });
}

const save = (address) => {
  const link = document.createElement("a");
  link.href = address;
  link.download = "";
  document.body.append(link);
  link.click();
  link.remove();
};

// What is done already: each route of the app has its own Effects, and nothing may be done twice in one document.
const done = { notices: new Set(), fetch: "", address: "", step: "" };

// The views of a page are steps of the browser's history. The router does not know of them: Back and Forward among them are
// given to the page, which shows the view, and nothing is loaded again.
// at: the address that is shown. page: `base`, its route, and `onStep`. layer: what is open over it, which Back closes first.
const steps = { at: "", page: null, layer: null };
const addressBar = () => window.location.pathname + window.location.search;
const step = (way, address) => {
  const from = addressBar();
  const { state } = window.history;
  steps.at = address;
  if (way === "back" && state?.from === address) window.history.back();
  else if (way === "next") window.history.pushState({ ...state, from }, "", address);
  else window.history.replaceState(state, "", address);
};
if (typeof window !== "undefined") {
  // A form that was open before a reload is not open now
  if (window.history.state?.over) window.history.replaceState({ ...window.history.state, over: undefined }, "");
  window.addEventListener("popstate", (event) => {
    const { page, layer } = steps;
    const { pathname, hash } = window.location;
    const isOurs = (path) => path === page.base || path.startsWith(`${page.base}/`);
    if (!page || hash || !isOurs(pathname)) return;
    // A page that was loaded by another address than its first is left to the router, which knows it by that address
    if (page.router !== page.base && page.router !== pathname) return;
    event.stopImmediatePropagation(); // the router listens after us
    if (layer) return layer.back();
    const address = addressBar();
    if (address === steps.at) return;
    const question = document.querySelector("[role=alertdialog], dialog[open]");
    if (question) {
      window.history.pushState({ ...window.history.state, from: address }, "", steps.at);
      return dismiss(question);
    }
    steps.at = done.address = address;
    page.onStep(address);
  }, true);
}

// As the Escape key: Radix hears the key, and the browser's own dialogs this event.
const dismiss = (dialog) => {
  dialog.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true }));
  dialog.dispatchEvent(new Event("cancel", { cancelable: true }));
};

// While something is open over the page, Back closes it. What stays open, since it asks first, stays a step of its own.
export function BackCloses({ open = false, onClose }) {
  const close = useRef(onClose);
  close.current = onClose;
  useEffect(() => {
    if (!open) return;
    const enter = () => window.history.pushState({ ...window.history.state, from: undefined, over: true }, "");
    enter();
    steps.layer = {
      back: () => {
        enter();
        flushAll(); // what is being typed counts
        close.current?.();
      },
    };
    return () => {
      steps.layer = null;
      if (window.history.state?.over) window.history.back();
    };
  }, [open]);
  return null;
}

// Notices, one at a time: a newer one takes the place of the one before. An error stays until it is dismissed; others end by
// themselves, but not while the pointer or the focus is on them, or the tab is hidden. Sonner's own clock knows no focus.
const LASTS = { undo: 10000, plain: 6000 };
const current = { id: "", left: 0, timer: null, undo: null };
const stopClock = () => {
  clearInterval(current.timer);
  current.timer = current.undo = null;
};
const endNotice = () => {
  stopClock();
  toast.dismiss(current.id);
};
const isHeld = () => document.hidden || document.querySelector("[data-sonner-toaster]:is(:hover, :focus-within)");
const runDown = () => {
  if (!isHeld()) current.left -= 250;
  if (current.left <= 0) endNotice();
};
const showNotice = (notice, act) => {
  const isError = notice.level === "error";
  if (current.timer) endNotice();
  const words = h("span", { role: isError ? "alert" : "status" }, h(Named, { text: notice.text }));
  const press = () => {
    if (current.id === notice.id) stopClock();
    act();
  };
  const action = notice.link ? { label: notice.link, onClick: press } : undefined;
  (toast[notice.level] ?? toast)(words, { id: notice.id, duration: Infinity, action, closeButton: true, onDismiss: () => current.id === notice.id && stopClock() });
  if (isError) return;
  current.id = notice.id;
  current.left = notice.undo ? LASTS.undo : LASTS.plain;
  current.undo = notice.undo ? act : null;
  current.timer = setInterval(runDown, 250);
};

// Ctrl+Z or Cmd+Z: what the notice offers to undo. In a field it is the browser's own.
if (typeof window !== "undefined") {
  window.addEventListener("keydown", (event) => {
    if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || !current.undo) return;
    if (event.target.closest?.("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio])")) return;
    event.preventDefault();
    const undo = current.undo;
    endNotice();
    undo();
  });
}

// What handlers ask for through state: notices, a move of the whole page, a file, the tenant's colours, the address. onStep: Back
// or Forward chose another view of the page whose route is `base`.
export function Effects({ notices = [], goto = "", fetch = "", colors = {}, address = "", way = "", base = "", onFile, onOpen, onUndo, onStep }) {
  const { pathname, search } = useLocation();
  useEffect(() => {
    steps.at = addressBar();
  }, [pathname, search]);
  useEffect(() => {
    const page = onStep ? { base, router: pathname.replace(/(.)\/+$/, "$1"), onStep } : null;
    steps.page = page;
    return () => {
      if (steps.page === page) steps.page = null;
    };
  });
  useEffect(() => {
    for (const notice of notices) {
      if (done.notices.has(notice.id)) continue;
      done.notices.add(notice.id);
      showNotice(notice, () => {
        if (notice.undo) return onUndo?.(notice.id);
        return notice.run ? onFile?.(...notice.run.split("/")) : onOpen?.(notice.href);
      });
    }
  }, [notices]);
  useEffect(() => {
    if (!goto) return;
    if (goto.startsWith("/api/session/end")) forgetDrafts();
    window.location.replace(goto);
  }, [goto]);
  useEffect(() => {
    if (fetch && fetch !== done.fetch) save(fetch);
    done.fetch = fetch;
  }, [fetch]);
  useEffect(() => {
    for (const [name, value] of Object.entries(colors)) document.documentElement.style.setProperty(name, value);
  }, [colors]);
  useEffect(() => {
    // Changes the address without a navigation: nothing is loaded again. React Router keeps data of its own in history.state.
    // It is slow in browsers, so the view is painted first
    const again = address === done.address;
    done.address = address;
    if (again || !address || address === addressBar()) return;
    done.step ||= way; // of one that another address overtakes before it is painted
    return afterPaint(() => {
      step(done.step, address);
      done.step = "";
    });
  }, [address]);
  return null;
}

// Whether the server is unreachable, for code outside React.
let away = false;

// A bar while the server cannot be reached. It is not shown for a short break, such as a restart.
export function Connection() {
  const [, errors] = useContext(EventLoopContext);
  const lost = errors.length > 0;
  const [state, setState] = useState("");
  useEffect(() => {
    if (away && !lost) resendUnanswered();
    away = lost;
    if (lost) {
      const timer = setTimeout(() => setState("lost"), 400);
      return () => clearTimeout(timer);
    }
    setState((before) => (before === "lost" ? "back" : before));
  }, [lost]);
  useEffect(() => {
    if (state !== "back") return;
    const timer = setTimeout(() => setState(""), 3000);
    return () => clearTimeout(timer);
  }, [state]);
  const words = { lost: "Connection lost. This page may be out of date. Reconnecting …", back: "Connected again." };
  return h("div", { className: `connection ${state}`, role: "status", "aria-live": "polite" }, words[state] ?? "");
}

const isAway = () => {
  if (away) toast.error("The server cannot be reached, so nothing was done. Try again when it is back.", { id: "away" });
  return away;
};

// A control that starts something (data-once): a double click or a key held down starts it once. While the server is away
// presses would queue up and all be executed later: they are refused instead.
if (typeof window !== "undefined") {
  const refuse = (event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  const starts = (event) => event.target.closest?.("[data-once]");
  const press = (event) => {
    if (starts(event) && (event.detail > 1 || isAway())) refuse(event);
    else if (event.target.closest?.("button")) flushAll(); // the button may be about what is being typed
  };
  window.addEventListener("click", press, true);
  window.addEventListener("keydown", (event) => event.repeat && [" ", "Enter"].includes(event.key) && starts(event) && refuse(event), true);
}

// A checkbox of a list. onPick: whether it is checked now, and whether Shift was held: then all rows since the last one are meant.
export function Tick({ label, checked = false, mixed = false, onPick }) {
  const box = useRef(null);
  const shift = useRef(false);
  useEffect(() => {
    box.current.indeterminate = mixed && !checked;
  }, [mixed, checked]);
  const note = (event) => (shift.current = event.shiftKey);
  return h("input", {
    ref: box, type: "checkbox", className: "tick", checked, "aria-label": label, "data-key": "x",
    onMouseDown: note, onKeyDown: note,
    onChange: (event) => {
      onPick?.(event.target.checked, shift.current || event.nativeEvent.shiftKey);
      shift.current = false;
    },
  });
}

// How dense lists are, in this browser: it fits the screen rather than the person.
const DENSITY = "density";
if (typeof window !== "undefined" && localStorage.getItem(DENSITY)) document.documentElement.dataset.density = localStorage.getItem(DENSITY);

export function Density() {
  const [compact, setCompact] = useState(false);
  useEffect(() => setCompact(document.documentElement.dataset.density === "compact"), []);
  const change = () => {
    if (compact) delete document.documentElement.dataset.density;
    else document.documentElement.dataset.density = "compact";
    if (compact) localStorage.removeItem(DENSITY);
    else localStorage.setItem(DENSITY, "compact");
    setCompact(!compact);
  };
  return h("button", { type: "button", className: "icon-button density", "aria-label": "Compact rows", "aria-pressed": compact, title: "Compact rows", onClick: change },
    h(Rows4, { size: 16, "aria-hidden": true }));
}

// Inside what sticks to the window's top while it is there: its height, as a property of the page and of the heads of its
// tables, which stick below it.
export function Measure({ name }) {
  const mark = useRef(null);
  useLayoutEffect(() => {
    const around = mark.current.closest(".bar");
    const styles = [document.documentElement, ...document.querySelectorAll("thead")].map(({ style }) => style);
    const watcher = new ResizeObserver(() => styles.forEach((style) => style.setProperty(name, `${around.offsetHeight}px`)));
    watcher.observe(around);
    return () => {
      watcher.disconnect();
      styles.forEach((style) => style.removeProperty(name));
    };
  }, [name]);
  return h("span", { ref: mark, hidden: true });
}

// Children below the visible part of a page. They come once what is above is painted, and hear of changes to a State only then.
export function Soon({ children }) {
  const store = useContext(StateStoreContext);
  const [shown, setShown] = useState(false);
  const later = useMemo(() => ({ ...store, subscribe: (name, listener) => subscribeLater(store, name, listener) }), [store]);
  useEffect(() => afterPaint(() => setShown(true)), []);
  return shown && h(StateStoreContext.Provider, { value: later }, children);
}

const subscribeLater = (store, name, listener) => {
  let cancel = () => {};
  const unsubscribe = store.subscribe(name, () => {
    cancel();
    cancel = afterPaint(listener);
  });
  return () => {
    cancel();
    unsubscribe();
  };
};

// A plain anchor: Reflex's own would be a navigation to the start page.
export function SkipLink({ target }) {
  return h("a", { href: `#${target}`, className: "skip" }, "Skip to content");
}

export function ReloadButton() {
  return h("button", { type: "button", className: "btn primary", onClick: () => window.location.reload() }, "Try again");
}

// Shortcuts of one key can be turned off, in this browser (WCAG 2.1.4): what someone says or mistypes must start nothing.
export const singleKeys = {
  on: () => localStorage.getItem("single keys") !== "off",
  set: (on) => (on ? localStorage.removeItem("single keys") : localStorage.setItem("single keys", "off")),
};
const isTyping = (target) =>
  target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable=true], [role=menu], [role=listbox]");
const hasDialog = () => document.querySelector("[role=dialog], [role=alertdialog], dialog[open]");

// The row of a list in which the focus is, and moves between them. What a key presses in a row carries data-key.
const ROW = "tr:is([data-id], [data-run])";
let lastRow = 0;
const inRows = (event) => {
  const rows = [...document.querySelectorAll(ROW)];
  const row = event.target.closest?.(ROW);
  const step = { j: 1, k: -1 }[event.key];
  if (step && rows.length) {
    // Without a focus, where the last row was, which may be gone; from elsewhere on the page, the first
    const at = row ? rows.indexOf(row) + step : event.target === document.body ? lastRow : 0;
    lastRow = Math.min(rows.length - 1, Math.max(0, at));
    rows[lastRow].focus();
    return true;
  }
  if (!row || (event.key === "Enter" && event.target !== row)) return false;
  lastRow = rows.indexOf(row);
  const wanted = `[data-key="${event.key.toLowerCase()}"]`;
  const details = row.nextElementSibling?.matches(".detail") ? row.nextElementSibling : null;
  const pressed = row.querySelector(wanted) ?? details?.querySelector(wanted);
  if (pressed && !(pressed.dataset.once && isAway())) {
    pressed.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, shiftKey: event.shiftKey }));
  }
  return Boolean(pressed);
};

// Keys for the whole page: Ctrl/Cmd+Enter saves, "/" goes to the search, "n" opens the form for a new one; and those of rows.
export function Keys({ active = false, searchId = "", onSave, onNew }) {
  useEffect(() => {
    const press = (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && active) {
        event.preventDefault();
        if (event.repeat || isAway()) return;
        document.activeElement?.blur(); // what is being typed is sent first
        flushAll();
        setTimeout(() => onSave?.(), 0);
        return;
      }
      if (isTyping(event.target) || hasDialog() || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (event.key.length === 1 ? !singleKeys.on() : event.key !== "Enter") return;
      if (event.key === "/" && searchId) {
        event.preventDefault();
        document.getElementById(searchId)?.focus();
      } else if (event.key === "n" && onNew && Date.now() > forms.backUntil) {
        // Not while a form is being restored: the user may still be typing into it
        event.preventDefault();
        onNew();
      } else if (!event.repeat || "jk".includes(event.key)) {
        if (inRows(event)) event.preventDefault();
      }
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  });
  return null;
}

// What is in scripts of its own, by name. `Shown` is the component, once it is loaded.
const parts = new Map();
const loadPart = (name, load) => {
  if (!parts.has(name)) parts.set(name, {});
  const part = parts.get(name);
  const loaded = (component) => {
    part.Shown = component;
  };
  const failed = (error) => {
    part.loading = null; // the next one tries again
    throw error;
  };
  part.loading ??= load().then(loaded, failed);
  return part.loading;
};

// Most likely the server has a newer version, which has no script of this name: the page is loaded again. Not twice in a minute,
// and not where the server cannot be reached: the page would be lost.
const RELOADED = "exports.reloaded";
const cannotLoad = async () => {
  if (isAway()) return;
  const isNew = Date.now() - Number(sessionStorage.getItem(RELOADED)) > 60000;
  const { ok } = isNew ? await fetch(addressBar(), { cache: "no-store" }).catch(() => ({})) : {};
  if (ok) {
    sessionStorage.setItem(RELOADED, Date.now());
    window.location.reload();
  } else toast.error("A part of this page could not be loaded. Check your connection and try again.", { id: "part" });
};

// Shows what `load` imports, with the other props, from when it is `wanted` first. `near` is a CSS selector: the script is loaded
// already when the pointer or the focus comes to such an element.
export function Part({ name, load, wanted = false, near = "", onFailed, ...props }) {
  const [seen, setSeen] = useState(wanted);
  const [, drawAgain] = useState(0);
  if (wanted && !seen) setSeen(true);
  useEffect(() => {
    if (!wanted || parts.get(name)?.Shown) return;
    let gone = false;
    const draw = () => gone || drawAgain((count) => count + 1);
    const fail = () => {
      if (gone) return;
      onFailed?.();
      cannotLoad();
    };
    loadPart(name, load).then(draw, fail);
    return () => {
      gone = true;
    };
  }, [wanted, name]);
  useEffect(() => {
    if (!near) return;
    // If it fails, it is loaded again when it is wanted
    const come = ({ target }) => target.closest?.(near) && loadPart(name, load).catch(() => {});
    document.addEventListener("pointerover", come);
    document.addEventListener("focusin", come);
    return () => {
      document.removeEventListener("pointerover", come);
      document.removeEventListener("focusin", come);
    };
  }, [near, name]);
  const { Shown } = parts.get(name) ?? {};
  return seen && Shown ? h(Shown, props) : null;
}

const PALETTE = () => import("$/public/palette.js").then((part) => part.PaletteOrShortcuts);

// The button of the command palette, which Ctrl/Cmd+K opens too, and "?" the list of shortcuts. commands: `needs` is a permission
// (one of `may`); `press` is the id of a button that does it where there is one, else `href` is opened.
export function Commands({ commands = [], may = [], tenants = [], tenant = "", found = [], asked = "", onSearch, onAct, onOpen, onSwitch, onSignOut }) {
  const [open, setOpen] = useState("");
  useEffect(() => {
    const press = (event) => {
      const isPalette = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k";
      const isHelp = event.key === "?" && !event.ctrlKey && !event.metaKey && !isTyping(event.target) && singleKeys.on();
      if (!isPalette && !isHelp) return;
      event.preventDefault();
      if (isPalette && open) setOpen("");
      else if (!hasDialog()) setOpen(isPalette ? "palette" : "keys");
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  });
  const onClose = () => setOpen("");
  const props = { open, commands, may, tenants, tenant, found, asked, onSearch, onAct: (...what) => isAway() || onAct?.(...what), onOpen, onSwitch, onSignOut, onClose, onKeys: () => setOpen("keys") };
  const label = "Search and commands";
  return h(Fragment, null,
    h("button", { type: "button", className: "icon-button", "aria-label": label, title: `${label} (Ctrl+K)`, id: "commands", onClick: () => setOpen("palette") },
      h(Search, { size: 16, "aria-hidden": true })),
    h(Part, { name: "Palette", load: PALETTE, wanted: open !== "", near: "#commands", onFailed: onClose, ...props }));
}

// Notices are outside the dialogs. A press on one must not count as a press beside the dialog, which would close it.
if (typeof window !== "undefined") {
  const keep = (event) => {
    if (event.target.closest("[data-sonner-toaster]") && document.querySelector("[role=dialog]")) event.stopPropagation();
  };
  window.addEventListener("pointerdown", keep, true);
}

// What had the focus last. For an item of a menu, which disappears with the menu, it is the button that opened the menu.
let last = null;
if (typeof window !== "undefined") {
  window.addEventListener("focusin", ({ target }) => {
    const menu = target.closest("[role=menu]")?.id;  // a button with an id of its own is not what the menu is labelled by
    last = (menu && document.querySelector(`[aria-controls="${CSS.escape(menu)}"]`)) || target;
  });
}

// Inside a dialog, or a part of one: when it closes, the focus goes back to where it was (Radix only knows a trigger of its own).
export function ReturnFocus() {
  useEffect(() => {
    const before = last;
    const path = before?.getAttribute("aria-label");
    return () =>
      setTimeout(() => {
        const at = document.activeElement;
        const inDialog = at?.matches("[role=dialog]"); // where Radix puts it when what had it is gone
        if (at && at !== document.body && !inDialog) return;
        // The row may have been drawn again: the button with the same label is the same button
        const again = before?.isConnected ? before : path && document.querySelector(`[aria-label="${CSS.escape(path)}"]`);
        if (again || !inDialog) (again || document.getElementById("content"))?.focus();
      }, 0);
  }, []);
  return null;
}

// Inside something that disappears when a button in it is pressed: moves the focus to the element with this label, or this id.
export function PassFocus({ to, target }) {
  const mark = useRef(null);
  useLayoutEffect(() => {
    const around = mark.current.parentElement;
    return () => {
      if (!around.contains(document.activeElement)) return;
      setTimeout(() => document.querySelector(target ? `#${target}` : `[aria-label="${CSS.escape(to)}"]`)?.focus(), 0);
    };
  }, [to]);
  return h("span", { ref: mark, hidden: true });
}

// Focus the element with this id; "id#3" and then "id#4" focus it twice.
export function Focus({ target = "" }) {
  useEffect(() => {
    const id = target.split("#")[0];
    if (!id) return;
    // Only after the dialog has taken the focus: a closing menu takes it back, and the dialog restores only what it saw focused
    const timer = setTimeout(() => {
      const element = document.getElementById(id);
      element?.focus();
      element?.scrollIntoView({ block: "nearest" });
    }, 0);
    return () => clearTimeout(timer);
  }, [target]);
  return null;
}

// A section that a person opens and closes. It also opens whenever `unfold` becomes another text. While it is closed, its fields
// are not rendered.
export function Fold({ id, unfold = "", title, hint, children }) {
  const [seen, setSeen] = useState(unfold);
  const [open, setOpen] = useState(Boolean(unfold));
  if (unfold !== seen) {
    // While drawing and not after it: Focus looks for a field in here as soon as it is drawn
    setSeen(unfold);
    if (unfold) setOpen(true);
  }
  const pressed = useRef(null);
  useEffect(() => {
    if (open) pressed.current?.scrollIntoView({ block: "nearest" }); // at the end of a dialog it opens out of sight
    pressed.current = null;
  }, [open]);
  const press = (event) => {
    event.preventDefault();
    pressed.current = event.currentTarget.parentElement;
    setOpen(!open);
  };
  const head = h("summary", { onClick: press }, h("h2", { className: "section" }, title), h("span", { className: "hint" }, hint));
  return h("details", { id, open, className: "fold" }, head, open && h("div", { className: "folded" }, children));
}

// Texts that are not sent yet. Escape closes a dialog before any field gets the key, so they are sent first. In a field with
// suggestions it closes those alone: they may cover the form, and who closes them does not mean the form.
const unsent = new Set();
const flushAll = () => {
  resendUnanswered();
  unsent.forEach((flush) => flush());
};
const escape = (event) => {
  if (event.key !== "Escape") return;
  if (event.target.matches?.(".chip-input[list]")) event.stopPropagation();
  else flushAll();
};
if (typeof window !== "undefined") window.addEventListener("keydown", escape, true);

// What was typed into a form and the server has not answered yet, by the field's id. It outlives the fields, which disappear when
// a restarted server does not know their form. Keep, below, restores it with the form.
const ahead = new Map();

// What a server has not answered may never have reached it, if it was stopped. It is sent again when the connection is back, and
// before the next action.
const texts = new Set();
function resendUnanswered() {
  for (const typed of texts) {
    if (typed.timer !== null || typed.latest === typed.answered) continue;
    typed.timer = setTimeout(typed.flush, 1000);
    unsent.add(typed.flush);
  }
}

// A text field whose value lives on the server. What is typed stays here and is sent a moment later, on Enter and when the
// field is left; an answer to an older text never overwrites a newer one.
export function Text({ value = "", delay = 200, multiline = false, keep = false, onChange, ...rest }) {
  const [text, setText] = useState(value);
  const typed = useRef({ timer: null, latest: value, sent: [] }).current;
  const flush = () => {
    if (typed.timer === null) return;
    clearTimeout(typed.timer);
    typed.timer = null;
    unsent.delete(typed.flush);
    typed.sent = [...typed.sent.slice(-20), typed.latest];
    onChange?.(typed.latest);
  };
  const send = useRef(flush);
  send.current = flush;
  typed.answered = value;
  typed.flush ??= () => send.current();
  useEffect(() => {
    texts.add(typed);
    return () => {
      texts.delete(typed);
      send.current();
    };
  }, []);
  useEffect(() => {
    if (keep && value === typed.latest) ahead.delete(rest.id);
    const echo = typed.sent.lastIndexOf(value);
    if (echo >= 0) {
      typed.sent = typed.sent.slice(echo + 1);
      return;
    }
    if (typed.timer !== null) return;
    typed.sent = [];
    typed.latest = value;
    if (keep) ahead.delete(rest.id);
    setText(value);
  }, [value]);
  return h(multiline ? "textarea" : "input", {
    dir: "auto",
    ...rest,
    value: text,
    onChange: (event) => {
      typed.latest = event.target.value;
      setText(typed.latest);
      if (keep) ahead.set(rest.id, typed.latest);
      clearTimeout(typed.timer);
      typed.timer = setTimeout(typed.flush, delay);
      unsent.add(typed.flush);
    },
    onBlur: (event) => {
      flush();
      rest.onBlur?.(event);
    },
    onKeyDown: (event) => {
      if (event.key === "Enter") flush();
    },
  });
}

const LAST_SEPARATOR = /[,;\n][^,;\n]*$/;

// The field behind the recipients' chips: whole addresses leave it as soon as they are typed or pasted. While the server is
// away they stay.
export function ChipInput({ id, label, describedby = "", invalid = false, unfinished = "", toFix = "", names, placeholder = "name@example.com", onAdd, onDrop }) {
  const [text, setText] = useState(unfinished);
  const field = useRef(null);
  useEffect(() => {
    if (!toFix) return;
    write(toFix.slice(0, toFix.lastIndexOf("#")));
    field.current?.focus();
  }, [toFix]);
  const write = (value) => {
    ahead.set(id, value);
    setText(value);
  };
  const add = (value) => {
    if (away) return write(value);
    if (value.trim()) onAdd?.(value);
    write("");
  };
  useEffect(() => {
    if (!text.trim()) return;
    const flush = () => add(text);
    unsent.add(flush);
    return () => unsent.delete(flush);
  });
  return h("input", {
    id, ref: field, value: text, className: "chip-input", type: "text", inputMode: names ? "text" : "email", list: names, autoComplete: "off", spellCheck: false,
    "aria-label": label, "aria-describedby": describedby || undefined, "aria-invalid": invalid || undefined,
    placeholder,
    onChange: ({ target: { value } }) => {
      const end = value.search(LAST_SEPARATOR);
      if (end < 0 || away) return write(value);
      add(value.slice(0, end));
      write(value.slice(end + 1));
    },
    onPaste: (event) => {
      event.preventDefault();
      add(text + event.clipboardData.getData("text"));
    },
    onKeyDown: (event) => {
      if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        add(text);
      } else if (event.key === " " && text.includes("@") && !text.includes("<") && !text.includes('"')) {
        event.preventDefault();
        add(text);
      } else if (event.key === "Backspace" && !text) {
        onDrop?.();
      }
    },
    onBlur: () => add(text),
  });
}

// Why a file was not taken, as the server says it.
const refusal = (request, tooLarge) => {
  if (request.status === 413) return tooLarge; // also where a proxy refused it
  try {
    const { detail, errors } = JSON.parse(request.responseText);
    const words = errors[0]?.detail ?? detail;
    return `${words[0].toUpperCase()}${words.slice(1)}.`;
  } catch {
    return `The upload failed (${request.status}). Choose the file again.`;
  }
};

// A field for a file, which may also be dropped on it. Once one is chosen, the server gives an `address` for it, to which it is
// sent as it is.
export function FileField({ id, label, hint = "", accept, address = "", most, tooLarge, disabled = false, onChoose, onRefuse, onSent }) {
  const input = useRef(null);
  const file = useRef(null); // chosen, not yet sent
  const request = useRef(null);
  const [sending, setSending] = useState(null);
  const [problem, setProblem] = useState("");
  const [over, setOver] = useState(false);
  const stop = () => {
    request.current?.abort();
    request.current = null;
    file.current = null;
    setSending(null);
  };
  const fail = (words) => {
    stop();
    input.current.value = "";
    setProblem(words);
  };
  useEffect(() => {
    // A file that is dropped beside the field would take the page's place
    const refuse = (event) => event.preventDefault();
    window.addEventListener("dragover", refuse);
    window.addEventListener("drop", refuse);
    return () => {
      window.removeEventListener("dragover", refuse);
      window.removeEventListener("drop", refuse);
      request.current?.abort();
    };
  }, []);
  useEffect(() => {
    const chosen = file.current;
    if (!address || !chosen) return;
    file.current = null;
    const sent = (request.current = new XMLHttpRequest());
    sent.open("POST", address);
    sent.upload.onprogress = ({ loaded, total }) => setSending({ name: chosen.name, part: total ? loaded / total : 0 });
    sent.onload = () => {
      if (sent.status !== 204) return fail(refusal(sent, tooLarge));
      stop();
      onSent?.();
    };
    sent.onerror = () => fail("The file could not be uploaded: the connection was lost, or the file was changed during the upload. Choose it again.");
    setSending({ name: chosen.name, part: 0 });
    sent.send(chosen);
  }, [address]);
  const choose = (chosen) => {
    if (!chosen || disabled) return;
    stop();
    setProblem("");
    if (isAway()) return fail("");
    if (!chosen.size || chosen.size > most) {
      onRefuse?.();
      return fail(chosen.size ? tooLarge : "The file is empty. Choose another one.");
    }
    file.current = chosen;
    onChoose?.(chosen.name, chosen.size);
  };
  const drag = (isOver) => (event) => {
    event.preventDefault();
    setOver(isOver && !disabled);
  };
  const drop = (event) => {
    drag(false)(event);
    if (disabled || !event.dataTransfer.files.length) return;
    input.current.files = event.dataTransfer.files; // shows its name
    choose(event.dataTransfer.files[0]);
  };
  const cancel = () => {
    stop();
    input.current.value = "";
    input.current.focus();
  };
  const described = problem ? `${id}-error` : `${id}-hint`;
  return h("div", { className: `file-field${over ? " over" : ""}`, onDragOver: drag(true), onDragLeave: drag(false), onDrop: drop },
    h("label", { htmlFor: id }, label),
    h("input", {
      id, ref: input, type: "file", accept, disabled, "aria-describedby": described, "aria-invalid": problem ? true : undefined,
      onClick: (event) => (event.target.value = ""), // the same file may be chosen again, after a change
      onChange: (event) => choose(event.target.files[0]),
    }),
    problem
      ? h("span", { id: `${id}-error`, className: "error-text", role: "alert" }, problem)
      : h("span", { id: `${id}-hint`, className: "hint" }, hint),
    h("div", { role: "status" }, sending && h("span", { className: "hint" }, `Sending ${sending.name} …`)),
    sending && h("div", { className: "row" },
      h("progress", { className: "progress", max: 1, value: sending.part, "aria-label": `Sending ${sending.name}` }),
      h("span", { className: "num hint" }, `${Math.floor(sending.part * 100)} %`),
      h("button", { type: "button", className: "btn small ghost", onClick: cancel }, "Cancel")));
}

export function CopyButton({ id, text, label = "Copy" }) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), 2000);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without https there is no clipboard for pages: the old way through a selection
      const area = document.createElement("textarea");
      area.value = text;
      (document.querySelector("[role=dialog]") ?? document.body).append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    setDone(true);
  };
  return h("button", { type: "button", id, className: "link-button", onClick: copy, "aria-live": "polite" }, done ? "Copied" : label);
}

// The list below a search field, which keeps the focus (ARIA's combobox): arrow keys move the mark, Enter presses the marked
// option. `query`: what the options were found for. Who types and presses Enter at once means the options that are still to come.
export function Options({ id, label, multiple = false, query = "", children }) {
  const list = useRef(null);
  const state = useRef({ marked: null, waits: false }).current;
  state.query = query;
  const field = () => list.current.parentElement.querySelector("input[type=search]");
  const all = () => [...list.current.querySelectorAll("[role=option]")];
  const mark = (option) => {
    for (const other of all()) other.toggleAttribute("data-marked", other === option);
    state.marked = option ?? null;
    if (!option) return field()?.removeAttribute("aria-activedescendant");
    option.id ||= `${id}-${all().indexOf(option)}-${Math.random().toString(36).slice(2, 8)}`;
    field()?.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  };
  const take = () => {
    state.waits = field().value !== state.query;
    if (!state.waits) state.marked?.click();
  };
  useEffect(() => {
    const input = field();
    const press = (event) => {
      const options = all();
      const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
      if (event.key === "Enter") take();
      else if (step && options.length) mark(options[Math.min(options.length - 1, Math.max(0, options.indexOf(state.marked) + step))]);
      else return;
      event.preventDefault();
    };
    const type = () => (state.waits = false);
    // New options: the mark stays on its own, else it goes to the first
    const watcher = new MutationObserver(() => {
      if (!state.marked?.isConnected || state.of !== state.query) mark(all()[0]);
      state.of = state.query;
    });
    watcher.observe(list.current, { childList: true, subtree: true });
    mark(all()[0]);
    input?.addEventListener("keydown", press);
    input?.addEventListener("input", type);
    return () => {
      watcher.disconnect();
      input?.removeEventListener("keydown", press);
      input?.removeEventListener("input", type);
    };
  }, []);
  useEffect(() => {
    if (!state.waits) return;
    mark(all()[0]);
    take();
  }, [query]);
  const keep = (event) => event.preventDefault(); // the focus, in the search field
  return h("div", { id, ref: list, role: "listbox", "aria-label": label, "aria-multiselectable": multiple || undefined, className: "options", onMouseDown: keep, tabIndex: -1 }, children);
}

// An open form outlives a restart of the server, and what was changed in it a reload: kept in this tab until it is closed.
const forms = { open: new Map(), shown: "", backUntil: 0 };

// The form as the server last knew it, with what was typed since.
const withTyped = (kept) => {
  const { values, ...rest } = JSON.parse(kept);
  const typed = [...ahead].filter(([id, text]) => id in values && values[id] !== text);
  const unfinished = ahead.get("recipients") ?? "";
  if (!typed.length && !unfinished) return kept;
  return JSON.stringify({ ...rest, values: { ...values, ...Object.fromEntries(typed) }, unfinished, dirty: true });
};

export function Keep({ owner, value = "", ready = false, onRestore }) {
  const asked = useRef(false);
  const name = DRAFT + owner;
  useEffect(() => {
    if (!ready) {
      asked.current = false;
      if (forms.open.size) forms.backUntil = Date.now() + 3000;
      return;
    }
    const kept = forms.open.get(name) ?? sessionStorage.getItem(name);
    if (!asked.current && kept && !value) {
      asked.current = true;
      onRestore?.(forms.shown === name ? withTyped(kept) : kept);
      ahead.clear();
      return;
    }
    asked.current = true;
    if (forms.shown !== (value && name)) ahead.clear(); // another form's, or one that is closed
    forms.shown = value && name;
    if (value) forms.open.set(name, value);
    else forms.open.delete(name);
    if (value && JSON.parse(value).dirty) sessionStorage.setItem(name, value);
    else sessionStorage.removeItem(name);
  }, [ready, value, name]);
  useEffect(() => {
    // A reload while the server is away
    const leave = () => ahead.size && forms.shown === name && sessionStorage.setItem(name, withTyped(forms.open.get(name)));
    window.addEventListener("pagehide", leave);
    return () => window.removeEventListener("pagehide", leave);
  }, [name]);
  return null;
}
