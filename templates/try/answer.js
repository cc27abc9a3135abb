// The answer for the row of the form: outputs, class, where the score comes from, reasons, lines.

/** So many parts have a bar of their own; the others are one. */
const MOST_BARS = 12;

/** The scores that are taken apart, of which one is shown: at first that of the class told. */
function buildViews(show) {
  const list = find("try-view");
  if (PAGE.class_outputs !== null) {
    list.append(make("option", { value: "" }, "that of the class above"));
  }
  list.append(...PAGE.views.map(({ label }, v) => make("option", { value: v }, label)));
  list.closest("p").hidden = PAGE.views.length < 2;
  list.addEventListener("change", show);
}

/** Which of the scores that are taken apart is shown. */
function chooseView({ found }) {
  const { value } = find("try-view");
  if (value !== "") {
    return Number(value);
  }
  const { name } = PAGE.outputs[placeOutput(found)];
  return Math.max(
    0,
    PAGE.views.findIndex(({ output }) => output === name),
  );
}

/** The whole answer, or why there is none. */
function showAnswer() {
  const answer = answerRow(form.values);
  find("try-answer").classList.toggle("try-none", answer === null);
  find("try-bar").textContent = describeBriefly(answer);
  if (answer === null) {
    find("try-headline").replaceChildren(...describeNothing(form.values));
    for (const id of ["try-gauge", "try-bars", "try-reasons", "try-applying"]) {
      find(id).replaceChildren();
    }
    markLines([]);
    return;
  }
  const explained = PAGE.views.length ? explain(makeRow(form.values)) : null;
  find("try-headline").replaceChildren(...describeOutputs(answer));
  find("try-gauge").replaceChildren(...drawGauge(answer));
  showBars(answer, explained);
  showReasons(answer, explained);
  showApplying(answer);
}

/** The answer in a few words, which stay in view on a small screen. */
function describeBriefly(answer) {
  if (answer === null) {
    return "No answer";
  }
  const place = placeOutput(answer.found);
  const output = PAGE.outputs[place];
  const value = output.is_class
    ? []
    : [`${output.name} ${formatOutput(answer.found[OUTPUTS[place]], output)}`];
  const label = readLabel(answer.found);
  return [...(label === null ? [] : [nameClass(label)]), ...value].join(" \u00b7 ");
}

/** Why a row has no outputs. */
function describeNothing(values) {
  const flaws = listFlaws(values);
  const why = flaws.length ? flaws.join("; ") : "it lies outside the domain";
  return [
    make("p", { class: "try-class" }, "No answer"),
    make("p", {}, `The rules say nothing of this row: ${why}.`),
  ];
}

/** What is wrong with the values of the form. */
function listFlaws(values) {
  return COLUMNS_READ.flatMap((i) => {
    const { name, low, high, fill, choices } = PAGE.columns[i];
    if (choices) {
      return choices[values[i]].admitted ? [] : [`${name} has a value outside the domain`];
    }
    const value = values[i] ?? fill;
    if (value === null) {
      return [`${name} is missing`];
    }
    const outside = (low !== null && value < low) || (high !== null && value > high);
    return outside ? [`${name} is outside ${describeRange(i)}`] : [];
  });
}

/** The class, and every output with its score. */
function describeOutputs({ found, scores, side }) {
  const label = readLabel(found);
  const said = [];
  if (label !== null || side !== null) {
    said.push(
      make("p", { class: "try-class" }, label === null ? nameSide(side) : nameClass(label)),
    );
  }
  const rows = PAGE.outputs
    .map((output, i) => [output.name, output, found[OUTPUTS[i]]])
    .filter(([, output]) => !output.is_class)
    .map(([name, output, value]) => [name, formatOutput(value, output), formatExact(value)]);
  if (PAGE.outputs.some((output) => output.link !== "identity" && !output.is_class)) {
    PAGE.scores.forEach((name, i) => {
      const term = nameTerm(name, "words", { "data-word": "score" });
      rows.push([term, formatNumber(scores[i]), formatExact(scores[i])]);
    });
  }
  const cells = rows.flatMap(([name, shown, exact]) => [
    make("dt", {}, name),
    make("dd", { class: "number", title: exact }, shown),
  ]);
  said.push(make("dl", { class: "try-outputs" }, ...cells));
  return said;
}

/** Where the output lies beside the cut-off. */
function drawGauge({ found, scores }) {
  if (cutoff.score === null) {
    return [];
  }
  const distance = PAGE.sign * (scores[PAGE.decider] - cutoff.score);
  const name = PAGE.scores[PAGE.decider];
  const side = distance > 0 ? "above" : "below";
  const said = `${formatNumber(Math.abs(distance))} ${side} the cut-off`;
  const output = PAGE.decided === null ? null : PAGE.outputs[PAGE.decided];
  const words = make("p", { class: "remark" }, `The ${name} is ${said}.`);
  if (!output?.share) {
    return [words];
  }
  const at = (share) => 4 + 392 * share;
  const cut = at(readOutput(cutoff.score));
  const picture = make(
    "svg:svg",
    { class: "try-gauge", viewBox: "0 0 400 26", "aria-hidden": "true", focusable: "false" },
    make("svg:rect", { class: "track", x: 4, y: 10, width: 392, height: 6, rx: 3 }),
    make("svg:rect", {
      class: distance > 0 ? "up" : "down",
      x: Math.min(cut, at(found[OUTPUTS[PAGE.decided]])),
      y: 10,
      width: Math.abs(cut - at(found[OUTPUTS[PAGE.decided]])),
      height: 6,
    }),
    make("svg:line", { class: "axis", x1: cut, x2: cut, y1: 3, y2: 23 }),
    make("svg:circle", { class: "try-dot", cx: at(found[OUTPUTS[PAGE.decided]]), cy: 13, r: 7 }),
  );
  return [picture, words];
}

/** Where the score comes from: the reference, then every part, the largest first. */
function showBars(answer, explained) {
  const v = chooseView(answer);
  find("try-bars").replaceChildren(
    ...(explained === null ? [] : [buildBars(answer, explained, PAGE.views[v], v)]),
  );
}

/** The contributions to a score, in the order of the parts. */
function listContributions(explained, v) {
  const start = v * PAGE.parts.length;
  return PAGE.parts.map((part, i) => ({ part, amount: explained[EXPLAINED[start + i]] }));
}

function buildBars({ scores }, explained, view, v) {
  const total = view.form.reduce((sum, weight, i) => sum + weight * scores[i], 0);
  const terms = listContributions(explained, v);
  const start = total - terms.reduce((sum, { amount }) => sum + amount, 0);
  const shown = terms.filter(({ amount }) => amount !== 0);
  shown.sort((a, b) => Math.abs(b.amount) - Math.abs(a.amount));
  const rest = shown.splice(MOST_BARS);
  const steps = shown.map(({ part, amount }) => ({ name: namePart(part), part, amount }));
  if (rest.length) {
    const amount = rest.reduce((sum, term) => sum + term.amount, 0);
    steps.push({ name: `${rest.length} more`, part: null, amount });
  }
  return drawWaterfall(view.label, start, steps, total);
}

/** The name of a part, a link to its card, or to its rows in the table of the score. */
function namePart(part) {
  if (part.anchor) {
    return make("a", { href: `#${part.anchor}` }, part.name);
  }
  return PAGE.additive ? nameTerm(part.name, "score", { "data-part": part.name }) : part.name;
}

/** Where the score starts, which the glossary explains. */
function nameStart() {
  return nameTerm("start", "words", { "data-word": "reference" });
}

/** The values that the columns of a part have. */
function describePart(part) {
  const describe = (i) => describeValue(i, readValue(form.values, i));
  return part === null ? "" : part.columns.map(describe).join(", ");
}

/** A table whose bars lead from the start to the total. */
function drawWaterfall(label, start, steps, total) {
  let at = start;
  const spans = steps.map(({ amount }) => [at, (at += amount)]);
  const ends = [start, total, ...spans.flat()];
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const reach = (value) => 2 + (196 * (value - low)) / (high - low || 1);
  const rows = steps.map(({ name, part, amount }, i) =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, name),
      make("td", { class: "try-value" }, describePart(part)),
      make("td", { class: "number" }, formatSigned(amount)),
      make("td", { class: "plot" }, drawStep(spans[i].map(reach), amount)),
    ),
  );
  const edge = (name, value) =>
    make(
      "tr",
      { class: "total" },
      make("th", { scope: "row" }, name),
      make("td", {}),
      make("td", { class: "number" }, formatNumber(value)),
      make("td", { class: "plot" }, drawStep([reach(value), reach(value)], 0)),
    );
  return make(
    "table",
    { class: "chart try-waterfall" },
    make("caption", {}, `From ${PAGE.reference} to this row: ${label} `, ...makeLegend()),
    make("thead", {}, makeHead(["Column", "Row", "Adds"], 2)),
    make("tbody", {}, edge(nameStart(), start), ...rows, edge("this row", total)),
  );
}

/** A table's head; columns from the place `numbers` on are set flush right. */
function makeHead(names, numbers) {
  const cells = names.map((name, i) =>
    make("th", { scope: "col", class: i >= numbers && "number" }, name),
  );
  return make("tr", {}, ...cells, make("td", { class: "plot" }));
}

function makeLegend() {
  const explain = (way, word) =>
    make("span", { class: "legend short" }, make("span", { class: `key ${way}` }), word);
  return [explain("down", "lowers"), " ", explain("up", "raises")];
}

function drawStep([from, to], amount) {
  const x = Math.min(from, to);
  return make(
    "svg:svg",
    {
      viewBox: "0 0 200 16",
      preserveAspectRatio: "none",
      "aria-hidden": "true",
      focusable: "false",
    },
    make("svg:line", { class: "try-thread", x1: from, x2: from, y1: 0, y2: 16 }),
    make("svg:rect", {
      class: amount < 0 ? "down" : "up",
      x,
      y: 3,
      width: Math.max(amount === 0 ? 0 : 1, Math.abs(to - from)),
      height: 10,
    }),
    make("svg:line", { class: "try-thread", x1: to, x2: to, y1: 0, y2: 16 }),
  );
}

/** Why the score is on the adverse side of the reference. */
function showReasons(answer, explained) {
  const found = explained === null ? [] : EXPLAINED.slice(PAGE.parts.length * PAGE.views.length);
  const count = found.length / (PAGE.views.length || 1);
  const v = chooseView(answer);
  const texts = found.slice(v * count, (v + 1) * count).map((name) => explained[name]);
  const items = texts.filter((text) => text !== null).map((text) => make("li", {}, text));
  const list = items.length ? make("ol", {}, ...items) : make("p", { class: "remark" }, "none");
  find("try-reasons").replaceChildren(list);
}

/** The lines that apply, or the one rule that does. */
function showApplying({ found }) {
  const ours = PAGE.additive
    ? String(found.lines ?? "")
        .split(",")
        .filter(Boolean)
    : [String(found.rule)];
  markLines(PAGE.additive ? ours : []);
  const items = ours.map((number) => {
    const said = writeLine(Number(number));
    const name = PAGE.additive
      ? make("b", {}, `Line ${number}`)
      : make("a", { href: `#rule-${number}` }, `Rule ${number}`);
    return make("li", {}, name, said.length ? ": " : "", ...said);
  });
  const list = items.length ? make("ul", {}, ...items) : make("p", { class: "remark" }, "none");
  find("try-applying").replaceChildren(list);
}
