/* The list of all findings: facets, search, order, groups, sums, and a link to each of them. */
(async () => {
  const home = document.getElementById("findings");
  const packed = document.getElementById("findings-index");
  if (!home || !packed || typeof DecompressionStream === "undefined") return;
  const { COUNTED, Model, QUICK, columns, unzipped } = findingsModel;
  const STEP = 100, VALUES = 8, MANY = 500;
  const SORTS = { money: "$ a month", action: "Action", name: "Resource", account: "Account", region: "Region", effort: "Effort", risk: "Risk", age: "First seen" };
  const GROUPS = { check: "check", account: "account", owner: "owner", resource: "resource" };
  const dollars = (units) => (units / 10000).toLocaleString("en-US", { style: "currency", currency: "USD" });
  const whole = (count) => count.toLocaleString("en-US");
  const plural = (count, one) => `${whole(count)} ${one}${count === 1 ? "" : "s"}`;
  const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);
  const words = (name) => name.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();

  /* Text only ever becomes text: nothing here makes markup of what AWS or anybody said. */
  const make = (tag, given = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(given)) {
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (value === true) made.setAttribute(name, "");
      else if (value !== false && value !== undefined) made.setAttribute(name, value);
    }
    made.append(...children.filter((child) => child !== undefined && child !== ""));
    return made;
  };

  const model = new Model(columns(await unzipped(packed.textContent)));
  const chunks = [...document.querySelectorAll("script.details")];
  const chunkSize = Number(home.dataset.chunk);
  const opened = new Map();
  const fragment = async (row) => {
    const number = Math.floor(row / chunkSize);
    if (number >= chunks.length) return undefined;
    if (!opened.has(number)) opened.set(number, unzipped(chunks[number].textContent).then(JSON.parse));
    const html = (await opened.get(number))[row % chunkSize];
    return new DOMParser().parseFromString(html, "text/html").body.firstElementChild;  // the report escaped it when it was written
  };

  const state = { sort: "money", down: true, group: "", shown: STEP, open: "", query: "" };
  const selected = new Set(), unfolded = new Set();
  const whatIf = home.dataset.whatIf === "yes";

  /* Where we are stands in the address, so that it can be sent to somebody. */
  const address = () => {
    const parts = [];
    for (const { key, chosen } of model.facets) if (key === "counts" ? [...chosen].join() !== String(COUNTED) : chosen.size)
      parts.push(`${key}=${[...chosen].map(encodeURIComponent).join(",")}`);
    if (state.query) parts.push(`q=${encodeURIComponent(state.query)}`);
    if (state.sort !== "money" || !state.down) parts.push(`sort=${state.down ? "-" : ""}${state.sort}`);
    if (state.group) parts.push(`group=${state.group}`);
    if (state.open) parts.push(`finding=${state.open}`);
    return parts.length ? `#${parts.join("&")}` : "#findings";
  };
  const remember = () => history.replaceState(null, "", address());
  const decoded = (text) => { try { return decodeURIComponent(text); } catch { return text; } };  // a link that was cut is still a link
  const obey = () => {
    if (home.dataset.ready && !location.hash.includes("=")) return;  // to another section: what was chosen stays
    const given = new Map(location.hash.slice(1).split("&").filter((part) => part.includes("=")).map((part) => {
      const at = part.indexOf("=");
      return [part.slice(0, at), part.slice(at + 1)];
    }));
    const list = (key) => (given.has(key) ? given.get(key).split(",").map(decoded) : []);
    const row = given.has("finding") ? model.find(given.get("finding")) : -1;
    for (const facet of model.facets) {
      const wanted = given.has("quick") && (facet.key === "effort" || facet.key === "risk") ? QUICK : list(facet.key);
      model.choose(facet.key, facet.key === "counts" && !given.has("counts") ? [String(row < 0 ? COUNTED : model.table.p[row])] : wanted);
    }
    state.query = decoded(given.get("q") ?? "");
    model.search(state.query);
    const sort = given.get("sort") ?? "-money";
    state.sort = SORTS[sort.replace("-", "")] ? sort.replace("-", "") : "money";
    state.down = sort.startsWith("-");
    state.group = GROUPS[given.get("group")] ? given.get("group") : "";
    state.open = row < 0 ? "" : model.table.ids[row];
    state.shown = STEP;
    box.value = state.query;
    draw();
    if (given.size) (row < 0 ? home : document.getElementById(`finding-${state.open}`) ?? home).scrollIntoView();
  };
  const changed = () => { state.shown = STEP; draw(); remember(); };

  /* One finding. */
  const explain = (row) => `finops explain ${model.table.ids[row]}`;
  const inShort = (row) => {
    const [check, title, type, , effort, risk] = model.kind(row);
    const pair = ([name, value]) => [make("dt", {}, name), make("dd", {}, value)];
    return make("div", { class: "body" },
      make("div", { class: "wide" }, make("p", {}, `${title}. What was compared, the prices and the command do not fit into this page: report.json has them, and this command shows them:`), make("pre", {}, explain(row))),
      make("dl", {}, ...Object.entries({ check, "resource type": type, effort: words(effort), risk: words(risk), confidence: model.confidence(row), id: model.table.ids[row] }).flatMap(pair)));
  };
  const entry = (row) => {
    const table = model.table, id = table.ids[row], [account, accountName] = model.account(row), lifecycle = model.state(row);
    const counted = table.p[row] === COUNTED;
    const amount = table.p[row] === 1 ? "unpriced" : dollars(table.l[row]);
    const summary = make("summary", {}, make("span", { class: "row" },
      make("span", { class: counted ? "amount" : "amount none" }, amount),
      make("span", { class: "action" }, sentence(words(model.kind(row)[3]))),
      make("span", { class: "what" }, make("b", { dir: "auto" }, model.name(row)), table.n[row] ? make("code", {}, table.r[row]) : "", make("span", {}, model.kind(row)[1]),
        counted ? "" : make("span", {}, sentence(model.place(row)))),
      make("span", { class: "where" }, make("span", {}, accountName || account), accountName ? make("span", {}, account) : "", make("span", {}, model.region(row)), model.owner(row) ? make("span", { dir: "auto" }, model.owner(row)) : ""),
      make("span", { class: "state" }, whatIf && lifecycle !== "suppressed" ? "" : make("span", { class: `tag ${lifecycle}` }, lifecycle))));
    const details = make("details", { class: "finding", id: `finding-${id}` }, summary);
    details.addEventListener("toggle", async () => {
      if (details.open && details.childElementCount === 1) {
        details.append(await fragment(row) ?? inShort(row));
        details.querySelector(".body").append(make("div", { class: "wide tools" },
          button("Copy a link to it", () => copy(`${location.href.split("#")[0]}#finding=${id}`, "The link is copied.")),
          details.querySelector("pre") ? button("Copy the command", () => copy(details.querySelector("pre").textContent, "The command is copied.")) : ""));
      }
      if (details.open !== (state.open === id)) { state.open = details.open ? id : ""; remember(); }
    });
    const mark = make("input", { type: "checkbox", "aria-label": `Select ${model.name(row)}`, onchange: () => { mark.checked ? selected.add(row) : selected.delete(row); tell(); } });
    mark.checked = selected.has(row);
    if (state.open === id) details.open = true;
    return make("div", { class: "entry" }, mark, details);
  };

  /* What is above the list. */
  const button = (text, onclick, given = {}) => make("button", { type: "button", onclick, ...given }, text);
  const box = make("input", { id: "search", type: "search", autocomplete: "off", placeholder: "Name, id, account, owner, check …" });
  let typing;
  box.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(() => { state.query = box.value.trim(); model.search(state.query); changed(); }, 80); });
  const status = make("p", { class: "status", role: "status" });
  const news = make("span", { class: "soft", role: "status" });
  const groupBy = make("select", { id: "group", onchange: () => { state.group = groupBy.value; changed(); } },
    make("option", { value: "" }, "nothing"), ...Object.entries(GROUPS).map(([key, title]) => make("option", { value: key }, title)));
  const sortBy = make("select", { id: "sort", onchange: () => { state.sort = sortBy.value; state.down = state.sort === "money" || state.sort === "risk"; changed(); } },
    ...Object.entries(SORTS).map(([key, title]) => make("option", { value: key }, title)));
  const turn = button("↓", () => { state.down = !state.down; changed(); });
  const copy = async (text, said) => {
    try { await navigator.clipboard.writeText(text); } catch {
      const area = make("textarea", { class: "hidden", "aria-hidden": "true" });
      area.value = text; document.body.append(area); area.select(); document.execCommand("copy"); area.remove();
    }
    news.textContent = said;
  };
  const meant = () => (selected.size ? [...selected].sort((a, b) => a - b) : model.rows(state.sort, state.down));
  const commands = async () => {
    const rows = meant(), parts = [];
    for (const row of rows) parts.push((await fragment(row))?.querySelector("pre")?.textContent || explain(row));
    copy(`${parts.join("\n\n")}\n`, `${plural(rows.length, "command")} copied.`);
  };
  const cell = (value) => {
    const text = /^[=+\-@\t\r\n\0＝＋－＠]/.test(value) ? `'${value}` : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const download = () => {
    const head = ["$ a month", "low", "high", "counted", "action", "resource", "resource id", "account", "account name", "region", "owner", "check", "effort", "risk", "confidence", "state", "first seen", "finding id"];
    const { table } = model, usd = (units) => (units / 10000).toFixed(4);
    const lines = meant().map((row) => {
      const [check, , , action, effort, risk] = model.kind(row);
      const texts = [model.place(row), action, model.name(row), table.r[row], ...model.account(row), model.region(row), model.owner(row), check, effort, risk, model.confidence(row), model.state(row), model.firstSeen(row), table.ids[row]];
      return [usd(table.l[row]), usd(table.l[row] - table.w[row]), usd(table.l[row] + table.u[row]), ...texts.map(cell)].join(",");
    });
    const link = make("a", { href: URL.createObjectURL(new Blob(["\ufeff", [head.join(","), ...lines].join("\r\n"), "\r\n"], { type: "text/csv" })), download: "findings.csv" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  };
  const tell = () => {
    const sum = model.sums.value(), range = sum.low === sum.high ? "" : ` (${dollars(sum.low)} to ${dollars(sum.high)})`;
    const outside = sum.count - sum.counted;
    status.textContent = `${plural(sum.count, "finding")} of ${whole(model.table.count)}, ${dollars(sum.likely)} a month${range}${outside && sum.counted ? `; ${whole(outside)} of them not in the sum` : ""}.`;
    if (selected.size) status.textContent += ` Selected: ${whole(selected.size)}, ${dollars([...selected].reduce((all, row) => all + model.money(row), 0))} a month.`;
    actions[0].textContent = selected.size ? `Copy the commands of the ${whole(selected.size)} selected` : "Copy the commands";
    actions[1].textContent = selected.size ? `Download the ${whole(selected.size)} selected as CSV` : "Download as CSV";
    actions[3].hidden = !selected.size;
  };
  const actions = [
    button("", commands), button("", download), button("Copy a link to this selection", () => { remember(); copy(location.href, "The link is copied."); }),
    button("Select none", () => { selected.clear(); for (const mark of list.querySelectorAll(":scope .entry > input")) mark.checked = false; tell(); }),
  ];
  const shownFacets = model.facets.filter((facet) => facet.texts.length > 1 && !(whatIf && facet.key === "state"));
  const reset = button("Clear all filters", () => { for (const facet of model.facets) model.choose(facet.key, facet.key === "counts" ? [String(COUNTED)] : []); state.query = box.value = ""; model.search(""); changed(); });
  const sides = shownFacets.map((facet) => {
    const body = make("div", { class: "values" });
    const title = make("summary", {}, facet.title);
    return { facet, body, title, part: make("details", { open: ["state", "service", "account", "owner", "action"].includes(facet.key) }, title, body) };
  });
  const side = make("details", { class: "facets" }, make("summary", {}, "Filters"), ...sides.map(({ part }) => part), reset);
  side.open = window.innerWidth > 820;
  const list = make("div", { class: "panel findings" });

  const drawFacet = ({ facet, body, title }) => {
    const sums = facet.sums.all().filter(({ key, value }) => value.count || facet.chosen.has(facet.values[key]));
    sums.sort((a, b) => b.value.money - a.value.money || b.value.count - a.value.count);
    title.textContent = facet.chosen.size && facet.key !== "counts" ? `${facet.title} (${facet.chosen.size})` : facet.title;
    const focused = document.activeElement?.dataset?.value, inside = body.contains(document.activeElement);
    const some = unfolded.has(facet.key) ? sums.slice(0, MANY) : sums.slice(0, VALUES).concat(sums.slice(VALUES).filter(({ key }) => facet.chosen.has(facet.values[key])));
    body.replaceChildren(...some.map(({ key, value }) => {
      const mark = make("input", { type: "checkbox", "data-value": facet.values[key], onchange: () => {
        const chosen = new Set(facet.chosen);
        mark.checked ? chosen.add(facet.values[key]) : chosen.delete(facet.values[key]);
        model.choose(facet.key, [...chosen]);
        changed();
      } });
      mark.checked = facet.chosen.has(facet.values[key]);
      return make("label", {}, mark, make("span", { dir: "auto" }, facet.texts[key]), make("span", { class: "soft num" }, whole(value.count)), make("span", { class: "num" }, dollars(value.money)));
    }));
    if (sums.length > some.length) body.append(unfolded.has(facet.key) ? make("p", { class: "soft" }, `and ${whole(sums.length - some.length)} more: search for them`)
      : button(`All ${whole(sums.length)}`, () => { unfolded.add(facet.key); drawFacet({ facet, body, title }); }));
    if (inside && focused !== undefined) [...body.querySelectorAll("input")].find((mark) => mark.dataset.value === focused)?.focus();
  };
  const draw = () => {
    sides.forEach(drawFacet);
    tell();
    sortBy.value = state.sort; groupBy.value = state.group;
    turn.textContent = state.down ? "↓" : "↑";
    turn.setAttribute("aria-label", state.down ? "Largest or last first" : "Smallest or first first");
    const rows = model.rows(state.sort, state.down);
    const more = (count, step) => (count > state.shown ? [button(`Show ${whole(Math.min(step, count - state.shown))} more of ${whole(count)}`, () => { state.shown += step; draw(); }, { class: "more" })] : []);
    if (!rows.length) list.replaceChildren(make("p", { class: "nothing soft" }, "No finding matches. "));
    else if (state.group) {
      const groups = model.groups(state.group, rows);
      list.replaceChildren(...groups.slice(0, state.shown).map((group) => {
        const part = make("details", { class: "group" }, make("summary", {}, make("b", { dir: "auto" }, group.title), make("span", { class: "soft" }, plural(group.rows.length, "finding")), make("span", { class: "amount" }, dollars(group.money))));
        part.addEventListener("toggle", () => {
          if (part.open && part.childElementCount === 1) part.append(...group.rows.slice(0, STEP).map(entry), group.rows.length > STEP ? make("p", { class: "soft nothing" }, `and ${whole(group.rows.length - STEP)} more: filter for them`) : "");
        });
        return part;
      }), ...more(groups.length, STEP));
    } else {
      const openRow = state.open ? model.find(state.open) : -1;
      if (openRow >= 0) { const at = rows.indexOf(openRow); if (at >= state.shown) state.shown = at + 1; if (state.shown > 2000) { rows.splice(at, 1); rows.unshift(openRow); state.shown = STEP; } }
      list.replaceChildren(make("div", { class: "row head", "aria-hidden": "true" }, make("span", { class: "num" }, "$ a month"), make("span", {}, "Action"), make("span", {}, "Resource"), make("span", {}, "Where"), make("span")),
        ...rows.slice(0, state.shown).map(entry), ...more(rows.length, STEP));
    }
  };

  home.replaceChildren(
    make("div", { class: "tools" }, make("label", { class: "hidden", for: "search" }, "Search the findings"), box,
      make("label", { for: "sort" }, "Sort by"), sortBy, turn, make("label", { for: "group" }, "Group by"), groupBy),
    status, make("div", { class: "tools" }, ...actions, news), make("div", { class: "explorer" }, side, list));
  const files = document.getElementById("files");
  if (location.protocol === "file:" && files?.dataset.local === "yes") files.append(" Here they lie beside this page: ", make("a", { href: "report.json" }, "report.json"), ", ", make("a", { href: "report.csv" }, "report.csv"), ".");
  obey();
  window.addEventListener("hashchange", obey);
  home.dataset.ready = "yes";
})();
