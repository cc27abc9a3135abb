/** The certificate of an answer: between which numbers a score of rules lies. */
import {
  Refused, Unreadable, computeDigest, demand, getEntry, getList, getOptional, isFlag, isNumber,
  isObject, isSame, omitEntries, printCanonical, readIndex, readObject,
} from "./json.mjs";
import { addTerm, evaluateTerms, readDomain, readNumber, readNumbers, readPoint, satisfies }
  from "./domain.mjs";
import { nameScores } from "./names.mjs";
import { readByScore, readLine } from "./additive.mjs";
import { Box } from "./box.mjs";
import { findRule, judgeTree, readFunction, readPartition, walkTrees } from "./trees.mjs";
import { DOMAIN, LISTS, SILENT } from "./judge.mjs";
import * as Q from "./rational.mjs";

/** Refuse what isn't a certificate of an answer about these rules. */
function checkHead(certificate, rules) {
  for (const key of LISTS.rules) {
    demand(!rules.has(key) || Array.isArray(rules.get(key)), `${key} of the rules is no list`);
  }
  for (const key of ["rules", "paths", "parts"]) {
    const isList = !certificate.has(key) || Array.isArray(certificate.get(key));
    demand(isList, `${key} of the certificate is no list`);
  }
  const isAnswer = certificate.get("format") === "relurules.answer";
  demand(isAnswer && isSame(certificate.get("version"), 1n), "no answer of version 1");
  demand(certificate.get("question") === "range", "another question than a range");
  const parts = getEntry(certificate, "digests", isObject);
  const domain = new Map(DOMAIN.map((key) => [key, getOptional(rules, key)]));
  const isRight =
    certificate.get("digest") === computeDigest(omitEntries(certificate, ["digest"])) &&
    parts.get("domain") === computeDigest(domain) &&
    parts.get("rules") === computeDigest(omitEntries(rules, [...DOMAIN, ...SILENT]));
  demand(isRight, "a digest isn't that of what the files hold");
}

function checkRules(rules, isAdditive) {
  const version = rules.get("version") ?? (isAdditive || rules.has("version") ? null : 1n);
  const isKnown = isSame(version, 1n) || (!isAdditive && isSame(version, 2n));
  demand(isKnown, "rules of another version");
  demand(getOptional(rules, "decision") === null, "rules decide");
  demand((rules.get("neuron_groups") ?? []).length === 0, "rules have groups of neurons");
}

function narrowFeature(feature, ends) {
  demand(Array.isArray(ends) && ends.length === 2 && ends.every(isNumber), "bounds are no pair");
  const choose = (key, end, isBeyond) => {
    const own = feature.get(key);
    if (own === null) return end;
    return isBeyond(readNumber(own), readNumber(end)) ? end : own;
  };
  const lower = choose("lower", ends[0], Q.isLess);
  const upper = choose("upper", ends[1], (own, end) => Q.isLess(end, own));
  return new Map([...feature, ["lower", lower], ["upper", upper]]);
}

/** The rules over the part of their domain that `given` leaves. */
function restrictRules(rules, given) {
  const bounds = getEntry(given, "bounds", isObject);
  const names = new Set();
  const features = getList(rules, "features").map((feature) => {
    const name = feature.get("name");
    names.add(name);
    return bounds.has(name) ? narrowFeature(feature, bounds.get(name)) : feature;
  });
  demand([...bounds.keys()].every((name) => names.has(name)), "bounds of an unknown column");
  const constraints = [...getList(rules, "constraints"), ...getList(given, "constraints")];
  return new Map([...rules, ["features", features], ["constraints", constraints]]);
}

/** The sum of weights times affine functions. */
function weigh(functions, weights) {
  const sum = { terms: new Map(), constant: Q.ZERO };
  functions.forEach(({ terms, constant }, i) => {
    sum.constant = Q.add(sum.constant, Q.multiply(weights[i], constant));
    for (const [j, value] of terms) addTerm(sum.terms, j, Q.multiply(weights[i], value));
  });
  return sum;
}

const evaluate = ({ terms, constant }, point) => Q.add(constant, evaluateTerms(terms, point));

const refuseExcess = (shown) =>
  demand(shown.flat().every((value) => value === 0n), "the score isn't shown to stay in its range");

/** What trees show of partition rules, and their answered score at a point. */
function judgeRules({ certificate, rules, box, names, weights, low, high }) {
  const isComplete = getEntry(rules, "complete", isFlag);
  const partition = readPartition(rules, names, box.domain, isComplete, false);
  const scores = partition.rules.map(({ outputs }) => weigh(outputs, weights));
  const turn = ({ values, radius }) => ({ values: values.map((value) => -value), radius });
  partition.rules.forEach((rule, i) => {
    const { terms, constant } = scores[i];
    const opposite = new Map([...terms].map(([j, value]) => [j, Q.negate(value)]));
    const above = box.makeForm(opposite, Q.subtract(high, constant));
    const below = box.makeForm(terms, Q.subtract(constant, low));
    rule.targets = [turn(above), turn(below)].map((form) => ({ form, reads: [] }));
  });
  const judged = walkTrees({ box, neurons: [], scores: [], partition, certificate });
  refuseExcess(judged.shown);
  const find = (point) => {
    const rule = findRule(partition, point);
    demand(rule !== undefined, "a row has no rule");
    return evaluate(scores[rule], point);
  };
  return { ...judged, find };
}

function readIndices(part, key, count, seen) {
  return getList(part, key).map((value) => {
    const index = readIndex(value, count);
    demand(!seen.has(index), "a column or line is twice in the parts");
    seen.add(index);
    return index;
  });
}

/** One part, a model whose neurons are lines: its range, and how many leaves show it. */
function judgePart(part, { box, base, lines, seen }) {
  const columns = readIndices(part, "columns", box.domain.features.length, seen.columns);
  const own = readIndices(part, "lines", lines.length, seen.lines).map((i) => lines[i]);
  const neurons = own.map(({ terms, constant }) =>
    ({ unit: box.makeUnit(terms, constant, []), slope: [0n, 1n] }));
  const terms = new Map([...base.terms].filter(([j]) => columns.includes(j)));
  const weights = own.map(({ slope }, k) => [k, slope]).filter(([, slope]) => !Q.isZero(slope));
  const [low, high] = ["low", "high"].map((key) => readNumber(part.get(key)));
  const limit = (value) => box.makeForm(new Map(), value);
  const target = (value, sign) => {
    const { values, radius } = limit(value);
    return { form: { values: values.map((x) => -x), radius }, reads: [{ score: 0, sign }] };
  };
  const judged = judgeTree({
    box, neurons, scores: [box.makeUnit(terms, Q.ZERO, weights)], tree: part.get("tree"),
    targets: [target(high, 1n), target(Q.negate(low), -1n)],
  });
  refuseExcess(judged.shown);
  return { low, high, leafCount: judged.leafCount };
}

/** What parts show of additive rules, and their answered score at a point. */
function judgeParts({ certificate, rules, box, names, weights, low, high }) {
  const objects = readByScore(getEntry(rules, "base", isObject), names);
  const base = weigh(objects.map((object) => readFunction(object, box.domain)), weights);
  const lines = getList(rules, "lines").map((line) => {
    const { slopes, ...z } = readLine(line, names, box.domain);
    const slope = slopes.map((value, i) => Q.multiply(value, weights[i])).reduce(Q.add, Q.ZERO);
    return { ...z, slope };
  });
  const seen = { columns: new Set(), lines: new Set() };
  const parts = getList(certificate, "parts").map((part) => {
    demand(isObject(part), "a part is no object");
    return judgePart(part, { box, base, lines, seen });
  });
  const isWhole = [...base.terms.keys()].every((j) => seen.columns.has(j)) &&
    lines.every(({ slope }, i) => Q.isZero(slope) || seen.lines.has(i));
  demand(isWhole, "a column or line is in no part");
  const sum = (key) => parts.map((part) => part[key]).reduce(Q.add, base.constant);
  demand(!Q.isLess(sum("low"), low) && !Q.isLess(high, sum("high")), "parts add up to more");
  const find = (point) => lines.reduce(
    (total, { slope, ...z }) =>
      Q.add(total, Q.multiply(slope, Q.larger(Q.ZERO, evaluate(z, point)))),
    evaluate(base, point),
  );
  const leafCount = parts.reduce((total, part) => total + part.leafCount, 0);
  return { leafCount, isPartial: false, find };
}

/** What a row is said to reach, `null` without one. */
function readRow(certificate, key, { box, find, sign }) {
  const row = getEntry(certificate, key, (value) => value === null || isObject(value));
  if (row === null) return null;
  const point = readPoint(getList(row, "point"), box.domain);
  demand(satisfies(point, box.domain, box.rightSides), "a row exceeds a constraint");
  const reached = getEntry(row, "reached", isNumber);
  const gap = Q.subtract(find(point), readNumber(reached));
  demand(Q.isZero(gap) || Q.isNegative(gap) === sign < 0, "a row doesn't reach what it is said to");
  return reached;
}

function describeScore(names, values) {
  const named = names.map((name, i) => [values[i], name]).filter(([value]) => Number(value) !== 0);
  const one = ([value, name]) => (Number(value) === 1 ? name : `${printCanonical(value)} ${name}`);
  return named.map(one).join(" + ") || "0";
}

function judgeObjects(certificate, rules) {
  checkHead(certificate, rules);
  const isAdditive = rules.get("format") === "relurules.additive";
  checkRules(rules, isAdditive);
  const given = getEntry(certificate, "given", isObject);
  const narrow = restrictRules(rules, given);
  const box = new Box(readDomain(narrow));
  const first = isAdditive ? rules.get("base") : getEntry(getList(rules, "rules")[0], "outputs", isObject);
  const names = nameScores(rules, first.size);
  const weights = readNumbers(getList(certificate, "weights"), names.length);
  const ends = ["low", "high"].map((key) => getEntry(certificate, key, isNumber));
  const [low, high] = ends.map(readNumber);
  const context = { certificate, rules: narrow, box, names, weights, low, high };
  const judged = isAdditive ? judgeParts(context) : judgeRules(context);
  const rows = [["lowest", -1], ["highest", 1]].map(([key, sign]) =>
    [key, readRow(certificate, key, { box, find: judged.find, sign })]);
  const isPart = given.get("bounds").size > 0 || given.get("constraints").length > 0;
  const where = (isPart ? "the part of the domain that it is about" : "the domain") +
    (judged.isPartial ? " that has a rule" : "");
  const score = describeScore(names, certificate.get("weights"));
  const claim = `${printCanonical(ends[0])} <= ${score} <= ${printCanonical(ends[1])}`;
  const told = rows.map(([key, value]) => (value === null
    ? `it has no ${key} row`
    : `its ${key} row reaches ${printCanonical(value)}`));
  return [`proven: ${claim} for every row of ${where} (${judged.leafCount} pieces)`, ...told].join("; ");
}

/** Judge the bytes of two files, as `judgeBytes` does of three. */
export function judgeAnswerBytes(certificate, rules) {
  try {
    return { code: 0, sentence: judgeObjects(...[certificate, rules].map(readObject)) };
  } catch (error) {
    if (error instanceof Unreadable) return { code: 2, reason: error.message };
    if (error instanceof Refused) return { code: 1, reason: error.message };
    if (error instanceof RangeError) return { code: 1, reason: `too large: ${error.message}` };
    throw error;
  }
}
