// The part of the page that takes a file: what is said of its rows, a histogram, the scored file.

const BINS = 24;
let scored = null;

function buildFiles() {
  const separator = find("try-separator");
  separator.value = PAGE.file.sep;
  if (separator.value !== PAGE.file.sep) {
    separator.append(make("option", { value: PAGE.file.sep, selected: true }, PAGE.file.sep));
  }
  find("try-file").addEventListener("change", scoreFile);
  separator.addEventListener("change", scoreFile);
  find("try-extended").addEventListener("change", scoreFile);
  find("try-download").addEventListener("click", download);
}

/** Reads the chosen file, and shows what becomes of it. */
async function scoreFile() {
  const [file] = find("try-file").files;
  if (!file) {
    return;
  }
  scored = null;
  find("try-download").disabled = true;
  find("try-histogram").replaceChildren();
  const said = find("try-file-said");
  said.setAttribute("aria-busy", "true");
  said.replaceChildren(make("p", {}, `Scoring ${file.name} ...`));
  await new Promise((resolve) => setTimeout(resolve, 0)); // lets it be shown
  try {
    const text = decode(await file.arrayBuffer(), PAGE.file.encoding);
    scored = scoreText(text, find("try-separator").value, find("try-extended").checked);
    scored.file = file.name;
    said.replaceChildren(...describeFile(scored));
    find("try-histogram").replaceChildren(...drawHistogram(scored.tally.outputs));
    find("try-download").disabled = false;
  } catch (error) {
    const why = `${file.name} can't be scored: ${error.message}.`;
    said.replaceChildren(make("p", { class: "try-warning" }, why));
  }
  said.removeAttribute("aria-busy");
}

/** A file's text; what isn't in the encoding is an error, not another character. */
function decode(bytes, encoding) {
  const label = encoding.replace(/^(latin|utf)[-_]/i, (start) =>
    /utf/i.test(start) ? "utf-" : "latin",
  );
  return new TextDecoder(label, { fatal: true }).decode(bytes);
}

/** `1 row`, `2,998 rows`. */
function countRows(rows) {
  return `${rows.toLocaleString("en-US")} row${rows === 1 ? "" : "s"}`;
}

/** What is to be said of a file's rows. */
function describeFile({ tally, file, seconds }) {
  const rows = tally.outputs.length;
  const of = `${countRows(rows)} of ${tally.rows.toLocaleString("en-US")}`;
  const lead = `${file}: ${of} scored in ${formatNumber(seconds, 2)} s.`;
  const classes = [...tally.classes].map(([label, count]) => {
    const share = formatNumber((100 * count) / rows, 3);
    return make("li", {}, make("b", {}, nameClass(label)), `: ${countRows(count)} (${share} %)`);
  });
  const items = [...classes, ...listCauses(tally), ...listOthers(tally)];
  return [make("p", {}, lead), make("ul", {}, ...items)];
}

/** Rows without an answer, by cause. */
function listCauses({ causes }) {
  return [...causes].map(([cause, rows]) => {
    const named = rows.slice(0, MOST_NAMED).join(", ") + (rows.length > MOST_NAMED ? ", ..." : "");
    const lead = `${countRows(rows.length)} without an answer (${PAGE.outside})`;
    return make("li", { class: "try-warning" }, `${lead}: ${cause}; row ${named}`);
  });
}

/** Values that aren't known, of columns where these count as a category. */
function listOthers({ others }) {
  return others
    .filter(({ rows }) => rows > 0)
    .map(({ column, rows }) => {
      const as = column.choices[column.other].label;
      const of = `a value of ${column.name} that isn't known`;
      return make("li", {}, `${countRows(rows)} with ${of}, counted as \u201c${as}\u201d`);
    });
}

/** How the outputs are spread over bins of equal width. */
function countBins(values) {
  const share = PAGE.outputs[PAGE.shown].share;
  let [low, high] = share ? [0, 1] : [Infinity, -Infinity];
  for (const value of share ? [] : values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const bins = Array(BINS).fill(0);
  for (const value of values) {
    bins[Math.min(BINS - 1, Math.floor((BINS * (value - low)) / (high - low || 1)))] += 1;
  }
  return { bins, low, high };
}

/** Where the histogram stands in its picture. */
const FRAME = { left: 8, width: 584, top: 10, floor: 150 };

/** The histogram of outputs, and what it shows in words. */
function drawHistogram(outputs) {
  const values = outputs.filter((value) => typeof value === "number" && Number.isFinite(value));
  if (!values.length) {
    return [];
  }
  const { bins, low, high } = countBins(values);
  const { left, width, floor } = FRAME;
  const reach = (value) => left + (width * (value - low)) / (high - low || 1);
  const [first, last] = [formatNumber(low, 3), formatNumber(high, 3)];
  const most = `the most in one bar: ${Math.max(...bins).toLocaleString("en-US")}`;
  const said = `Rows by ${nameCounted()}, from ${first} to ${last}; ${most}.`;
  const picture = make(
    "svg:svg",
    { class: "try-histogram", viewBox: "0 0 600 176", role: "img", "aria-label": said },
    ...drawBars(bins),
    make("svg:line", { class: "axis", x1: left, x2: left + width, y1: floor, y2: floor }),
    ...drawCut(reach, low, high),
    ...[low, (low + high) / 2, high].map((value, i) =>
      drawText(reach(value), floor + 18, ["start", "middle", "end"][i], formatNumber(value, 3)),
    ),
  );
  return [make("figure", {}, picture, make("figcaption", { class: "remark" }, said))];
}

/** What the histogram counts. */
function nameCounted() {
  return PAGE.class_outputs === null
    ? PAGE.outputs[PAGE.shown].name
    : "the output of the class that is told";
}

function drawBars(bins) {
  const { left, width, top, floor } = FRAME;
  const tallest = Math.max(...bins);
  return bins.map((rows, i) => {
    const height = ((floor - top) * rows) / tallest;
    const x = left + (i * width) / BINS + 1;
    const bar = { class: "rows", x, y: floor - height, width: width / BINS - 2, height };
    return make("svg:rect", bar, make("svg:title", {}, countRows(rows)));
  });
}

function drawText(x, y, anchor, text) {
  return make("svg:text", { x, y, "text-anchor": anchor }, text);
}

/** The cut-off in the histogram. */
function drawCut(reach, low, high) {
  const cut = PAGE.shown === PAGE.decided && cutoff.score !== null ? readOutput(cutoff.score) : NaN;
  if (!(cut >= low && cut <= high)) {
    return [];
  }
  const x = reach(cut);
  return [
    make("svg:line", { class: "try-cut", x1: x, x2: x, y1: FRAME.top, y2: FRAME.floor }),
    drawText(x + 5, FRAME.top + 10, "start", "cut-off"),
  ];
}

/** A number as the file writes numbers, with all its digits. */
function writeValue(value) {
  if (value === null || value === undefined || Number.isNaN(value)) {
    return "";
  }
  if (typeof value !== "number") {
    return guardFormula(String(value));
  }
  return String(value).replace(".", PAGE.file.decimal);
}

/** The file with what was added to it. */
function writeScored({ header, rows, added, names }) {
  const all = rows.map((texts, i) => {
    const padded = header.map((_, k) => texts[k] ?? "");
    return [...padded, ...added[i].map(writeValue)];
  });
  return writeCsv([[...header, ...names.map(guardFormula)], ...all], find("try-separator").value);
}

function download() {
  const text = writeScored(scored);
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const name = `${scored.file.replace(/\.[^.]*$/, "")}_scored.csv`;
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
