/* Everything the browser does by itself: keys, moving through rows, menus, dialogs, the palette, times, loading more.

   Pages declare, this file acts. The declarations are data attributes that rcx_app/ui/components write:
     data-key="a"          pressing A clicks this element (or focuses it, where it is a field)
     data-rows             a table whose rows J and K move through; data-open-row names the row the server has open
     data-row="17"         a row; data-open inside it is what opening the row clicks
     data-menu             a button; the popover that follows it is its menu
     data-modal            a dialog to be shown as soon as it stands in the page; data-close inside it dismisses it
     data-local            a dialog that only the browser opens (palette, keys)
     data-relative         a time told as "6 min ago"
     data-step="1"         a button that moves through the rows like J, or with -1 like K
     data-value="north"    what a field says, as the server has it; taken over while nobody types in it
     data-more             a button clicked when it scrolls into view
     data-reload           a button that loads the page anew, also while the server does not answer
     data-tick             a button clicked every 20 s while the page is looked at
   Handlers are always reached by clicking an element Reflex bound, so the server's guard sees every one of them. */
(function () {
  "use strict";
  if (window.rcx) return;

  var TELL_AFTER = 140; /* ms of rest; while moves follow each other faster, only the last is told to the server */
  var WAIT_FOR_SERVER = 4000; /* ms in which the browser's choice of row stands against the server's older answer */
  var FIELD = "input:not([type=checkbox]):not([type=radio]):not([type=button]):not([type=submit]), textarea, select, [contenteditable=true]";
  var INSIDE = "a, button, input, label, select, textarea, summary, [role=menu], [role=dialog]";

  function all(selector, root) {
    return Array.prototype.slice.call((root || document).querySelectorAll(selector));
  }

  function topDialog() {
    var open = all("dialog[open]");
    return open.length ? open[open.length - 1] : null;
  }

  function scope() {
    return topDialog() || document;
  }

  function usable(element) {
    return !element.disabled && element.getAttribute("aria-disabled") !== "true" && !element.closest("[inert]");
  }

  /* ---------- rows ---------- */

  var waiting = new WeakMap(); /* table -> {id, until, told} while the server has not yet answered our move */
  var timers = new WeakMap();
  var moved = new WeakMap(); /* table -> when its last move was made */
  var lastRow = null; /* {table, index, row} that had the focus */

  function rowsOf(table) {
    return all("tr[data-row]", table);
  }

  function currentRow(table) {
    return table.querySelector('tr[aria-current="true"]');
  }

  function mark(table, row) {
    all('tr[aria-current="true"]', table).forEach(function (other) {
      if (other !== row) other.removeAttribute("aria-current");
    });
    if (row && row.getAttribute("aria-current") !== "true") row.setAttribute("aria-current", "true");
    rowsOf(table).forEach(function (other, index) {
      var stop = (row ? other === row : index === 0) ? "0" : "-1";
      if (other.getAttribute("tabindex") !== stop) other.setAttribute("tabindex", stop);
    });
  }

  function syncTable(table) {
    var wanted = table.dataset.openRow || "";
    var pending = waiting.get(table);
    if (pending) {
      if (pending.id === wanted || Date.now() > pending.until) {
        waiting.delete(table);
        release(pending.id === wanted);
      } else wanted = pending.id;
    }
    var row = null;
    if (wanted) row = table.querySelector('tr[data-row="' + CSS.escape(wanted) + '"]');
    mark(table, row);
    /* The server opened another row (after an undo, say): J and K go on from there. */
    var focused = document.activeElement;
    if (row && focused !== row && focused.matches("tr[data-row]") && table.contains(focused)) row.focus({ preventScroll: true });
  }

  /* A key for the open row, pressed before the server has opened the row that J or K went to, waits for it. */
  var held = "";

  function hold(name) {
    var tables = all("table[data-rows]", scope()).filter(function (table) {
      var pending = waiting.get(table);
      return pending && pending.id !== table.dataset.openRow && Date.now() < pending.until;
    });
    if (!tables.length) return false;
    var row = currentRow(tables[0]);
    if (!row) return false;
    held = name;
    if (!waiting.get(tables[0]).told) tell(tables[0], row, true);
    return true;
  }

  function release(isOpen) {
    var name = held;
    held = "";
    if (name && isOpen) setTimeout(press, 0, name);
  }

  /* The server hears of a move at once, or, in a run of moves, when the run has ended. */
  function tell(table, row, soon) {
    clearTimeout(timers.get(table));
    if (!row.querySelector("[data-open]")) return;
    var now = Date.now();
    var pending = { id: row.dataset.row, until: now + WAIT_FOR_SERVER, told: false };
    var act = function () {
      var opener = row.isConnected && row.querySelector("[data-open]");
      pending.told = true;
      if (opener) opener.click();
    };
    var isRun = now - (moved.get(table) || 0) < TELL_AFTER;
    moved.set(table, now);
    waiting.set(table, pending);
    if (soon || !isRun) act();
    else timers.set(table, setTimeout(act, TELL_AFTER));
  }

  function choose(table, row, soon) {
    mark(table, row);
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
    tell(table, row, soon);
  }

  function tableInHand() {
    var here = document.activeElement && document.activeElement.closest("table[data-rows]");
    return here || scope().querySelector("table[data-rows]");
  }

  function move(step) {
    var table = tableInHand();
    if (!table) return false;
    var rows = rowsOf(table);
    if (!rows.length) return false;
    var focused = document.activeElement && document.activeElement.closest("tr[data-row]");
    var at = rows.indexOf(focused && table.contains(focused) ? focused : currentRow(table));
    var next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : at + step;
    if (next >= rows.length) {
      var more = (table.closest(".scroll") || document).querySelector("[data-more]");
      if (more && usable(more)) more.click();
    }
    if (next < 0 || next >= rows.length) return true;
    choose(table, rows[next], false);
    return true;
  }

  function openRow(row) {
    var table = row.closest("table[data-rows]");
    var link = row.querySelector("[data-enter]");
    if (link) link.click();
    else if (table) choose(table, row, true);
  }

  function keepFocus() {
    if (!lastRow || lastRow.row.isConnected || !lastRow.table.isConnected) return;
    if (document.activeElement && document.activeElement !== document.body) return;
    var rows = rowsOf(lastRow.table);
    var next = currentRow(lastRow.table) || rows[Math.min(lastRow.index, rows.length - 1)];
    if (next) next.focus({ preventScroll: true });
  }

  document.addEventListener("focusin", function (event) {
    var row = event.target.closest && event.target.closest("tr[data-row]");
    var table = row && row.closest("table[data-rows]");
    lastRow = table ? { table: table, index: rowsOf(table).indexOf(row), row: row } : null;
  });

  document.addEventListener("click", function (event) {
    var step = event.target.closest && event.target.closest("[data-step]");
    if (step) {
      move(Number(step.dataset.step));
      step.focus();
      return;
    }
    var row = event.target.closest && event.target.closest("tr[data-row]");
    if (!row || event.target.closest(INSIDE) || String(getSelection())) return;
    openRow(row);
  });

  /* ---------- declared keys ---------- */

  function combo(event) {
    var key = event.key.length === 1 ? event.key.toLowerCase() : event.key.toLowerCase();
    var letter = /^[a-z0-9]$/.test(key) || event.key.length > 1;
    var parts = [];
    if (event.ctrlKey || event.metaKey) parts.push("mod");
    if (event.altKey) parts.push("alt");
    if (event.shiftKey && letter) parts.push("shift");
    parts.push(key === " " ? "space" : key);
    return parts.join("+");
  }

  function declared(root) {
    return all("[data-key]", root).filter(function (element) {
      var row = element.closest("tr[data-row]");
      return usable(element) && (!row || row.getAttribute("aria-current") === "true") && !element.closest("dialog:not([open])");
    });
  }

  function pressable(name) {
    return declared(scope()).filter(function (element) {
      return element.dataset.key.split(" ").indexOf(name) >= 0;
    });
  }

  function isDeclared(name) {
    return all("[data-key]", scope()).some(function (element) {
      return element.dataset.key.split(" ").indexOf(name) >= 0 && !element.matches(FIELD) && !element.closest("tr[data-row]");
    });
  }

  function press(name) {
    var found = pressable(name);
    if (!found.length) return false;
    var element = found[0];
    if (element.matches(FIELD)) {
      element.focus();
      if (element.select) element.select();
    } else {
      element.click();
    }
    return true;
  }

  function onKey(event) {
    if (event.defaultPrevented || event.isComposing || event.key === "Unidentified" || !event.key) return;
    var name = combo(event);
    var target = event.target;
    if (menuKey(event, name)) return;
    if (name === "mod+k") {
      event.preventDefault();
      return togglePalette();
    }
    if (paletteKey(event, name)) return;
    if (target.matches && target.matches(FIELD)) {
      if (name === "escape" && !topDialog()) target.blur();
      if (name.indexOf("mod+") === 0 && press(name)) event.preventDefault();
      return;
    }
    if (name.indexOf("mod+") !== 0 && (event.ctrlKey || event.metaKey || event.altKey)) return;
    var row = target.closest && target.closest("tr[data-row]");
    var handled = false;
    if (name === "j" || (name === "arrowdown" && row)) handled = move(1);
    else if (name === "k" || (name === "arrowup" && row)) handled = move(-1);
    else if (name === "?" && !topDialog()) handled = showKeys();
    else if (name === "enter" && row === target) {
      openRow(row);
      handled = true;
    } else if (name === "escape" && topDialog()) return;
    if (!handled && name !== "enter" && name !== "space" && name !== "tab") handled = (isDeclared(name) && hold(name)) || press(name);
    if (handled) event.preventDefault();
  }

  document.addEventListener("keydown", onKey);

  /* ---------- the list of keys ---------- */

  var WORDS = { mod: /Mac|iPhone|iPad/.test(navigator.platform) ? "Cmd" : "Ctrl", shift: "Shift", alt: "Alt", escape: "Esc", enter: "Enter", space: "Space", arrowdown: "Down", arrowup: "Up" };

  function say(name) {
    return name
      .split("+")
      .map(function (part) {
        return WORDS[part] || (part.length === 1 ? part.toUpperCase() : part);
      })
      .join(" ");
  }

  function nameOf(element) {
    if (element.dataset.keyLabel) return element.dataset.keyLabel;
    var text = element.getAttribute("aria-label") || element.getAttribute("placeholder");
    if (text) return text;
    var copy = element.cloneNode(true);
    all("kbd, svg", copy).forEach(function (part) {
      part.remove();
    });
    return copy.textContent.trim();
  }

  function keyList() {
    var seen = {};
    var list = [];
    declared(document).forEach(function (element) {
      var name = element.dataset.key.split(" ")[0];
      if (seen[name] || element.closest("dialog")) return;
      seen[name] = true;
      list.push({ key: name, label: nameOf(element), element: element });
    });
    return list;
  }

  function line(key, label) {
    var item = document.createElement("div");
    var term = document.createElement("dt");
    var value = document.createElement("dd");
    term.textContent = label;
    key.split(" ").forEach(function (part) {
      var cap = document.createElement("kbd");
      cap.textContent = say(part);
      value.appendChild(cap);
    });
    item.append(term, value);
    return item;
  }

  function showKeys() {
    var dialog = document.getElementById("keys");
    if (!dialog) return false;
    var list = dialog.querySelector("[data-keys-list]");
    list.replaceChildren();
    if (document.querySelector("table[data-rows]")) {
      list.append(line("j k", "Next or previous row"), line("enter", "Open the row"));
    }
    keyList().forEach(function (entry) {
      list.append(line(entry.key, entry.label));
    });
    list.append(line("mod+k", "Find or do"), line("?", "Show all keys"));
    showDialog(dialog);
    return true;
  }

  /* ---------- dialogs ---------- */

  var openers = new Map(); /* open dialog -> what had the focus before */

  function showDialog(dialog) {
    if (dialog.open) return;
    openers.set(dialog, document.activeElement);
    dialog.showModal();
    var first = dialog.querySelector("[data-autofocus]");
    if (first) first.focus();
  }

  function hideDialog(dialog) {
    if (dialog.hasAttribute("data-local")) return dialog.close();
    var close = dialog.querySelector("[data-close]");
    if (close) close.click();
  }

  function giveBackFocus(dialog) {
    var opener = openers.get(dialog);
    openers.delete(dialog);
    if (opener && opener.isConnected && (!document.activeElement || document.activeElement === document.body)) {
      opener.focus({ preventScroll: true });
    }
  }

  document.addEventListener(
    "cancel",
    function (event) {
      if (!event.target.matches || !event.target.matches("dialog")) return;
      event.preventDefault();
      hideDialog(event.target);
    },
    true,
  );
  document.addEventListener(
    "close",
    function (event) {
      if (event.target.matches && event.target.matches("dialog")) giveBackFocus(event.target);
    },
    true,
  );
  document.addEventListener("mousedown", function (event) {
    /* A press on the backdrop lands on the dialog itself, outside its box. */
    if (!event.target.matches || !event.target.matches("dialog[open]")) return;
    var box = event.target.getBoundingClientRect();
    var inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) hideDialog(event.target);
  });

  /* ---------- menus ---------- */

  function popoverOf(trigger) {
    return trigger.nextElementSibling;
  }

  function placeMenu(trigger, menu) {
    var at = trigger.getBoundingClientRect();
    var width = menu.offsetWidth;
    var height = menu.offsetHeight;
    var left = Math.min(at.left, innerWidth - width - 8);
    if (at.left + width > innerWidth - 8) left = Math.max(8, at.right - width);
    var below = at.bottom + 4;
    var top = below + height > innerHeight - 8 && at.top - height - 4 > 8 ? at.top - height - 4 : below;
    menu.style.left = left + "px";
    menu.style.top = top + "px";
    menu.style.minWidth = Math.max(160, at.width) + "px";
  }

  function itemsOf(menu) {
    return all('[role^="menuitem"]', menu).filter(usable);
  }

  function showMenu(trigger, last) {
    var menu = popoverOf(trigger);
    menu.showPopover();
    placeMenu(trigger, menu);
    trigger.setAttribute("aria-expanded", "true");
    var items = itemsOf(menu);
    var field = menu.querySelector("[data-autofocus]");
    if (field) field.focus();
    else if (items.length) items[last ? items.length - 1 : 0].focus();
  }

  function hideMenu(menu) {
    if (menu.matches(":popover-open")) menu.hidePopover();
  }

  document.addEventListener("click", function (event) {
    var trigger = event.target.closest && event.target.closest("[data-menu]");
    if (trigger) {
      if (trigger.dataset.wasOpen === "true") delete trigger.dataset.wasOpen;
      else if (usable(trigger)) showMenu(trigger, false);
      return;
    }
    var item = event.target.closest && event.target.closest('[popover] [role^="menuitem"]');
    if (item && !item.hasAttribute("data-stay")) hideMenu(item.closest("[popover]"));
  });
  document.addEventListener(
    "pointerdown",
    function (event) {
      /* Light dismiss closes the menu on this press; the click that follows must not open it again. */
      var trigger = event.target.closest && event.target.closest("[data-menu]");
      if (trigger && popoverOf(trigger).matches(":popover-open")) trigger.dataset.wasOpen = "true";
    },
    true,
  );
  document.addEventListener(
    "toggle",
    function (event) {
      var menu = event.target;
      if (event.newState !== "closed" || !menu.hasAttribute || !menu.hasAttribute("popover")) return;
      var trigger = menu.previousElementSibling;
      if (!trigger || !trigger.hasAttribute("data-menu")) return;
      trigger.setAttribute("aria-expanded", "false");
      if (!document.activeElement || document.activeElement === document.body || menu.contains(document.activeElement)) {
        trigger.focus({ preventScroll: true });
      }
    },
    true,
  );

  function menuKey(event, name) {
    var trigger = event.target.closest && event.target.closest("[data-menu]");
    if (trigger && usable(trigger) && (name === "arrowdown" || name === "arrowup")) {
      event.preventDefault();
      showMenu(trigger, name === "arrowup");
      return true;
    }
    var menu = event.target.closest && event.target.closest("[popover]");
    if (!menu) return false;
    var items = itemsOf(menu);
    var at = items.indexOf(event.target);
    var to = { arrowdown: at + 1, arrowup: at - 1, home: 0, end: items.length - 1 }[name];
    if (name === "tab") hideMenu(menu);
    else if (to !== undefined && items.length) {
      event.preventDefault();
      items[(to + items.length) % items.length].focus();
    }
    return name !== "mod+k";
  }

  /* ---------- palette ---------- */

  function palette() {
    return document.getElementById("palette");
  }

  function options() {
    return all('[role="option"]', palette()).filter(function (option) {
      return !option.hidden;
    });
  }

  function activate(option) {
    all('[role="option"]', palette()).forEach(function (other) {
      other.setAttribute("aria-selected", other === option ? "true" : "false");
    });
    var input = palette().querySelector("input");
    if (option) {
      if (!option.id) option.id = "option-" + Math.random().toString(36).slice(2);
      input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  }

  function filterPalette() {
    var words = palette().querySelector("input").value.trim().toLowerCase().split(/\s+/);
    all('[role="option"]:not([data-found])', palette()).forEach(function (option) {
      var text = option.textContent.toLowerCase();
      option.hidden = !words.every(function (word) {
        return text.indexOf(word) >= 0;
      });
    });
    all('[role="group"]', palette()).forEach(function (group) {
      group.hidden = !group.querySelector('[role="option"]:not([hidden])');
    });
    var shown = options();
    palette().querySelector("[data-nothing]").hidden = shown.length > 0;
    if (!shown.some(function (option) { return option.getAttribute("aria-selected") === "true"; })) activate(shown[0]);
  }

  function fillActions() {
    var holder = palette().querySelector("[data-palette-actions]");
    holder.replaceChildren();
    keyList().forEach(function (entry) {
      var option = document.createElement("div");
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.className = "opt";
      option.textContent = entry.label;
      var cap = document.createElement("kbd");
      cap.textContent = say(entry.key);
      option.append(cap);
      option.addEventListener("click", function () {
        palette().close();
        press(entry.key);
      });
      holder.append(option);
    });
  }

  function togglePalette() {
    var dialog = palette();
    if (!dialog) return;
    if (dialog.open) return dialog.close();
    if (topDialog()) return;
    var input = dialog.querySelector("input");
    if (input.value) {
      /* Through React's own setter, so that its value and the field's stay one. */
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(input, "");
      input.dispatchEvent(new Event("input", { bubbles: true }));
    }
    fillActions();
    showDialog(dialog);
    filterPalette();
    activate(options()[0]);
  }

  function paletteKey(event, name) {
    var dialog = palette();
    if (!dialog || !dialog.open || event.target.tagName !== "INPUT") return false;
    var shown = options();
    var at = shown.findIndex(function (option) {
      return option.getAttribute("aria-selected") === "true";
    });
    var step = { arrowdown: 1, arrowup: -1 }[name];
    if (step && shown.length) activate(shown[(at + step + shown.length) % shown.length]);
    else if (name === "enter" && shown[at]) shown[at].click();
    else return false;
    event.preventDefault();
    return true;
  }

  document.addEventListener("input", function (event) {
    if (palette() && palette().contains(event.target)) filterPalette();
  });
  document.addEventListener(
    "click",
    function (event) {
      /* The skip link moves the focus, not the address: the app's router would load the page anew. */
      if (!event.target.closest || !event.target.closest("a.skip")) return;
      event.preventDefault();
      event.stopPropagation();
      document.getElementById("main").focus();
    },
    true,
  );
  document.addEventListener("click", function (event) {
    if (event.target.closest && event.target.closest("[data-palette-open]")) return togglePalette();
    if (event.target.closest && event.target.closest("[data-keys-open]")) return showKeys();
    if (event.target.closest && event.target.closest("[data-reload]")) return location.reload();
    if (event.target.closest && event.target.closest("dialog[data-local] [data-close]")) return topDialog() && topDialog().close();
    var option = event.target.closest && event.target.closest('#palette [role="option"]');
    if (option && palette().open) palette().close();
  });

  /* ---------- times ---------- */

  var MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

  function two(number) {
    return (number < 10 ? "0" : "") + number;
  }

  function exact(date) {
    return date.getUTCDate() + " " + MONTHS[date.getUTCMonth()] + " " + date.getUTCFullYear() + ", " + two(date.getUTCHours()) + ":" + two(date.getUTCMinutes()) + " UTC";
  }

  function relative(date, now) {
    var seconds = Math.round((now - date) / 1000);
    var future = seconds < 0;
    var span = Math.abs(seconds);
    var text;
    if (span < 45) return "just now";
    if (span < 3600) text = Math.max(1, Math.round(span / 60)) + " min";
    else if (span < 86400) text = Math.round(span / 3600) + " h";
    else if (span < 86400 * 14) text = Math.round(span / 86400) + " d";
    else return date.getUTCDate() + " " + MONTHS[date.getUTCMonth()] + " " + date.getUTCFullYear();
    return future ? "in " + text : text + " ago";
  }

  function tellTimes() {
    var now = new Date();
    all("time[data-relative]").forEach(function (element) {
      var date = new Date(element.getAttribute("datetime"));
      if (isNaN(date)) return;
      var text = relative(date, now);
      /* React keeps the text node, so the node stays and only its value changes. */
      if (element.firstChild && element.firstChild.nodeType === 3) {
        if (element.firstChild.nodeValue !== text) element.firstChild.nodeValue = text;
      }
      var title = exact(date);
      if (element.title !== title) element.title = title;
    });
  }

  setInterval(tellTimes, 20000);

  setInterval(function () {
    if (document.hidden) return;
    all("[data-tick]").forEach(function (button) {
      button.click();
    });
  }, 20000);

  /* ---------- more rows, kept places ---------- */

  var watcher = new IntersectionObserver(
    function (entries) {
      entries.forEach(function (entry) {
        if (entry.isIntersecting && usable(entry.target)) entry.target.click();
      });
    },
    { rootMargin: "600px 0px" },
  );

  function watchMore() {
    /* Observing anew asks again, so a page too short to fill the box is followed by the next. */
    watcher.disconnect();
    all("[data-more]").forEach(function (button) {
      if (usable(button)) watcher.observe(button);
    });
  }

  function place(element) {
    return "rcx.scroll " + location.pathname + location.search + " " + element.dataset.keepScroll;
  }

  document.addEventListener(
    "scroll",
    function (event) {
      var element = event.target;
      if (element.dataset && element.dataset.keepScroll) sessionStorage.setItem(place(element), String(element.scrollTop));
    },
    true,
  );

  var placed = new WeakSet();
  function restorePlaces() {
    all("[data-keep-scroll]").forEach(function (element) {
      if (placed.has(element) || !element.querySelector("tr[data-row]")) return;
      placed.add(element);
      var kept = Number(sessionStorage.getItem(place(element)) || 0);
      if (kept) element.scrollTop = kept;
    });
  }

  /* ---------- following what React does ---------- */

  var path = location.pathname;
  var arrived = 0; /* when the page last changed: its main region gets the focus once it stands */

  function settle() {
    all("dialog[data-modal]:not([open])").forEach(showDialog);
    openers.forEach(function (_, dialog) {
      if (!dialog.isConnected) giveBackFocus(dialog);
    });
    all("table[data-rows]").forEach(syncTable);
    keepFocus();
    tellTimes();
    watchMore();
    restorePlaces();
    if (palette() && palette().open) filterPalette();
    all("[data-menu]:not([aria-expanded])").forEach(function (trigger) {
      trigger.setAttribute("aria-expanded", "false");
    });
    all("input[data-value]").forEach(function (field) {
      if (field !== document.activeElement && field.value !== field.dataset.value) field.value = field.dataset.value;
    });
    all("input[data-mixed]").forEach(function (box) {
      box.indeterminate = box.dataset.mixed === "true";
    });
    if (path !== location.pathname) {
      path = location.pathname;
      arrived = Date.now();
    }
    if (Date.now() - arrived < 2000 && document.activeElement === document.body && !topDialog()) {
      var main = document.getElementById("main");
      if (main) main.focus({ preventScroll: true });
    }
  }

  new MutationObserver(settle).observe(document.documentElement, {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ["data-open-row", "datetime", "disabled", "data-mixed", "data-value"],
  });
  settle();

  window.rcx = { press: press, showKeys: showKeys, togglePalette: togglePalette, relative: relative };
})();
