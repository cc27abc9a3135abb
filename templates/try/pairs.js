// The nearest change of two columns. In the plane of two columns scores are linear on polygons,
// whose sides are the places where a line begins or a rule ends. The nearest point of another side
// is a corner: it lies on such a side, or one of the two stays as it is. So all sides are walked
// along.

/** As many whole numbers are tried one by one. */
const MOST_WHOLE = 64;
/** More rows than these aren't scored for one answer. */
const MOST_ROWS = 60000;

/** What a search has found: the nearest pair so far, and how many rows may still be scored. */
function makeHunt(values, side, nearest) {
  return { values, side, limit: nearest, best: null, left: MOST_ROWS };
}

/**
 * Values of a column between which nothing bends: each choice, whole numbers, or where lines begin.
 */
function listStops(values, column) {
  const { choices, gap } = PAGE.columns[column];
  if (choices) {
    return choices.map((_, choice) => choice).filter((choice) => choice !== values[column]);
  }
  if (values[column] === null) {
    const { fill } = PAGE.columns[column];
    return [fill, ...listNumberStops(changeValue(values, column, fill), column)];
  }
  return [...listNumberStops(values, column), ...(gap === null ? [] : [null])];
}

function listNumberStops(values, column) {
  const { whole } = PAGE.columns[column];
  const [low, high] = listEnds(column);
  if (whole && high - low <= MOST_WHOLE) {
    const first = Math.ceil(low);
    return Array.from({ length: Math.floor(high) - first + 1 }, (_, i) => first + i);
  }
  const breaks = listBreaks(values, new Map([[column, 1]]));
  const stops = [...breaks.map((steps) => values[column] + steps), low, high];
  return stops
    .filter((value) => value >= low && value <= high)
    .map((value) => shortenStop(values, column, value));
}

/** A stop with few digits, no nearer to the row than it is, and hardly further. */
function shortenStop(values, column, stop) {
  const now = values[column] ?? PAGE.columns[column].fill;
  const way = Math.sign(stop - now) || 1;
  const [low, high] = listEnds(column);
  if (PAGE.columns[column].whole) {
    return way > 0 ? Math.ceil(stop) : Math.floor(stop);
  }
  const slack = ROUNDING * Math.abs(stop - now);
  for (let digits = 2; digits <= 17; digits++) {
    const shown = roundBeyond(stop, digits, way);
    if (Math.abs(shown - stop) <= slack && shown >= low && shown <= high) {
      return shown;
    }
  }
  return stop;
}

/** Keeps the pair if it is the nearest so far. */
function offerPair(hunt, first, second) {
  const distance = first.distance + second.distance;
  if (distance < hunt.limit) {
    hunt.limit = distance;
    hunt.best = { changes: [first, second], distance };
  }
}

/** With one column at a value, the nearest values of another that change the side. */
function searchBeside(hunt, column, value, other) {
  const distance = measureDistance(hunt.values, column, value);
  if (distance >= hunt.limit || hunt.left <= 0) {
    return;
  }
  const moved = changeValue(hunt.values, column, value);
  hunt.left -= 3 * (PAGE.cuts.length + 2);
  for (const found of listValues(moved, other, hunt.side)) {
    offerPair(
      hunt,
      { column, value, distance },
      { column: other, value: found, distance: measureDistance(moved, other, found) },
    );
  }
}

/** Along the places where a line that reads both columns of numbers begins. */
function searchSlants(hunt, first, second) {
  const { side } = hunt;
  const values = fillColumns(hunt.values, [first, second]);
  for (const cut of PAGE.cuts) {
    const [a, b] = [first, second].map((column) => measureSlope(cut, new Map([[column, 1]])));
    if (a === 0 || b === 0 || hunt.left <= 0) {
      continue;
    }
    const path = new Map([
      [first, 1],
      [second, -a / b],
    ]);
    for (const start of listCrossings(values, cut, first, second)) {
      searchSlant(hunt, start, path, side);
    }
  }
}

/**
 * Where a line's beginning meets the value that one of two columns has now, with the other one
 * moved.
 */
function listCrossings(values, cut, first, second) {
  return [first, second].flatMap((column) => {
    const [low, high] = listEnds(column);
    const slope = measureSlope(cut, new Map([[column, 1]]));
    const sum = cut.at.reduce((total, at, k) => total + cut.by[k] * readCoordinate(values, at), 0);
    const value = values[column] + (cut.bound - sum) / slope;
    return value >= low && value <= high ? [changeValue(values, column, value)] : [];
  });
}

/** Both ways along one slant, from a row on it. */
function searchSlant(hunt, start, path, side) {
  const [first, second] = [...path.keys()];
  const breaks = listBreaks(start, path);
  for (const end of listPathEnds(start, path)) {
    hunt.left -= 3 * (breaks.length + 2);
    const steps = end === 0 ? null : findChange(start, path, side, end, breaks);
    if (steps !== null) {
      const corner = follow(start, path, steps);
      searchBeside(hunt, first, shortenStop(hunt.values, first, corner[first]), second);
      searchBeside(hunt, second, shortenStop(hunt.values, second, corner[second]), first);
    }
  }
}

/** How far a path stays in the ranges of its columns, back and forth. */
function listPathEnds(values, path) {
  let [back, forth] = [-Infinity, Infinity];
  for (const [column, step] of path) {
    const steps = listEnds(column).map((limit) => (limit - values[column]) / step);
    back = Math.max(back, Math.min(...steps));
    forth = Math.min(forth, Math.max(...steps));
  }
  return [Math.min(back, 0), Math.max(forth, 0)];
}

/** The row with some columns at what they count as where they are missing. */
function fillColumns(values, columns) {
  return values.map((value, i) => (columns.includes(i) ? (value ?? PAGE.columns[i].fill) : value));
}

/**
 * The row with missing numbers at what they count as, but for those that are told from it; null
 * where one counts as nothing.
 */
function fillMissing(values) {
  const same = COLUMNS_READ.filter((column) => PAGE.columns[column].gap === null);
  const filled = fillColumns(values, same);
  return same.some((column) => filled[column] === null) ? null : filled;
}

/**
 * The nearest change of two columns that is nearer than `nearest`: {best, whole: nothing was left
 * out}.
 */
function findPairChange(values, side, columns, nearest) {
  const filled = fillMissing(values);
  if (filled === null) {
    return { best: null, whole: true };
  }
  const hunt = makeHunt(filled, side, nearest);
  const near = (column, stop) => measureDistance(filled, column, stop);
  for (const column of columns) {
    const stops = listStops(filled, column).sort((a, b) => near(column, a) - near(column, b));
    for (const other of columns.filter((each) => each !== column)) {
      stops.forEach((stop) => searchBeside(hunt, column, stop, other));
    }
  }
  const numbers = columns.filter((column) => !PAGE.columns[column].choices);
  numbers.forEach((first, i) => {
    numbers.slice(i + 1).forEach((second) => searchSlants(hunt, first, second));
  });
  return { best: hunt.best, whole: hunt.left > 0 };
}
