// Tables of the document can be sorted by a column, and searched. Rows whose first cell is empty go
// on with the row above, and stay with it. Paper has every row, in its own order.

/** A table of fewer rows is read at a glance. */
const FEWEST_ROWS = 12;

/** The rows of a table as groups that stay together. */
function groupRows(body) {
  const groups = [];
  for (const row of body.rows) {
    if (groups.length && row.cells[0].textContent.trim() === "") {
      groups.at(-1).push(row);
    } else {
      groups.push([row]);
    }
  }
  return groups;
}

/** What a cell is sorted by: a number where it begins with one, else its text. */
function readCell(group, place) {
  const text = (group[0].cells[place]?.textContent ?? "").trim();
  const plain = text
    .replaceAll(MINUS, "-")
    .replace(/,(?=\d{3})/g, "")
    .replace(/·10(-?\d+)/, "e$1");
  const found = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?/.exec(
    plain.replace(/^(?:below|above|at (?:most|least)) /, ""),
  );
  return { text, number: found ? Number(found[0]) : null };
}

function compareCells(a, b) {
  if (a.number !== null && b.number !== null) {
    return a.number - b.number;
  }
  return Number(a.number === null) - Number(b.number === null) || a.text.localeCompare(b.text);
}

/**
 * Sorts groups by a column: way 1 ascending, -1 descending, 0 as in the document. Empty cells come
 * last.
 */
function sortGroups(groups, place, way) {
  if (way === 0) {
    return groups;
  }
  const keyed = groups.map((group) => ({ group, key: readCell(group, place) }));
  const empty = ({ key }) => Number(key.text === "");
  keyed.sort((a, b) => empty(a) - empty(b) || way * compareCells(a.key, b.key));
  return keyed.map(({ group }) => group);
}

/** A heading that sorts by its column; `sort` is told the way. */
function makeSortable(cell, sort) {
  const button = make("button", { type: "button", class: "try-sort" });
  button.append(...cell.childNodes);
  cell.append(button);
  let way = 0;
  button.addEventListener("click", () => {
    way = way === 0 ? 1 : way === 1 ? -1 : 0;
    sort(way, cell);
  });
  return () => {
    way = 0;
  };
}

function enhanceTable(table, number) {
  const [body] = table.tBodies;
  const groups = groupRows(body);
  const heads = [...table.tHead.rows[0].cells].filter((cell) => cell.scope === "col");
  const lay = (order) => body.append(...order.flat());
  const forget = heads.map((cell) =>
    makeSortable(cell, (way) => {
      heads.forEach((other, i) => {
        other.removeAttribute("aria-sort");
        if (other !== cell) {
          forget[i]();
        }
      });
      if (way !== 0) {
        cell.setAttribute("aria-sort", way > 0 ? "ascending" : "descending");
      }
      lay(sortGroups(groups, cell.cellIndex, way));
    }),
  );
  table.before(buildSearch(table, groups, number));
  addEventListener("beforeprint", () => lay(groups));
}

/** A field that leaves rows with a text, and tells how many these are. */
function buildSearch(table, groups, number) {
  const id = `try-search-${number}`;
  const field = make("input", { type: "search", id, autocomplete: "off" });
  const said = make("span", { role: "status", class: "remark" });
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    const fits = (group) => group.some((row) => row.textContent.toLowerCase().includes(wanted));
    const kept = groups.filter(fits);
    groups.forEach((group) =>
      group.forEach((row) => row.classList.toggle("try-left-out", !kept.includes(group))),
    );
    said.textContent = wanted === "" ? "" : `${kept.length} of ${groups.length}`;
  });
  const name = table.caption?.textContent || "this table";
  const label = make(
    "label",
    { for: id },
    "Search",
    make("span", { class: "try-unseen" }, ` ${name}`),
  );
  return make("p", { class: "try-search" }, label, " ", field, " ", said);
}

function enhanceTables() {
  const tables = [...document.querySelectorAll("main section:not(#try-section) table")];
  tables
    .filter(
      (table) => table.tHead && !table.matches(".chart, .heat") && !table.closest(".card, .part"),
    )
    .filter((table) => table.tBodies[0].rows.length >= FEWEST_ROWS)
    .forEach(enhanceTable);
}
