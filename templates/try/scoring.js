// A file of rows, scored in the page.

/** The columns that a table has: another one says no more than that one of these is missing. */
const TABLE = PAGE.columns.filter((column) => column.of === null);

/** So many rows are named that have no answer, for each cause. */
const MOST_NAMED = 5;

/**
 * How each column is read from the texts of a row: {source, kind, read}; read gives undefined for a
 * text that isn't of the kind.
 */
function planColumns() {
  const { file } = PAGE;
  const readNumber = makeNumberReader(file.decimal, file.thousands);
  const dates = new Map(file.dates.map((date) => [date.name, date]));
  return TABLE.map((column) => {
    const date = dates.get(column.table);
    if (date) {
      return { source: date.source, kind: "date", read: planDate(date) };
    }
    if (column.text) {
      return { source: column.table, read: (text) => text };
    }
    const truths = file.booleans.includes(column.table) ? { true: 1, false: 0 } : {};
    const read = (text) => readNumber(text) ?? truths[readTruth(text)];
    // A text where categories are numbers is a value that isn't known, and no fault of the file.
    const known = column.choices && column.table === column.name;
    const lenient = known ? (text) => read(text) ?? text : read;
    return { source: column.table, kind: "number", read: lenient };
  });
}

/** `true` for True, TRUE and true. */
function readTruth(text) {
  return /^(?:[Tt]rue|TRUE|[Ff]alse|FALSE)$/.test(text) ? text.toLowerCase() : "";
}

function planDate(date) {
  const read = makeDateReader(date.form);
  if (read === null) {
    throw new Error(
      `dates of ${date.source} are written as ${date.form}, which this page can't read`,
    );
  }
  return (text) => {
    const moment = read(text);
    return moment === undefined ? undefined : readDatePart(moment, date.part, date.origin);
  };
}

/** Where the header has every column; an error names those that it lacks. */
function placeColumns(plans, header) {
  const lacking = plans.filter(({ source }) => !header.includes(source));
  if (lacking.length) {
    const names = [...new Set(lacking.map(({ source }) => source))].join(", ");
    throw new Error(`the file has no column ${names}; it has ${header.join(", ")}`);
  }
  return plans.map(({ source }) => header.indexOf(source));
}

/**
 * A function from a row of texts to what the scorer takes; what is none of a column's values is
 * named in `flaw`.
 */
function makeRowReader(header) {
  const plans = planColumns();
  const places = placeColumns(plans, header);
  const texts = new Map(PAGE.file.missing);
  const missing = plans.map(({ source }) => texts.get(source).filter((text) => text !== ""));
  const names = TABLE.map((column) => column.table);
  const bare = names.includes("__proto__"); // a name that plain objects have another use for
  return (fields) => {
    const row = bare ? Object.create(null) : {};
    let flaw = fields.length === header.length ? null : describeLength(fields, header);
    for (let i = 0; i < names.length; i++) {
      const text = fields[places[i]] ?? "";
      const value = text === "" || missing[i].includes(text) ? null : plans[i].read(text);
      if (value === undefined) {
        flaw ??= `${names[i]} isn't a ${plans[i].kind}`;
      }
      row[names[i]] = value ?? null;
    }
    return { row, flaw };
  };
}

function describeLength(fields, header) {
  return `${fields.length} fields, where the header has ${header.length}`;
}

/** Why a row of values has no answer, in words that are the same for all such rows. */
function explainNothing(row) {
  for (const column of TABLE) {
    const { name, table, low, high, fill, choices } = column;
    const value = row[table] ?? (choices ? null : fill);
    if (!choices && value === null) {
      return `${name} is missing`;
    }
    if (!choices && ((low !== null && value < low) || (high !== null && value > high))) {
      return `${name} is outside ${describeRange(PAGE.columns.indexOf(column))}`;
    }
    if (choices && findChoice(column, value) < 0) {
      return value === null ? `${name} is missing` : `${name} has a value that isn't known`;
    }
  }
  return "outside the domain";
}

/** The place of a value among a column's choices, -1 for none. */
function findChoice(column, value) {
  if (value === null) {
    return column.missing;
  }
  const known = column.known.find(([text]) => text === value);
  return known ? known[1] : column.other;
}

/** A whole file: its rows with what is added to each, and what is to be said of all. */
function scoreText(text, separator, extended) {
  const started = performance.now();
  const [header, ...rows] = parseCsv(text, separator);
  if (!header) {
    throw new Error("the file is empty");
  }
  const read = makeRowReader(header);
  const tally = makeTally();
  const added = rows.map((texts, i) => scoreTexts(read(texts), i, tally, extended));
  const names = nameResults(header, extended);
  return { header, rows, added, names, tally, seconds: (performance.now() - started) / 1000 };
}

/** What is counted over the rows of a file. */
function makeTally() {
  const others = TABLE.filter(
    ({ choices, other, name, table }) => choices && other >= 0 && table === name,
  );
  return {
    rows: 0,
    causes: new Map(),
    classes: new Map(),
    outputs: [],
    others: others.map((column) => ({
      column,
      known: new Set(column.known.map(([value]) => value)),
      rows: 0,
    })),
  };
}

/** The results of one row as values; in the last place why there are none. */
function scoreTexts({ row, flaw }, i, tally, extended) {
  tally.rows += 1;
  const found = flaw === null ? score(row) : null;
  if (found === null || found[SCORES].some(Number.isNaN)) {
    const cause = flaw ?? explainNothing(row);
    const listed = tally.causes.get(cause) ?? [];
    tally.causes.set(cause, listed);
    listed.push(i + 1);
    return [...Array(countResults(extended) - 1).fill(null), cause];
  }
  for (const other of tally.others) {
    const value = row[other.column.name];
    other.rows += Number(value !== null && !other.known.has(value));
  }
  const label = readLabel(found);
  const results = PAGE.labelled ? [label] : OUTPUTS.map((name) => found[name]);
  tally.outputs.push(PAGE.labelled ? readClass(found) : found[OUTPUTS[placeOutput(found)]]);
  if (label !== null) {
    tally.classes.set(label, (tally.classes.get(label) ?? 0) + 1);
  }
  if (PAGE.labels && !PAGE.labelled) {
    results.push(label);
  }
  if (extended) {
    const explained = PAGE.views.length ? explain(row) : {};
    results.push(...EXPLANATIONS.map((name) => explained[name]));
    results.push(PAGE.additive ? found.lines : found.rule);
  }
  return [...results, null];
}

const EXPLANATIONS = PAGE.views.length ? EXPLAINED : [];

function countResults(extended) {
  return (
    OUTPUTS.length +
    Number(PAGE.labels && !PAGE.labelled) +
    Number(extended) * (EXPLANATIONS.length + 1) +
    1
  );
}

/** Names of what is added, none of which the file has already. */
function nameResults(header, extended) {
  const names = PAGE.outputs.map(({ name }) => name);
  if (PAGE.labels && !PAGE.labelled) {
    names.push("class");
  }
  if (extended) {
    names.push(...EXPLANATIONS, PAGE.additive ? "lines" : "rule");
  }
  const taken = new Set(header);
  return [...names, "why_not"].map((name) => {
    let free = name;
    while (taken.has(free)) {
      free += "_";
    }
    taken.add(free);
    return free;
  });
}
