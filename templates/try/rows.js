// A row of the form: `values` has, column by column, a number (null: missing) or the place of a
// choice. A column that says whether another one is missing has no value of its own.

const COLUMNS_READ = PAGE.columns.map((column, i) => (column.read ? i : -1)).filter((i) => i >= 0);

/** A copy with one value changed. */
function changeValue(values, column, value) {
  const copy = values.slice();
  copy[column] = value;
  return copy;
}

/** The row as the scorer takes it. */
function makeRow(values) {
  return Object.fromEntries(
    PAGE.columns.flatMap((column, i) =>
      column.of === null
        ? [[column.table, column.choices ? column.choices[values[i]].value : values[i]]]
        : [],
    ),
  );
}

/** A column's value; of one that says whether another is missing, the choice that says so. */
function readValue(values, column) {
  const { of, missing, other } = PAGE.columns[column];
  if (of === null) {
    return values[column];
  }
  return values[of] === null ? missing : other;
}

/** The coordinates that a column has in the rules: a number's own, or 1 at that of its choice. */
function readCoordinate(values, coordinate) {
  const { column, choice } = PAGE.coordinates[coordinate];
  if (choice !== null) {
    return readValue(values, column) === choice ? 1 : 0;
  }
  return values[column] ?? PAGE.columns[column].fill ?? NaN;
}

/** A value for people. */
function describeValue(column, value) {
  const { choices, fill, gap } = PAGE.columns[column];
  if (choices) {
    return choices[value].label;
  }
  if (value === null) {
    const counts = fill !== null && gap === null;
    return counts ? `missing, counts as ${formatNumber(fill, 6)}` : "missing";
  }
  return formatNumber(value, 6);
}

/** A value with all its digits, as it would have to be typed. */
function describeExactly(column, value) {
  if (PAGE.columns[column].choices || value === null) {
    return describeValue(column, value);
  }
  const options = { maximumFractionDigits: 20, useGrouping: Math.abs(value) >= 1e4 };
  return value.toLocaleString("en-US", options).replace("-", MINUS);
}

/** Outputs, scores and class of a row; null where it has none, as outside the domain. */
function answerRow(values) {
  const found = score(makeRow(values));
  const scores = found[SCORES];
  return scores.some(Number.isNaN) ? null : { found, scores, side: chooseSide(scores, found) };
}

/** The number of the class that an answer has; null where outputs are no classes. */
function readClass(found) {
  if (PAGE.labels === null) {
    return null;
  }
  return CLASSES.indexOf(PAGE.labelled ? found[OUTPUTS[0]] : found.class);
}

/** The label of the class that an answer has, as text; null where outputs are no classes. */
function readLabel(found) {
  const number = readClass(found);
  return number === null ? null : PAGE.labels[number];
}

// The cut-off that a change is looked for at: the model's own, or one that the reader sets.
const cutoff = { own: PAGE.cut, score: PAGE.cut };

/** Whether the reader has set a cut-off of their own. */
function isCutMoved() {
  return cutoff.score !== cutoff.own;
}

/**
 * On which side of the decision an answer is: the number of a class, or 1 above the cut-off and 0
 * below; null where there is none.
 */
function chooseSide(scores, found) {
  if (cutoff.score !== null && (isCutMoved() || PAGE.labels === null)) {
    return Number(PAGE.sign * (scores[PAGE.decider] - cutoff.score) > 0);
  }
  return readClass(found);
}

/** Which output is shown alone: of several classes, that of the class that is told. */
function placeOutput(found) {
  return PAGE.class_outputs === null ? PAGE.shown : PAGE.class_outputs[readClass(found)];
}

/** A class in words: a label that is a number says nothing alone. */
function nameClass(label) {
  return /^[-+.\d]/.test(label) ? `class ${label}` : label;
}

/** What a side is called. */
function nameSide(side) {
  if (PAGE.labels !== null && !isCutMoved()) {
    return nameClass(PAGE.labels[side]);
  }
  return side ? "above the cut-off" : "below the cut-off";
}

/** How far scores are from every other side: all are above 0 where the side is this one. */
function measureMargins(scores, side) {
  if (cutoff.score !== null) {
    const above = PAGE.sign * (scores[PAGE.decider] - cutoff.score);
    return [side ? above : -above];
  }
  if (PAGE.class_scores === null) {
    return [];
  }
  const own = scores[PAGE.class_scores[side]];
  return PAGE.class_scores.filter((_, k) => k !== side).map((place) => own - scores[place]);
}
