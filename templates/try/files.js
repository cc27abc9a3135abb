// The part of the page that takes a file: what is told of its rows, the histogram, the scored file.

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
  const label = encoding.replace(/^(latin|utf)[-_]/i, (start) => (/utf/i.test(start) ? "utf-" : "latin"));
  return new TextDecoder(label, { fatal: true }).decode(bytes);
}

/** What is to be said of a file's rows. */
function describeFile({ tally, file, seconds }) {
  const count = (rows, what) => `${rows.toLocaleString("en-US")} ${what}${rows === 1 ? "" : "s"}`;
  const lead = `${file}: ${count(tally.outputs.length, "row")} of ${tally.rows.toLocaleString("en-US")} scored in ${formatNumber(seconds, 2)} s.`;
  const items = [...tally.classes].map(([label, rows]) =>
    make("li", {}, make("b", {}, label), `: ${count(rows, "row")} (${formatNumber((100 * rows) / tally.outputs.length, 3)} %)`),
  );
  for (const [cause, rows] of tally.causes) {
    const named = rows.slice(0, MOST_NAMED).join(", ");
    const more = rows.length > MOST_NAMED ? ", ..." : "";
    const said = `${count(rows.length, "row")} without an answer (${PAGE.outside}): ${cause}; row ${named}${more}`;
    items.push(make("li", { class: "try-warning" }, said));
  }
  for (const { column, rows } of tally.others.filter((other) => other.rows)) {
    const said = `${count(rows, "row")} with a value of ${column.name} that isn't known, counted as “${column.choices[column.other].label}”`;
    items.push(make("li", {}, said));
  }
  return [make("p", {}, lead), make("ul", {}, ...items)];
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

/** The histogram, and the same as a table for those who don't see it. */
function drawHistogram(outputs) {
  const values = outputs.filter((value) => typeof value === "number" && Number.isFinite(value));
  if (!values.length) {
    return [];
  }
  const { bins, low, high } = countBins(values);
  const tallest = Math.max(...bins);
  const [left, width, floor, top] = [8, 584, 150, 10];
  const reach = (value) => left + (width * (value - low)) / (high - low || 1);
  const bars = bins.map((rows, i) => {
    const height = ((floor - top) * rows) / tallest;
    const x = left + (i * width) / BINS;
    const bar = { class: "rows", x: x + 1, y: floor - height, width: width / BINS - 2, height };
    return make("svg:rect", bar, make("svg:title", {}, `${rows} rows`));
  });
  const texts = [low, (low + high) / 2, high].map((value, i) =>
    make(
      "svg:text",
      { x: reach(value), y: floor + 18, "text-anchor": ["start", "middle", "end"][i] },
      formatNumber(value, 3),
    ),
  );
  const name = PAGE.outputs[PAGE.shown].name;
  const said = `Rows by ${name}, from ${formatNumber(low, 3)} to ${formatNumber(high, 3)}; the most in one bar: ${tallest}.`;
  const picture = make(
    "svg:svg",
    { class: "try-histogram", viewBox: "0 0 600 176", role: "img", "aria-label": said },
    ...bars,
    make("svg:line", { class: "axis", x1: left, x2: left + width, y1: floor, y2: floor }),
    ...drawCut(reach, low, high, top, floor),
    ...texts,
  );
  return [make("figure", {}, picture, make("figcaption", { class: "remark" }, said))];
}

/** The cut-off in the histogram. */
function drawCut(reach, low, high, top, floor) {
  const cut = cutoff.score === null || PAGE.shown !== PAGE.decided ? NaN : readOutput(cutoff.score);
  if (!(cut >= low && cut <= high)) {
    return [];
  }
  const x = reach(cut);
  return [
    make("svg:line", { class: "try-cut", x1: x, x2: x, y1: top, y2: floor }),
    make("svg:text", { x: x + 5, y: top + 10 }, "cut-off"),
  ];
}

/** A number as the file writes numbers, with all its digits. */
function writeValue(value) {
  if (value === null || value === undefined || Number.isNaN(value)) {
    return "";
  }
  const text = String(value);
  return typeof value === "number" && PAGE.file.decimal !== "." ? text.replace(".", PAGE.file.decimal) : text;
}

/** The file with what was added to it. */
function writeScored({ header, rows, added, names }) {
  const all = rows.map((texts, i) => {
    const padded = header.map((_, k) => texts[k] ?? "");
    return [...padded, ...added[i].map(writeValue)];
  });
  return writeCsv([[...header, ...names], ...all], find("try-separator").value);
}

function download() {
  const text = writeScored(scored);
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const name = `${scored.file.replace(/\.[^.]*$/, "")}_scored.csv`;
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
