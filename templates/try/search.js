// What would change the decision. Along any straight path scores are linear between the places
// where a line begins or a rule ends, so that every change of side can be solved for, one stretch
// after another, and none is missed. What is told is a number that people can type, and has been
// scored.

/** So many times the range of a column is looked for a change where it has no end. */
const FAR = 1000;
/** A rounded number may lie so much further away than the exact place. */
const ROUNDING = 0.02;

/** The ends between which a column may move. */
function listEnds(column) {
  const { low, high, from, to } = PAGE.columns[column];
  const span = to - from || 1;
  return [low ?? from - FAR * span, high ?? to + FAR * span];
}

/** By how much sums of the rules grow with each step along a path, {column: step}. */
function measureSlope(cut, path) {
  let slope = 0;
  cut.at.forEach((coordinate, k) => {
    const { column, choice } = PAGE.coordinates[coordinate];
    slope += choice === null ? cut.by[k] * (path.get(column) ?? 0) : 0;
  });
  return slope;
}

/** How far it is along a path, from `values`, to where a line begins or a rule ends. */
function listBreaks(values, path) {
  const found = [];
  for (const cut of PAGE.cuts) {
    const slope = measureSlope(cut, path);
    if (slope !== 0) {
      let sum = 0;
      cut.at.forEach((coordinate, k) => {
        sum += cut.by[k] * readCoordinate(values, coordinate);
      });
      found.push((cut.bound - sum) / slope);
    }
  }
  return found;
}

/** The values after some steps along a path. */
function follow(values, path, steps) {
  const moved = values.slice();
  for (const [column, step] of path) {
    moved[column] += step * steps;
  }
  return moved;
}

/** Where, between two places of a linear stretch, another side begins: from 0 to 1, or null. */
function solveStretch(first, second, side) {
  const [near, far] = [first, second].map(({ scores }) => measureMargins(scores, side));
  let least = null;
  near.forEach((margin, k) => {
    const start = 2 * margin - far[k]; // the two places are a third and two thirds of the way
    const end = 2 * far[k] - margin;
    const share = start <= 0 ? 0 : start / (start - end);
    if (end < start && share <= 1 && (least === null || share < least)) {
      least = share;
    }
  });
  return least;
}

/**
 * How many steps it is from `side` to the first place of another, up to `end`, which may be below
 * 0; or null.
 */
function findChange(values, path, side, end, breaks) {
  const way = Math.sign(end);
  const inner = breaks.filter((at) => at * way > 0 && Math.abs(at) < Math.abs(end));
  const places = [0, ...inner.sort((a, b) => (a - b) * way), end];
  for (let i = 1; i < places.length; i++) {
    const [a, b] = [places[i - 1], places[i]];
    const at = (share) => answerRow(follow(values, path, a + share * (b - a)));
    const [first, second] = [at(1 / 3), at(2 / 3)];
    if (a === b || first === null || second === null) {
      continue;
    }
    const share = solveStretch(first, second, side);
    if (share !== null) {
      return a + share * (b - a);
    }
    if (first.side !== side) {
      return a; // a step, not a slope
    }
  }
  return answerRow(follow(values, path, end))?.side === side ? null : end;
}

/** Whether a row has outputs, and lies on another side. */
function isOther(values, side) {
  const answer = answerRow(values);
  return answer !== null && answer.side !== side;
}

/**
 * The value at or beyond `exact` that is short, or whole, and changes the side; null where none
 * does.
 */
function settleValue(values, column, exact, side) {
  const way = Math.sign(exact - values[column]) || 1;
  const [low, high] = listEnds(column);
  const fits = (value) =>
    value >= low && value <= high && isOther(changeValue(values, column, value), side);
  if (PAGE.columns[column].whole) {
    const nearest = way > 0 ? Math.ceil(exact) : Math.floor(exact);
    return [nearest, nearest + way].find(fits) ?? null;
  }
  const slack = ROUNDING * Math.abs(exact - values[column]);
  for (let digits = 2; digits <= 17; digits++) {
    const shown = roundBeyond(exact, digits, way);
    if (Math.abs(shown - exact) <= slack && fits(shown)) {
      return shown;
    }
  }
  const beyond = exact + way * Math.max(1e-12 * Math.abs(exact), 1e-300);
  return fits(beyond) ? beyond : null;
}

/** The nearest values of a column of numbers, above and below, that change the side. */
function listNumberChanges(values, column, side) {
  const now = values[column] ?? PAGE.columns[column].fill;
  if (now === null) {
    return [];
  }
  const from = changeValue(values, column, now);
  const path = new Map([[column, 1]]);
  const breaks = listBreaks(from, path);
  const found = [];
  for (const end of listEnds(column).map((limit) => limit - now)) {
    const steps = end === 0 ? null : findChange(from, path, side, end, breaks);
    const value = steps === null ? null : settleValue(from, column, now + steps, side);
    if (value !== null) {
      found.push(value);
    }
  }
  return found;
}

/**
 * The values of a column that change the side by themselves: all choices, or the nearest numbers.
 */
function listValues(values, column, side) {
  const { choices, gap } = PAGE.columns[column];
  if (!choices) {
    const found = [...new Set(listNumberChanges(values, column, side))];
    const empty = gap !== null && values[column] !== null;
    return empty && isOther(changeValue(values, column, null), side) ? [...found, null] : found;
  }
  return choices
    .map((_, choice) => choice)
    .filter((choice) => isOther(changeValue(values, column, choice), side));
}

/**
 * How far a value is from that of the row: in standard deviations, or 1 for another category, and
 * for a number that is missing or no longer is, where that has points of its own.
 */
function measureDistance(values, column, value) {
  const { choices, spread, fill, gap } = PAGE.columns[column];
  const now = values[column];
  if (choices) {
    return Number(now !== value);
  }
  const turned = gap !== null && (now === null) !== (value === null);
  return Number(turned) + Math.abs((value ?? fill) - (now ?? fill)) / spread;
}

/** The changes of one column, the nearest first: {column, value, distance}. */
function findSingleChanges(values, side, columns) {
  const found = columns.flatMap((column) =>
    listValues(values, column, side).map((value) => ({
      column,
      value,
      distance: measureDistance(values, column, value),
    })),
  );
  return found.sort((a, b) => a.distance - b.distance);
}
