// What would change the decision, shown: the cut-off, the columns that may change, and the nearest
// ways.

/** Links whose output a cut-off can be set on: output from score, and back. */
const LINKS = {
  identity: [(s) => s, (y) => y],
  sigmoid: [(s) => 1 / (1 + Math.exp(-s)), (y) => Math.log(y / (1 - y))],
  complement: [(s) => 1 / (1 + Math.exp(s)), (y) => Math.log((1 - y) / y)],
  exp: [Math.exp, Math.log],
  expm1: [Math.expm1, Math.log1p],
  softplus: [
    (s) => Math.max(s, 0) + Math.log1p(Math.exp(-Math.abs(s))),
    (y) => y + Math.log(-Math.expm1(-y)),
  ],
  tanh: [Math.tanh, Math.atanh],
  logit: [(s) => Math.log(s / (1 - s)), (y) => 1 / (1 + Math.exp(-y))],
};

/** The output that the cut-off is of, at a score. */
function readOutput(value) {
  return LINKS[PAGE.outputs[PAGE.decided].link][0](value);
}

/** The field of the cut-off, where one score decides, and the columns that may change. */
function buildChanges(show) {
  const output = PAGE.decided === null ? null : PAGE.outputs[PAGE.decided];
  find("try-cutoff").hidden = output === null;
  if (output !== null) {
    buildCutoff(output, show);
  }
  for (const column of COLUMNS_READ) {
    const box = make("input", { type: "checkbox", checked: true });
    box.addEventListener("change", () => {
      form.fixed[box.checked ? "delete" : "add"](column);
      show();
    });
    find("try-free").append(make("label", {}, box, " ", PAGE.columns[column].name));
  }
}

function buildCutoff(output, show) {
  const field = find("try-cutoff-value");
  const [, invert] = LINKS[output.link];
  find("try-cutoff-name").textContent = `Cut-off of ${output.name}`;
  field.value = cutoff.own === null ? "" : PAGE.cutoff;
  field.addEventListener("input", () => {
    const value = readPlainNumber(field.value.trim());
    const found = value === undefined ? NaN : invert(value);
    const bad = field.value.trim() !== "" && !Number.isFinite(found);
    field.setAttribute("aria-invalid", String(bad));
    if (!bad) {
      const own = field.value.trim() === "" || value === PAGE.cutoff;
      cutoff.score = own ? cutoff.own : found;
      show();
    }
  });
}

/** The nearest changes of each column, and of two. */
function showChanges() {
  const answer = answerRow(form.values);
  if (answer === null || answer.side === null) {
    const cut = "Set a cut-off to see what would change sides.";
    const open = PAGE.decided === null ? "There is no one cut-off." : cut;
    find("try-changes-said").textContent = answer === null ? "The row has no answer." : open;
    find("try-changes").replaceChildren();
    return;
  }
  const free = COLUMNS_READ.filter((column) => !form.fixed.has(column));
  const single = findSingleChanges(form.values, answer.side, free);
  const nearest = single.length ? single[0].distance : Infinity;
  const pair = findPairChange(form.values, answer.side, free, nearest);
  const now = `Now ${nameSide(answer.side)}. `;
  const ways = "Any one of these makes it something else:";
  find("try-changes-said").textContent =
    now + (single.length ? ways : "No column alone changes that.");
  find("try-changes").replaceChildren(
    ...(single.length ? [tabulateChanges(single)] : []),
    describePair(pair, single.length),
  );
}

function tabulateChanges(changes) {
  const rows = changes.map(({ column, value, distance }) => {
    const moved = changeValue(form.values, column, value);
    return make(
      "tr",
      {},
      make("th", { scope: "row" }, PAGE.columns[column].name),
      make("td", {}, describeValue(column, form.values[column])),
      make("td", {}, describeExactly(column, value)),
      make("td", {}, nameSide(answerRow(moved).side)),
      make("td", { class: "number" }, formatNumber(distance, 2)),
      make("td", {}, makeUse(moved, PAGE.columns[column].name)),
    );
  });
  const names = ["Column", "Now", "Would be", "Then", "Distance"];
  const head = names.map((name, i) =>
    make("th", { scope: "col", class: i === 4 && "number" }, name),
  );
  return make(
    "table",
    {},
    make("caption", {}, "Changes of one column, the nearest first"),
    make("thead", {}, make("tr", {}, ...head, make("td", {}))),
    make("tbody", {}, ...rows),
  );
}

/** A button that takes a change over into the form. */
function makeUse(values, what) {
  const button = make(
    "button",
    { type: "button", "aria-label": `Try it with this ${what}` },
    "Try",
  );
  button.addEventListener("click", () => {
    setValues(values, () => page.show());
    find("try-headline").focus();
  });
  return button;
}

function describePair({ best, whole }, single) {
  if (best === null) {
    const none = single
      ? "No change of two columns is nearer."
      : "No change of two columns does either.";
    const open = "There are too many lines to look for changes of two columns.";
    return make("p", { class: "remark" }, whole ? none : open);
  }
  const moved = best.changes.reduce(
    (values, { column, value }) => changeValue(values, column, value),
    form.values,
  );
  const parts = best.changes.map(({ column, value }) => {
    const now = describeValue(column, form.values[column]);
    return [
      make("b", {}, PAGE.columns[column].name),
      ` from ${now} to ${describeExactly(column, value)}`,
    ];
  });
  return make(
    "p",
    {},
    "Two columns together, nearer: ",
    ...parts[0],
    " and ",
    ...parts[1],
    ` (${nameSide(answerRow(moved).side)}, distance ${formatNumber(best.distance, 2)}) `,
    makeUse(moved, "pair"),
  );
}
