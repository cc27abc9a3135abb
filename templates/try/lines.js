// All lines in one table: sorted, searched, and filtered by whether they apply to the row.

const allLines = { rows: [], states: [] };

/** The words of a line; what it names is a link. */
function writeLine(number) {
  return (PAGE.lines[number - 1] ?? []).map(([text, anchor]) =>
    anchor === null ? text : make("a", { href: `#${anchor}` }, text),
  );
}

/** The table, closed at first; nothing for rules of which one applies, which the document lists. */
function buildLines() {
  if (!PAGE.additive || PAGE.lines.length === 0) {
    return;
  }
  PAGE.lines.forEach((_, i) => {
    const state = make("td", {});
    const head = make("th", { scope: "row", class: "number" }, String(i + 1));
    allLines.states.push(state);
    allLines.rows.push(make("tr", {}, head, make("td", {}, ...writeLine(i + 1)), state));
  });
  const heads = ["Line", "What it adds", "Applies"].map((name) =>
    make("th", { scope: "col", class: name === "Line" && "number" }, name),
  );
  const table = make(
    "table",
    { class: "try-lines" },
    make("caption", {}, "All lines, and whether they apply to this row"),
    make("thead", {}, make("tr", {}, ...heads)),
    make("tbody", {}, ...allLines.rows),
  );
  const only = make("input", { type: "checkbox", id: "try-only" });
  only.addEventListener("change", () => table.classList.toggle("try-only", only.checked));
  const filter = make("p", {}, make("label", {}, only, " Only those that apply to this row"));
  const place = find("try-lines");
  place.append(make("summary", {}, "All lines"), filter, table);
  place.hidden = false;
  enhanceTable(table, "lines");
}

/** Marks the lines of the row; numbers: of those that apply, as texts. */
function markLines(numbers) {
  allLines.rows.forEach((row, i) => {
    const applies = numbers.includes(String(i + 1));
    allLines.states[i].textContent = applies ? "yes" : "no";
    row.classList.toggle("try-applies", applies);
  });
}
