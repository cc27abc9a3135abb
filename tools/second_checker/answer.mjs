/** The certificate of an answer: between which numbers a score of rules, or a change of it, lies. */
import {
  computeDigest, demand, getEntry, getList, getOptional, isFlag, isNumber, isObject, isSame,
  isText, omitEntries, printCanonical, readIndex,
} from "./json.mjs";
import { addTerm, evaluateTerms, readDomain, readNumber, readNumbers, readPoint, satisfies }
  from "./domain.mjs";
import { nameScores } from "./names.mjs";
import { findClassLead } from "./decisions.mjs";
import { readByScore, readLine } from "./additive.mjs";
import { Box, PLACES } from "./box.mjs";
import { joinPartitions } from "./combinations.mjs";
import { judgeTree, walkTrees } from "./trees.mjs";
import { findRule, readFunction, readPartition } from "./ways.mjs";
import { DOMAIN, SILENT } from "./judge.mjs";
import { readSubject } from "./subject.mjs";
import * as Q from "./rational.mjs";

/** Refuse what isn't a certificate of an answer about these rules. */
function checkHead(certificate, rules, other) {
  for (const key of ["rules", "paths", "parts"]) {
    const isList = !certificate.has(key) || Array.isArray(certificate.get(key));
    demand(isList, `${key} of the certificate is no list`);
  }
  const isAnswer = certificate.get("format") === "relurules.answer";
  demand(isAnswer && isSame(certificate.get("version"), 1n), "no answer of version 1");
  const digests = getEntry(certificate, "digests", isObject);
  const own = certificate.get("digest") === computeDigest(omitEntries(certificate, ["digest"]));
  demand(own, "the certificate was changed");
  for (const [prefix, file] of [["", rules], ["other_", other]]) {
    if (file === undefined) continue;
    const domain = new Map(DOMAIN.map((key) => [key, getOptional(file, key)]));
    const isRight = digests.get(`${prefix}domain`) === computeDigest(domain) &&
      digests.get(`${prefix}rules`) === computeDigest(omitEntries(file, [...DOMAIN, ...SILENT]));
    demand(isRight, "a digest isn't that of what the files hold");
  }
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

/** Limits `low` and `high` of what a certificate claims, `null` where it claims none. */
function readEnds(object, certificate) {
  const read = (key) => (certificate.get(key) === null ? null : readNumber(object.get(key)));
  return { high: read("high"), low: read("low") };
}

/** Targets of an affine function, with the score of the model added where `reads` is true. */
function makeTargets({ terms, constant }, { high, low }, box, reads) {
  const opposite = new Map([...terms].map(([j, value]) => [j, Q.negate(value)]));
  const ends = [
    high && { form: box.makeForm(opposite, Q.subtract(high, constant)), sign: 1n },
    low && { form: box.makeForm(terms, Q.subtract(constant, low)), sign: -1n },
  ];
  return ends.filter((end) => end !== null).map(({ form: { values, radius }, sign }) => ({
    form: { values: values.map((value) => -value), radius },
    reads: reads ? [{ score: 0, sign }] : [],
  }));
}

/** A sum of lines and of a function, as a model's neurons and its only score. */
function makeModel(lines, terms, box) {
  const neurons = lines.map((line) =>
    ({ unit: box.makeUnit(line.terms, line.constant, []), slope: [0n, 1n] }));
  const weights = lines.map(({ slope }, k) => [k, slope]).filter(([, slope]) => !Q.isZero(slope));
  return { neurons, scores: [box.makeUnit(terms, Q.ZERO, weights)] };
}

/** The lines of all additive rules; one that is an earlier one counts there. */
function readLines(terms, { names, weights, box }) {
  const known = new Map();
  const found = [];
  for (const { rules, sign } of terms.filter(({ isAdditive }) => isAdditive)) {
    for (const item of getList(rules, "lines")) {
      const { slopes, ...z } = readLine(item, names, box.domain);
      const sum = slopes.map((value, i) => Q.multiply(value, weights[i])).reduce(Q.add, Q.ZERO);
      const entries = [...z.terms].sort(([i], [j]) => i - j);
      const key = [z.constant, ...entries.flat()].map((value) =>
        (typeof value === "number" ? value : Q.toLowest(value).join("/"))).join(" ");
      if (!known.has(key)) known.set(key, found.length);
      found.push({ ...z, slope: Q.ZERO });
      const first = found[known.get(key)];
      first.slope = sign < 0 ? Q.subtract(first.slope, sum) : Q.add(first.slope, sum);
    }
  }
  return found;
}

/** What additive rules have beside their lines. */
function readBase(terms, { names, weights, box }) {
  const functions = [];
  const signs = [];
  for (const { rules, sign } of terms.filter(({ isAdditive }) => isAdditive)) {
    const objects = readByScore(getEntry(rules, "base", isObject), names);
    functions.push(weigh(objects.map((object) => readFunction(object, box.domain)), weights));
    signs.push(Q.toRational(BigInt(sign)));
  }
  return weigh(functions, signs);
}

/** The partitions among the rules, with the score of each of their rules. */
function readPartitions(terms, { names, weights, box }) {
  return terms.filter(({ isAdditive }) => !isAdditive).map(({ rules, sign }) => {
    const isComplete = getEntry(rules, "complete", isFlag);
    const file = rules.has("splits") ? rules : new Map([...rules, ["splits", []]]);
    const partition = readPartition(file, names, box.domain, isComplete, false);
    const signed = weights.map((weight) => (sign < 0 ? Q.negate(weight) : weight));
    partition.rules.forEach((rule) => { rule.score = weigh(rule.outputs, signed); });
    return partition;
  });
}

/** What trees show, of a tree for each combination of the partitions' rules. */
function judgeRules({ certificate, box, base, lines, partitions }) {
  const count = partitions.reduce((product, { rules }) => product * rules.length, 1);
  const isFull = getList(certificate, "rules").length === count;
  demand(isFull, "rules and trees differ in number");
  const ends = readEnds(certificate, certificate);
  const acting = lines.filter(({ slope }) => !Q.isZero(slope));
  const reads = acting.length > 0;
  const model = reads ? makeModel(acting, new Map(), box) : { neurons: [], scores: [] };
  const partition = joinPartitions(partitions);
  partition.rules.forEach((rule) => {
    const functions = [base, ...rule.scores];
    const sum = weigh(functions, functions.map(() => Q.UNIT));
    rule.targets = makeTargets(sum, ends, box, reads);
  });
  const judged = walkTrees({ box, ...model, partition, certificate });
  refuseExcess(judged.shown);
  return judged;
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
function judgePart(part, { certificate, box, base, lines, seen }) {
  const columns = readIndices(part, "columns", box.domain.features.length, seen.columns);
  const own = readIndices(part, "lines", lines.length, seen.lines).map((i) => lines[i]);
  const terms = new Map([...base.terms].filter(([j]) => columns.includes(j)));
  const ends = readEnds(part, certificate);
  const nothing = { terms: new Map(), constant: Q.ZERO };
  const model = makeModel(own, terms, box);
  const targets = makeTargets(nothing, ends, box, true);
  const trees = getList(part, "trees");
  demand(trees.length === targets.length, "a part's trees and ends differ in number");
  const judged = trees.map((tree, i) => judgeTree({ box, ...model, tree, targets: [targets[i]] }));
  judged.forEach(({ shown }) => refuseExcess(shown));
  const leafCount = judged.reduce((total, one) => total + one.leafCount, 0);
  return { ...ends, leafCount };
}

/** What parts show of rules that are all additive. */
function judgeParts({ certificate, box, base, lines }) {
  const seen = { columns: new Set(), lines: new Set() };
  const parts = getList(certificate, "parts").map((part) => {
    demand(isObject(part), "a part is no object");
    return judgePart(part, { certificate, box, base, lines, seen });
  });
  const isWhole = [...base.terms.keys()].every((j) => seen.columns.has(j)) &&
    lines.every(({ slope }, i) => Q.isZero(slope) || seen.lines.has(i));
  demand(isWhole, "a column or line is in no part");
  const { high, low } = readEnds(certificate, certificate);
  const sum = (key) => parts.map((part) => part[key]).reduce(Q.add, base.constant);
  const isInside = (low === null || !Q.isLess(sum("low"), low)) &&
    (high === null || !Q.isLess(high, sum("high")));
  demand(isInside, "parts add up to more");
  const leafCount = parts.reduce((total, part) => total + part.leafCount, 0);
  return { leafCount, isPartial: false };
}

function findScore(point, { base, lines, partitions }) {
  let total = evaluate(base, point);
  for (const { slope, ...z } of lines) {
    total = Q.add(total, Q.multiply(slope, Q.larger(Q.ZERO, evaluate(z, point))));
  }
  for (const partition of partitions) {
    const rule = findRule(partition, point);
    demand(rule !== undefined, "a row has no rule");
    total = Q.add(total, evaluate(partition.rules[rule].score, point));
  }
  return total;
}

/** What a row is said to reach, `null` without one. */
function readRow(key, claim, sign, context) {
  const { certificate, box } = context;
  const row = getEntry(certificate, key, (value) => value === null || isObject(value));
  if (row === null) return null;
  demand(claim !== null, "a row of an end that isn't claimed");
  const point = readPoint(getList(row, "point"), box.domain);
  demand(satisfies(point, box.domain, box.rightSides), "a row exceeds a constraint");
  const reached = getEntry(row, "reached", isNumber);
  const gap = Q.subtract(findScore(point, context), readNumber(reached));
  demand(Q.isZero(gap) || Q.isNegative(gap) === sign < 0, "a row doesn't reach what it is said to");
  return reached;
}

/** What a range shows of classes: nothing, or that no row is of one. */
function judgeDecision({ certificate, rules, weights, ends }) {
  if (certificate.get("question") !== "decision") return "";
  const lead = findClassLead(certificate, rules, weights.length);
  const isRight = weights.every((weight, i) => Q.isEqual(weight, Q.toRational(lead.weights[i])));
  demand(isRight, "weights aren't those of the classes");
  const cut = { n: lead.cut + lead.radius, e: -PLACES, d: 1n };
  demand(ends[0] !== null && Q.isLess(cut, readNumber(ends[0])), "a class isn't ruled out");
  return `; so no row is of class ${lead.name}`;
}

/** A name as it is, or in quotes where it might be read as more. */
const printName = (name) => (/^[A-Za-z0-9_.-]+$/.test(name) ? name : printCanonical(name));

function describeScore(names, values) {
  const named = names.map((name, i) => [values[i], name]).filter(([value]) => Number(value) !== 0);
  const one = ([value, name]) =>
    (Number(value) === 1 ? printName(name) : `${printCanonical(value)} ${printName(name)}`);
  return named.map(one).join(" + ") || "0";
}

function describeClaim(certificate, names) {
  const score = describeScore(names, certificate.get("weights"));
  const question = certificate.get("question");
  if (question === "monotone") {
    return `change of ${score} where ${printName(certificate.get("column"))} alone rises`;
  }
  return question === "difference" ? `change of ${score} from the other rules` : score;
}

function describeRows(certificate, isPartial) {
  const given = certificate.get("given");
  const isPart = given.get("bounds").size > 0 || given.get("constraints").length > 0;
  const isBoth = certificate.get("question") === "difference";
  const domain = `the domain${isBoth ? " of both" : ""}`;
  return `every row of ${isPart ? `the part of ${domain} that it is about` : domain}` +
    (isPartial ? " that has a rule" : "");
}

function listNames({ rules, isAdditive }) {
  const first = isAdditive ? getEntry(rules, "base", isObject)
    : getEntry(getList(rules, "rules")[0], "outputs", isObject);
  return nameScores(rules, first.size);
}

/** The sentence that a certificate of two or three files proves. Raises Refused. */
export function judgeAnswer(certificate, rules, other) {
  checkHead(certificate, rules, other);
  const { domain, terms } = readSubject(certificate, rules, other);
  const box = new Box(readDomain(domain));
  const names = listNames(terms[0]);
  demand(isSame(listNames(terms.at(-1)), names), "scores have other names");
  const weights = readNumbers(getList(certificate, "weights"), names.length);
  const isEnd = (value) => value === null || isNumber(value);
  const ends = ["low", "high"].map((key) => getEntry(certificate, key, isEnd));
  demand(ends[0] !== null || ends[1] !== null, "nothing is claimed");
  const isOpen = ends[0] === null || ends[1] === null;
  demand(isOpen || !Q.isLess(...ends.map(readNumber).reverse()), "low is more than high");
  const context = { certificate, rules, names, weights, box, ends };
  context.base = readBase(terms, context);
  context.lines = readLines(terms, context);
  context.partitions = readPartitions(terms, context);
  const judged = (context.partitions.length > 0 ? judgeRules : judgeParts)(context);
  const rows = [["lowest", -1], ["highest", 1]].map(([key, sign], i) =>
    [key, ends[i], readRow(key, ends[i], sign, context)]);
  const follows = judgeDecision(context);
  const [low, high] = ends.map((end) => (end === null ? "" : printCanonical(end)));
  const claim = (low && `${low} <= `) + describeClaim(certificate, names) + (high && ` <= ${high}`);
  const told = rows.filter(([, end]) => end !== null).map(([key, , value]) => (value === null
    ? `; it has no ${key} row`
    : `; its ${key} row reaches ${printCanonical(value)}`));
  const where = describeRows(certificate, judged.isPartial);
  return `proven: ${claim} for ${where} (${judged.leafCount} pieces)${follows}${told.join("")}`;
}
