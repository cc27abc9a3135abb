/** What rules say of their columns: bounds, groups, constraints, points. */
import { demand, getEntry, getList, isNumber, isObject, isText, refuse } from "./json.mjs";
import * as Q from "./rational.mjs";

const WIDENING = Q.divide(Q.toRational(9n), Q.toRational(8n * 10n ** 12n));

export function readNumber(value) {
  demand(isNumber(value), "a number is due");
  return Q.toRational(value);
}

/** The numbers of a list, as many as counted. */
export function readNumbers(values, count) {
  demand(Array.isArray(values) && values.length === count, "a list has another length");
  return values.map(readNumber);
}

/** Coefficients by column name, as a Map of rationals by feature; zeros are dropped. */
export function readTerms(object, domain) {
  const terms = new Map();
  for (const [name, value] of getEntry(object, "coefficients", isObject)) {
    const feature = domain.numberOf.get(name);
    demand(feature !== undefined, `no column has the name ${name}`);
    const coefficient = readNumber(value);
    if (!Q.isZero(coefficient)) terms.set(feature, coefficient);
  }
  return terms;
}

/** Add a number to an entry of a Map of rationals; entries of 0 are dropped. */
export function addTerm(terms, key, value) {
  const sum = Q.add(terms.get(key) ?? Q.ZERO, value);
  if (Q.isZero(sum)) terms.delete(key);
  else terms.set(key, sum);
}

export function evaluateTerms(terms, point) {
  let sum = Q.ZERO;
  for (const [feature, value] of terms) sum = Q.add(sum, Q.multiply(value, point[feature]));
  return sum;
}

function readFeature(feature) {
  const [lower, upper] = ["lower", "upper"].map((key) => {
    const value = getEntry(feature, key, (x) => x === null || isNumber(x));
    return value === null ? null : Q.toRational(value);
  });
  const isCrossed = lower !== null && upper !== null && Q.isLess(upper, lower);
  demand(!isCrossed, "a lower bound is above the upper one");
  const isWhole = feature.get("integer") === true;
  return { name: getEntry(feature, "name", isText), lower, upper, isWhole };
}

/** For each feature the number of its category set, or null; and the sets' sizes by number. */
function readCategorySets(columns, count) {
  const setOf = [];
  const sizes = new Map();
  columns.forEach((column, number) => {
    demand(isObject(column), "a table column is no object");
    const categories = column.has("categories") ? getList(column, "categories") : [];
    if (categories.length > 0) sizes.set(number, categories.length);
    const width = Math.max(categories.length, 1);
    for (let i = 0; i < width; i += 1) setOf.push(categories.length > 0 ? number : null);
  });
  if (columns.length === 0) return { setOf: Array(count).fill(null), sizes };
  demand(setOf.length === count, "table columns come to another number of features");
  return { setOf, sizes };
}

function checkMember(feature) {
  const { lower, upper, isWhole } = feature;
  const isBinary = lower !== null && upper !== null && !Q.isNegative(lower) &&
    !Q.isLess(Q.UNIT, upper);
  demand(isWhole && isBinary, `${feature.name} can't be in a group`);
}

function readGroups(rules, domain) {
  const { features, numberOf } = domain;
  const { setOf, sizes } = readCategorySets(rules.get("columns") ?? [], features.length);
  const groupOf = Array(features.length).fill(null);
  const groups = (rules.get("groups") ?? []).map((names, group) => {
    demand(Array.isArray(names) && names.length > 0, "a group is empty or no list");
    const members = names.map((name) => {
      const feature = isText(name) ? numberOf.get(name) : undefined;
      demand(feature !== undefined, "no column has the name of a member");
      demand(groupOf[feature] === null, `${name} is in groups twice`);
      groupOf[feature] = group;
      return feature;
    });
    const set = setOf[members[0]];
    if (set !== null) {
      const isSet = members.length === sizes.get(set) && members.every((j) => setOf[j] === set);
      demand(isSet, "a group isn't just one category set");
    } else {
      demand(members.every((j) => setOf[j] === null), "a group has part of a category set");
      members.forEach((j) => checkMember(features[j]));
    }
    return members;
  });
  const isCovered = setOf.every((set, j) => set === null || groupOf[j] !== null);
  demand(isCovered, "a category set is in no group");
  return { groups, groupOf };
}

function includes(feature, value) {
  const isAbove = feature.lower !== null && Q.isLess(value, feature.lower);
  const isBelow = feature.upper !== null && Q.isLess(feature.upper, value);
  return !isAbove && !isBelow;
}

function findPossible(members, features) {
  const canBeZero = members.filter((i) => includes(features[i], Q.ZERO));
  return members.filter((j) => {
    const others = canBeZero.length - (canBeZero.includes(j) ? 1 : 0);
    return includes(features[j], Q.UNIT) && others === members.length - 1;
  });
}

/** What the largest magnitude of a feature is; null where a bound is open. */
export function findReach(feature) {
  if (feature.lower === null || feature.upper === null) return null;
  return Q.larger(Q.magnitude(feature.lower), Q.magnitude(feature.upper));
}

export function readDomain(rules) {
  const features = getList(rules, "features").map(readFeature);
  const numberOf = new Map(features.map((feature, number) => [feature.name, number]));
  demand(numberOf.size === features.length, "two columns have one name");
  const domain = { features, numberOf };
  Object.assign(domain, readGroups(rules, domain));
  domain.possible = domain.groups.map((members) => findPossible(members, features));
  domain.constraints = getList(rules, "constraints").map((constraint) => ({
    terms: readTerms(constraint, domain),
    most: readNumber(getEntry(constraint, "at_most", isNumber)),
  }));
  return domain;
}

/** The right side of a constraint, widened by what membership forgives; `sum` is its r. */
export function widen(constraint, sum) {
  const size = Q.add(Q.magnitude(constraint.most), sum);
  return Q.add(constraint.most, Q.multiply(WIDENING, size));
}

/** Whether a point exceeds no constraint, whose right sides are given. */
export function satisfies(point, domain, rightSides) {
  return domain.constraints.every(
    ({ terms }, i) => !Q.isLess(rightSides[i], evaluateTerms(terms, point)),
  );
}

/** A point that is within all bounds and has one 1 in every group. */
export function readPoint(values, domain) {
  const point = readNumbers(values, domain.features.length);
  point.forEach((value, j) => {
    demand(includes(domain.features[j], value), "a point is outside the bounds");
  });
  for (const members of domain.groups) {
    const others = members.filter((j) => !Q.isZero(point[j]));
    const isOne = others.length === 1 && Q.isEqual(point[others[0]], Q.UNIT);
    if (!isOne) refuse("a point hasn't just one 1 in a group");
  }
  return point;
}
