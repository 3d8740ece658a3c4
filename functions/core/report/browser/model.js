/* The index of a report's findings, decoded: columns of numbers, what they stand for, and who passes which filter. No page is needed here. */
const findingsModel = (() => {
  const PLACES = ["in the sum", "no known price", "to tidy up", "counted by another finding", "suppressed"];
  const COUNTED = 0;
  const LEVELS = ["VeryLow", "Low", "Medium", "High"];
  const QUICK = ["VeryLow", "Low"];

  /* packed.py: base 85 with a comma for "<". */
  const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;,=>?@^_`{|}~";
  const bytes = (text) => {
    const digits = new Uint8Array(128);
    for (let digit = 0; digit < 85; digit++) digits[ALPHABET.charCodeAt(digit)] = digit;
    const missing = (5 - (text.length % 5)) % 5, made = new Uint8Array(((text.length + missing) / 5) * 4);
    for (let from = 0, to = 0; from < text.length; from += 5) {
      let number = 0;
      for (let next = from; next < from + 5; next++) number = number * 85 + (next < text.length ? digits[text.charCodeAt(next)] : 84);
      made[to++] = number >>> 24; made[to++] = (number >>> 16) & 255; made[to++] = (number >>> 8) & 255; made[to++] = number & 255;
    }
    return made.subarray(0, made.length - missing);
  };
  const unzipped = async (text) => new Response(new Blob([bytes(text)]).stream().pipeThrough(new DecompressionStream("gzip"))).text();

  /* JSON lines: blocks of columns, and last the names. */
  const columns = (text) => {
    const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line));
    const names = lines.pop(), keys = [...names.columns], amount = keys.indexOf("l");
    let count = 0;
    for (let from = 0; from < lines.length; from += keys.length) count += lines[from + amount].length;
    const made = { count, ids: [], r: [], n: [], names };
    for (const key of "lwukagocspd") made[key] = new Float64Array(count);
    for (let from = 0, row = 0; from < lines.length; from += keys.length) {
      const block = Object.fromEntries(keys.map((key, number) => [key, lines[from + number]]));
      const size = block.l.length, digits = block.i.length / size;
      for (let at = 0; at < block.i.length; at += digits) made.ids.push(block.i.slice(at, at + digits));
      for (const key of "rn") for (const text of block[key]) made[key].push(text);
      for (const key of "lwukagocspd") made[key].set(block[key], row);
      row += size;
    }
    for (let row = 0, before = 0; row < count; row++) before = made.l[row] = before - made.l[row];
    return made;
  };

  /* The facets: each a number for every finding, and the text of each number. */
  const facetsOf = (table) => {
    const { kinds, accounts, regions, owners, confidences, states, services } = table.names;
    const ofKind = (key, title, read, show = (text) => text) => {
      const values = [...new Set(kinds.map(read))];
      const numbers = kinds.map((kind) => values.indexOf(read(kind)));
      const of = Uint32Array.from(table.k, (kind) => numbers[kind]);
      return { key, title, texts: values.map(show), of, values };
    };
    const direct = (key, title, column, values, show = (text) => text) =>
      ({ key, title, texts: values.map(show), of: Uint32Array.from(column), values });
    const words = (name) => name.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
    return [
      direct("state", "Since the last sweep", table.s, states),
      ofKind("service", "Service", (kind) => kind[2].split(":")[0], (id) => services[id] ?? id),
      direct("account", "Account", table.a, accounts.map(([id]) => id), (id) => {
        const name = accounts.find(([one]) => one === id)[1];
        return name ? `${name} (${id})` : id;
      }),
      direct("owner", "Owner", table.o, owners, (owner) => owner || "nobody"),
      ofKind("action", "Action", (kind) => kind[3], words),
      ofKind("effort", "Effort", (kind) => kind[4], words),
      ofKind("risk", "Risk", (kind) => kind[5], words),
      direct("confidence", "Confidence", table.c, confidences),
      direct("region", "Region", table.g, regions),
      ofKind("check", "Check", (kind) => kind[0]),
      direct("counts", "Counted", table.p, PLACES.map((_, place) => String(place)), (place) => PLACES[place]),
    ];
  };

  class Model {
    constructor(table) {
      this.table = table;
      this.facets = facetsOf(table);
      this.byKey = Object.fromEntries(this.facets.map((facet) => [facet.key, facet]));
      this.records = crossfilter(Array.from({ length: table.count }, (_, row) => row));
      this.words = [];
      const money = (row) => (table.p[row] === COUNTED ? table.l[row] : 0);
      this.money = money;
      for (const facet of this.facets) {
        facet.chosen = new Set();
        facet.dimension = this.records.dimension((row) => facet.of[row]);
        facet.sums = facet.dimension.group().reduce(
          (sum, row) => { sum.count++; sum.money += money(row); return sum; },
          (sum, row) => { sum.count--; sum.money -= money(row); return sum; },
          () => ({ count: 0, money: 0 }),
        );
      }
      this.text = this.records.dimension((row) => row);
      const add = (sign) => (sum, row) => {
        sum.count += sign;
        if (table.p[row] === COUNTED) {
          sum.counted += sign; sum.likely += sign * table.l[row];
          sum.low += sign * (table.l[row] - table.w[row]); sum.high += sign * (table.l[row] + table.u[row]);
        }
        return sum;
      };
      this.sums = this.records.groupAll().reduce(add(1), add(-1), () => ({ count: 0, counted: 0, likely: 0, low: 0, high: 0 }));
    }

    kind(row) { return this.table.names.kinds[this.table.k[row]]; }
    name(row) { return this.table.n[row] || this.table.r[row]; }
    account(row) { return this.table.names.accounts[this.table.a[row]]; }
    region(row) { return this.table.names.regions[this.table.g[row]]; }
    owner(row) { return this.table.names.owners[this.table.o[row]]; }
    state(row) { return this.table.names.states[this.table.s[row]]; }
    confidence(row) { return this.table.names.confidences[this.table.c[row]]; }
    firstSeen(row) { return this.table.names.days[this.table.d[row]]; }
    place(row) { return PLACES[this.table.p[row]]; }

    /* The row of an id, of which the first digits are enough; -1 where there is none. */
    find(id) { return id.length < 6 ? -1 : this.table.ids.findIndex((own) => own.startsWith(id) || id.startsWith(own)); }

    /* What there is none of is chosen, too: then nothing passes, and nobody takes everything for what was asked for. */
    choose(key, values) {
      const facet = this.byKey[key];
      facet.chosen = new Set(values);
      const numbers = new Set(values.map((value) => facet.values.indexOf(value)));
      if (numbers.size) facet.dimension.filterFunction((number) => numbers.has(number));
      else facet.dimension.filterAll();
    }

    /* Every word has to be in what a row says. What the rows say is put together when it is first needed. */
    search(words) {
      this.words = words.toLowerCase().split(/\s+/).filter(Boolean);
      if (!this.words.length) return this.text.filterAll();
      this.said ??= Array.from({ length: this.table.count }, (_, row) =>
        [this.table.ids[row], this.table.r[row], this.table.n[row] || "", ...this.account(row), this.region(row), this.owner(row), this.kind(row).join(" ")].join(" ").toLowerCase());
      const { said, words: wanted } = this;
      return this.text.filterFunction((row) => wanted.every((word) => said[row].includes(word)));
    }

    /* Rows by a column: numbers that sort as the column does, made when they are first asked for. */
    order(column) {
      this.orders ??= {};
      const byText = (text) => {
        const sorted = Array.from({ length: this.table.count }, (_, row) => [text(row), row]).sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1]));
        const places = new Uint32Array(this.table.count);
        let place = 0;
        sorted.forEach(([text, row], number) => { if (number && sorted[number - 1][0] !== text) place++; places[row] = place; });
        return places;
      };
      const level = (facet) => Uint32Array.from(facet.of, (number) => LEVELS.indexOf(facet.values[number]));
      return (this.orders[column] ??=
        column === "money" ? this.table.l
          : column === "name" ? byText((row) => this.name(row).toLowerCase())
            : column === "age" ? byText((row) => this.firstSeen(row))
              : column === "effort" || column === "risk" ? level(this.byKey[column])
                : byText((row) => this.byKey[column].texts[this.byKey[column].of[row]].toLowerCase()));
    }

    /* The rows that pass every filter, in order; of two alike the more valuable first, as the report has them. */
    rows(column = "money", descending = true) {
      const passing = this.records.allFiltered();
      if (column === "money" && descending) return passing;  // as they came
      const order = this.order(column), sign = descending ? -1 : 1;
      return passing.sort((a, b) => sign * (order[a] - order[b]) || a - b);
    }

    /* What passes, by one thing: [title, rows], those with the most money first. */
    groups(by, rows) {
      const facet = this.byKey[by];
      const title = facet ? (row) => facet.texts[facet.of[row]] : (row) => `${this.name(row)} (${this.account(row)[0]} ${this.region(row)})`;
      const key = facet ? (row) => facet.of[row] : (row) => `${this.table.r[row]} ${this.table.a[row]} ${this.table.g[row]}`;
      const made = new Map();
      for (const row of rows) {
        const one = made.get(key(row)) ?? made.set(key(row), { title: title(row), rows: [], money: 0 }).get(key(row));
        one.rows.push(row);
        one.money += this.money(row);
      }
      return [...made.values()].sort((a, b) => b.money - a.money || b.rows.length - a.rows.length);
    }
  }

  return { COUNTED, QUICK, Model, bytes, columns, unzipped };
})();
