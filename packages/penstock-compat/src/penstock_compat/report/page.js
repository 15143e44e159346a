"use strict";
// Filters, moves and opens. Every text is set as text, never as markup; the policy of the page lets nothing else run.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const make = (tag, look, ...inside) => {
    const node = document.createElement(tag);
    if (look) node.className = look;
    node.append(...inside.filter((one) => one !== null && one !== undefined && one !== ""));
    return node;
  };
  const text = (number) => data.texts[number];
  const [ROW, COLUMN, LOOK, STATE, CAUSE, RUNG, STALE, REASONS, FAILURE, EVIDENCE, ORIGIN, OLDER] = Array(12).keys();
  // What the filters call a column; the page's selects hold the same words.
  const AXES = { core: (one) => (one[0] ? `core ${one[0]}` : ""), machine: (one) => `${one[1]} ${one[2]}`, deps: (one) => one[3], python: (one) => one[4] };
  const RUNGS = ["declared", "resolves", "static", "implied", "tested"];
  const BLAMES = {
    host: "caused by the core", dependency: "caused by a dependency", python: "caused by the Python version",
    environment: "caused by the test environment", pack: "caused by the pack itself", unknown: "cause not known",
  };
  const QUIET = new Set(["proven", "left-out", "no-tests"]);
  const table = $("m"), aside = $("evidence");

  // ---- the theme

  const modes = ["system", "light", "dark"];
  const kept = (() => { try { return localStorage.getItem("penstock-compat-theme"); } catch { return null; } })();
  const dress = (mode) => {
    if (mode === "system") delete document.documentElement.dataset.theme; else document.documentElement.dataset.theme = mode;
    $("theme").textContent = `theme: ${mode}`;
    $("theme").dataset.mode = mode;
    try { localStorage.setItem("penstock-compat-theme", mode); } catch { /* a page opened as a file may keep nothing */ }
  };
  dress(modes.includes(kept) ? kept : "system");
  $("theme").onclick = () => dress(modes[(modes.indexOf($("theme").dataset.mode) + 1) % 3]);

  // ---- how old this page is

  const age = Math.floor((Date.now() - Date.parse(data.as_of)) / 86400000);
  if (age > data.days) {
    $("old").textContent = `This report is ${age} days old. What it shows as proven was proven then.`;
    $("old").hidden = false;
  }
  if (!table) return;

  // ---- cells

  const buttons = [...table.tBodies[0].querySelectorAll("button")];
  const rows = [...table.tBodies[0].rows];
  const look = (cell) => data.looks[cell[LOOK]];
  const place = (cell) => data.columns[cell[COLUMN]];
  const parts = (column) => [AXES.core(column), AXES.machine(column), AXES.deps(column), `Python ${column[4]}`];
  const where = (cell) => parts(place(cell)).filter(Boolean);
  const why = (cell) => {
    if (look(cell)[0] === "stale") return text(cell[STALE][0] || 0);
    if (cell[FAILURE] && text(cell[FAILURE][1])) return text(cell[FAILURE][1]);
    return cell[REASONS].length ? text(cell[REASONS][0]) : look(cell)[3];
  };
  const idOf = (cell) => {
    const [pack, version] = data.rows[cell[ROW]], [core, os, arch, deps, python] = place(cell);
    return [`${pack}==${version}`, `core==${core || "*"}`, os, arch, python, deps].join("|");
  };
  const words = data.cells.map((cell) => [
    look(cell)[2], text(cell[STATE]), text(cell[CAUSE]), cell[FAILURE] ? `${text(cell[FAILURE][0])} ${text(cell[FAILURE][1])}` : "",
    ...cell[REASONS].map(text), ...cell[STALE].map(text),
  ].join(" ").toLowerCase());
  const byRow = rows.map(() => []);
  const grid = rows.map(() => []);
  data.cells.forEach((cell, number) => {
    byRow[cell[ROW]].push(number);
    grid[cell[ROW]][cell[COLUMN]] = number;
    const button = buttons[number];
    button.tabIndex = number ? -1 : 0;
    button.setAttribute("aria-label", `${look(cell)[2]}: ${data.rows[cell[ROW]][0]}, ${where(cell).join(", ")}`);
  });

  // ---- filters: what is asked is kept in the address, so that a link shows the same

  const asked = { q: "", looks: new Set(), axes: {}, trouble: false, obstacle: -1 };
  const selects = [...document.querySelectorAll("[data-axis]")];
  const looks = [...document.querySelectorAll("[data-look]")];

  const visibleColumns = () => data.columns.map((column) => Object.entries(AXES).every(([axis, label]) => !asked.axes[axis] || label(column) === asked.axes[axis]));

  const filter = () => {
    const tokens = asked.q.toLowerCase().split(/\s+/).filter(Boolean);
    const columns = visibleColumns();
    const members = asked.obstacle >= 0 ? new Set(data.obstacles[asked.obstacle]) : null;
    let packs = 0, fitting = 0;
    rows.forEach((row, at) => {
      const name = data.rows[at].join(" ").toLowerCase();
      const rest = tokens.filter((token) => !name.includes(token));
      let found = 0, trouble = 0;
      for (const number of byRow[at]) {
        const cell = data.cells[number], key = look(cell)[0], seen = columns[cell[COLUMN]];
        const fits = seen && (!asked.looks.size || asked.looks.has(key)) && (!members || members.has(number)) && rest.every((token) => words[number].includes(token));
        buttons[number].classList.toggle("dim", !fits);
        buttons[number].parentNode.hidden = !seen;
        if (fits) { found += 1; if (!QUIET.has(key)) trouble += 1; }
      }
      for (let column = 0; column < columns.length; column += 1) if (grid[at][column] === undefined) row.cells[column + 2].hidden = !columns[column];
      row.hidden = !found || (asked.trouble && !trouble);
      if (!row.hidden) { packs += 1; fitting += found; }
    });
    for (const heading of table.tHead.querySelectorAll("[data-from]")) {
      const width = columns.slice(+heading.dataset.from, +heading.dataset.to).filter(Boolean).length;
      heading.hidden = !width;
      heading.colSpan = width || 1;
    }
    looks.forEach((button) => button.setAttribute("aria-pressed", String(asked.looks.has(button.dataset.look))));
    selects.forEach((select) => select.classList.toggle("on", Boolean(select.value)));
    const all = packs === rows.length && fitting === buttons.length;
    $("shown").textContent = all ? `${packs} packs` : `${fitting.toLocaleString("en")} cells in ${packs} of ${rows.length} packs`;
    $("everything").hidden = !(asked.q || asked.looks.size || asked.trouble || members || Object.values(asked.axes).some(Boolean));
    $("none").hidden = packs > 0;
    table.hidden = packs === 0;
    const reachable = document.activeElement?.tabIndex === 0 && buttons.includes(document.activeElement);
    if (!reachable) rove(buttons.find((button) => !button.closest("tr").hidden && !button.parentNode.hidden), false);
    remember();
  };

  let opened = -1;
  const remember = () => {
    const words = new URLSearchParams();
    if (asked.q) words.set("q", asked.q);
    if (asked.looks.size) words.set("look", [...asked.looks].join(","));
    for (const [axis, value] of Object.entries(asked.axes)) if (value) words.set(axis, value);
    if (asked.trouble) words.set("trouble", "1");
    if (opened >= 0) words.set("cell", idOf(data.cells[opened]));
    const hash = words.toString();
    try { history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search); } catch { /* a sandboxed frame has no address */ }
  };
  const recall = () => {
    const words = new URLSearchParams(location.hash.slice(1));
    asked.q = $("q").value = words.get("q") || "";
    asked.looks = new Set((words.get("look") || "").split(",").filter((key) => data.looks.some((one) => one[0] === key)));
    asked.trouble = $("trouble").checked = words.has("trouble");
    selects.forEach((select) => {
      const value = words.get(select.dataset.axis) || "";
      select.value = [...select.options].some((option) => option.value === value) ? value : "";
      asked.axes[select.dataset.axis] = select.value;
    });
    const wanted = words.get("cell");
    filter();
    const number = wanted ? data.cells.findIndex((cell) => idOf(cell) === wanted) : -1;
    if (number >= 0) { rove(buttons[number], false); buttons[number].scrollIntoView({ block: "center" }); open(number); }
  };
  const clear = () => {
    $("filters").reset();
    Object.assign(asked, { q: "", looks: new Set(), axes: {}, trouble: false, obstacle: -1 });
    filter();
  };

  $("q").oninput = () => { asked.q = $("q").value; filter(); };
  $("trouble").onchange = () => { asked.trouble = $("trouble").checked; filter(); };
  selects.forEach((select) => { select.onchange = () => { asked.axes[select.dataset.axis] = select.value; filter(); }; });
  looks.forEach((button) => { button.onclick = () => {
    if (!asked.looks.delete(button.dataset.look)) asked.looks.add(button.dataset.look);
    filter();
  }; });
  document.querySelectorAll("[data-obstacle]").forEach((button) => { button.onclick = () => {
    clear();
    asked.obstacle = +button.dataset.obstacle;
    filter();
    table.scrollIntoView({ block: "start" });
    const first = data.obstacles[asked.obstacle][0];
    if (first !== undefined) { rove(buttons[first]); open(first); }
  }; });
  document.querySelectorAll("[data-cell]").forEach((button) => {
    const number = data.ids[button.dataset.cell];
    if (number === undefined) button.disabled = true;
    else button.onclick = () => { clear(); rove(buttons[number]); open(number); };
  });
  $("filters").onsubmit = (event) => event.preventDefault();
  $("everything").onclick = (event) => { event.preventDefault(); clear(); };
  $("clear").onclick = clear;

  // ---- moving: one cell at a time can be reached with Tab, arrows go on from there

  let current = buttons[0];
  const rove = (button, focus = true) => {
    if (!button) return;
    if (current) current.tabIndex = -1;
    current = button;
    current.tabIndex = 0;
    if (focus) current.focus();
  };
  const step = (from, down, right) => {
    let [row, column] = [data.cells[from][ROW], data.cells[from][COLUMN]];
    for (;;) {
      row += down; column += right;
      if (row < 0 || row >= rows.length || column < 0 || column >= data.columns.length) return -1;
      const number = grid[row][column];
      if (number !== undefined && !rows[row].hidden && !buttons[number].parentNode.hidden) return number;
    }
  };
  const go = (number) => { if (number >= 0) { rove(buttons[number]); if (opened >= 0) open(number); } };
  const trouble = (from, by) => {
    for (let at = from + by; at >= 0 && at < buttons.length; at += by) {
      const button = buttons[at];
      if (!QUIET.has(look(data.cells[at])[0]) && !button.classList.contains("dim") && !button.closest("tr").hidden && !button.parentNode.hidden) return at;
    }
    return -1;
  };
  const numbers = new Map(buttons.map((button, number) => [button, number]));
  const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = event.target, number = numbers.get(at), typing = at.matches("input, select, textarea");
    if (event.key === "Escape") {
      if (opened >= 0) { const back = buttons[opened]; close(); back.focus(); }
      else if (typing) { if (at.value && at.type === "search") { at.value = ""; asked.q = ""; filter(); } else at.blur(); }
      return;
    }
    if (typing) return;
    if (event.key === "/") { event.preventDefault(); $("q").focus(); return; }
    if (event.key === "n" || event.key === "p") { go(trouble(number ?? numbers.get(current), event.key === "n" ? 1 : -1)); return; }
    if (number !== undefined && MOVES[event.key]) { event.preventDefault(); go(step(number, ...MOVES[event.key])); }
    if (number !== undefined && (event.key === "Home" || event.key === "End")) {
      event.preventDefault();
      const line = byRow[data.cells[number][ROW]].filter((one) => !buttons[one].parentNode.hidden);
      go(event.key === "Home" ? line[0] : line[line.length - 1]);
    }
  });
  table.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button || !numbers.has(button)) return;
    rove(button);
    if (opened === numbers.get(button)) close(); else open(numbers.get(button));
  });
  let hovered = null;
  table.addEventListener("mouseover", (event) => {
    const button = event.target.closest("button");
    if (!button || button === hovered || !numbers.has(button)) return;
    hovered = button;
    const cell = data.cells[numbers.get(button)];
    button.title = `${look(cell)[2]}: ${where(cell).join(", ")}${QUIET.has(look(cell)[0]) ? "" : `\n${why(cell)}`}`;
  });

  // ---- the evidence of one cell

  const close = () => {
    if (opened >= 0) buttons[opened].removeAttribute("aria-expanded");
    opened = -1;
    aside.hidden = true;
    document.body.classList.remove("open");
    remember();
  };
  const pairs = (list) => {
    const dl = make("dl");
    for (const [name, value] of list) if (value) dl.append(make("dt", "", name), make("dd", "", value));
    return dl;
  };
  const section = (title, ...inside) => [make("h3", "", title), ...inside];
  const hex = (short) => { try { return short ? `sha256:${[...atob(short)].map((one) => one.charCodeAt(0).toString(16).padStart(2, "0")).join("")}` : ""; } catch { return ""; } };
  const copying = (words) => {
    const button = make("button", "copy", "copy");
    button.type = "button";
    button.onclick = async () => { try { await navigator.clipboard.writeText(words); button.textContent = "copied"; } catch { button.textContent = "select it"; } };
    return button;
  };
  const wheels = (cell) => new Map((cell[EVIDENCE] ? data.environments[cell[EVIDENCE][1]] : []).map((number) => {
    const [name, version, digest] = data.wheels[number];
    return [text(name), [text(version), text(digest)]];
  }));

  // The proven cell of the same pack that differs in the fewest axes, and what is installed differently there.
  const neighbour = (number) => {
    const cell = data.cells[number], here = parts(place(cell));
    let best = null, least = 9;
    for (const other of byRow[cell[ROW]]) {
      if (look(data.cells[other])[0] !== "proven") continue;
      const apart = parts(place(data.cells[other])).filter((word, at) => word !== here[at]).length;
      if (apart < least) { least = apart; best = other; }
    }
    return best;
  };
  const compared = (number) => {
    const other = neighbour(number);
    if (other === null) return [];
    const here = parts(place(data.cells[number]));
    const apart = parts(place(data.cells[other])).filter((word, at) => word !== here[at]);
    const link = make("button", "link", `It is proven with ${apart.join(", ")}${apart[apart.length - 1] === AXES.deps(place(data.cells[other])) ? " dependencies" : ""}`);
    link.type = "button";
    link.onclick = () => { rove(buttons[other]); open(other); };
    const [mine, theirs] = [wheels(data.cells[number]), wheels(data.cells[other])];
    const rows = [];
    const told = `${words[number]} ${data.cells[number][FAILURE] ? data.cells[number][FAILURE][2].map(([, value]) => text(value)).join(" ") : ""}`.toLowerCase();
    const named = (name) => (told.includes(name) ? 0 : 1); // what the failure speaks of comes first
    for (const name of [...new Set([...mine.keys(), ...theirs.keys()])].sort((one, two) => named(one) - named(two) || (one < two ? -1 : 1))) {
      const [one, two] = [mine.get(name)?.[0] ?? "not there", theirs.get(name)?.[0] ?? "not there"];
      if (one !== two) rows.push(make("tr", "", make("td", "", name), make("td", "", one), make("td", "", two)));
    }
    const inside = [make("p", "", link, ".")];
    if (mine.size && rows.length) inside.push(make("table", "", make("thead", "", make("tr", "", make("th", "", "differs in"), make("th", "", "here"), make("th", "", "there"))), make("tbody", "", ...rows.slice(0, 40))));
    else if (mine.size) inside.push(make("p", "quiet", "The same versions are installed there."));
    return section("Nearest place where it works", ...inside);
  };

  const open = (number) => {
    if (opened >= 0) buttons[opened].removeAttribute("aria-expanded");
    opened = number;
    const cell = data.cells[number], [key, sign, word, says] = look(cell), [pack, version] = data.rows[cell[ROW]];
    buttons[number].setAttribute("aria-expanded", "true");
    const shut = make("button", "close", "✕");
    shut.type = "button";
    shut.setAttribute("aria-label", "Close");
    shut.onclick = () => { const back = buttons[opened]; close(); back.focus(); };
    const body = [make("header", "", make("b", `cell ${key}`, sign),
      make("div", "", make("h2", "", `${pack} `, make("small", "", version)), make("ul", "chips", ...where(cell).map((one) => make("li", "", one)))), shut)];
    const verdict = make("div", `verdict ${key}`, make("b", "", QUIET.has(key) ? `${word}: ${says}` : why(cell)));
    const state = text(cell[STATE]), cause = text(cell[CAUSE]);
    verdict.append(make("span", "quiet", [`${word}`, state !== "passed" && state !== "unknown" ? state : "", BLAMES[cause] || ""].filter(Boolean).join(" · ")));
    const more = [...cell[STALE], ...cell[REASONS]].map(text).filter((one) => one !== why(cell));
    if (more.length) verdict.append(make("ul", "why", ...more.map((one) => make("li", "", one))));
    body.push(verdict);
    const rung = RUNGS.indexOf(text(cell[RUNG]));
    body.push(make("ol", `ladder${key === "proven" ? " tested-ok" : ""}`, ...RUNGS.map((one, at) => make("li", at === rung ? "here" : at < rung ? "below" : "", one))));
    body[body.length - 1].setAttribute("aria-label", `Evidence: ${text(cell[RUNG])}`);
    if (cell[FAILURE]) {
      const [kind, , details, findings] = cell[FAILURE];
      if (details.length || findings.length) body.push(...section(`Failure: ${text(kind)}`, pairs(details.map(([name, value]) => [text(name), text(value)])), findings.length ? make("ul", "why", ...findings.map((one) => make("li", "", text(one)))) : null).filter(Boolean));
    }
    if (!QUIET.has(key)) body.push(...compared(number));
    if (cell[EVIDENCE]) {
      const [command, , packDigest, coreDigest, interpreter, seconds, logDigest, log, at, by] = cell[EVIDENCE];
      if (log) body.push(...section("End of the log", make("div", "log", make("pre", "", text(log)), copying(text(log)))));
      const when = new Date(text(at));
      body.push(...section("Evidence", pairs([
        ["taken", Number.isNaN(+when) ? text(at) : `${when.toISOString().slice(0, 16).replace("T", " ")} UTC`], ["by", text(by)], ["from", text(cell[ORIGIN])],
        ["took", `${seconds} s`], ["command", text(command)], ["pack", text(packDigest)], ["core", text(coreDigest)], ["log", hex(logDigest)],
        ["other results", cell[OLDER] ? `${cell[OLDER]} that count no more` : ""],
      ])));
      body.push(...section("Interpreter", pairs(data.interpreters[interpreter].map(([name, value]) => [text(name), text(value)]))));
      const installed = [...wheels(cell)].sort((one, two) => (one[0] < two[0] ? -1 : 1));
      const rows = installed.map(([name, [number, digest]]) => make("tr", "", make("td", "", name), make("td", "", number), make("td", "d", digest ? digest.replace("sha256:", "").slice(0, 12) : "")));
      const list = make("details", "", make("summary", "", `Installed: ${installed.length} distributions`), make("table", "", make("tbody", "", ...rows)));
      body.push(list);
    } else body.push(make("p", "quiet", "Nothing was run for this cell, so there is no evidence."));
    aside.replaceChildren(...body);
    aside.hidden = false;
    aside.scrollTop = 0;
    document.body.classList.add("open");
    remember();
  };
  document.querySelectorAll("details.panel").forEach((panel) => { if (panel.querySelectorAll("tbody tr").length <= 4 && rows.length <= 12) panel.open = true; });
  window.addEventListener("hashchange", recall);
  recall();
})();
