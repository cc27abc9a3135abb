/** Rules that decide: which of the model's scores decide, and on which side of what. */
import {
  demand, getEntry, getList, getOptional, isNumber, isObject, isSame, isText, printCanonical,
  readIndex, refuse,
} from "./json.mjs";
import { compareNames } from "./names.mjs";
import { printShort } from "./decimal.mjs";
import { readNumber } from "./domain.mjs";
import * as Q from "./rational.mjs";

const FINE = 224;

/** 2 artanh z, in units of 2^-224. */
function sumSeries(z) {
  let [power] = Q.scaleDown(z, FINE);
  const square = (power * power) >> BigInt(FINE);
  let total = 0n;
  for (let i = 1n; power !== 0n && power !== -1n; i += 2n) {
    total += Q.divideDown(power, i);
    power = (power * square) >> BigInt(FINE);
  }
  return 2n * total;
}

/** ln v in units of 2^-192, and how far that may be off. */
function takeLogarithm(v) {
  if (Q.isEqual(v, Q.UNIT)) return { cut: 0n, radius: 0n };
  const [p, q] = Q.toLowest(v);
  const k = Q.countBits(p) - Q.countBits(q);
  const m = { ...v, e: v.e - k };
  const z = Q.divide(Q.subtract(m, Q.UNIT), Q.add(m, Q.UNIT));
  const third = Q.divide(Q.UNIT, Q.toRational(3n));
  const sum = BigInt(k) * sumSeries(third) + sumSeries(z);
  return { cut: sum >> 32n, radius: 2n };
}

/** The score's own threshold where its head gives the threshold t. */
function invertLink(link, t) {
  const rest = Q.subtract(Q.UNIT, t);
  if (link === "identity") {
    const [cut, isExact] = Q.scaleDown(t, 192);
    return { cut, radius: isExact ? 0n : 1n };
  }
  if (link === "sigmoid" || link === "complement") {
    const isInside = t.n > 0n && rest.n > 0n;
    demand(isInside, "a threshold of a probability isn't between 0 and 1");
    return takeLogarithm(Q.divide(t, rest));
  }
  const v = link === "exp" ? t : Q.add(t, Q.UNIT);
  demand(link === "exp" || link === "expm1", "no threshold is known for this link");
  demand(v.n > 0n, "a threshold is never passed");
  return takeLogarithm(v);
}

function decideByThreshold(heads, t, scoreCount) {
  const last = heads[heads.length - 1];
  const link = getEntry(last, "link", isText);
  const score = readIndex(getList(last, "scores")[0], scoreCount);
  return { score, sign: link === "complement" ? -1n : 1n, ...invertLink(link, t) };
}

/** What decides without a threshold: one score, or the largest of `compared`. */
function decideByHeads(heads, scoreCount) {
  const links = heads.map((head) => getEntry(head, "link", isText));
  const lists = heads.map((head) => getList(head, "scores"));
  const isShared = lists.every((list) => isSame(list, lists[0]));
  const isPair = links.length === 2 && isShared && links.includes("sigmoid") &&
    links.includes("complement");
  if (isPair) {
    const sign = links[1] === "sigmoid" ? 1n : -1n;
    return { score: readIndex(lists[1][0], scoreCount), sign, cut: 0n, radius: 0n };
  }
  if (links.length === 1 && links[0] === "argmax") {
    return { compared: lists[0].map((value) => readIndex(value, scoreCount)) };
  }
  const isOneLink = links.length > 1 && links.every((link) => link === links[0]);
  const isKnown = links[0] === "identity" ||
    (isShared && (links[0] === "softmax" || links[0] === "log_softmax"));
  demand(isOneLink && isKnown, "these heads don't decide");
  const compared = heads.map((head, i) => {
    const component = readIndex(head.get("component"), lists[i].length);
    return readIndex(lists[i][component], scoreCount);
  });
  return { compared };
}

function compareClasses(decision, threshold, model, count) {
  const given = getList(decision, "classes");
  if (threshold !== null) {
    const output = model.outputs[model.outputs.length - 1];
    demand(isText(output), "an output's name is no text");
    const value = printShort(Number(threshold), 6);
    const own = [`${output} < ${value}`, `${output} >= ${value}`];
    return compareNames(given, own, { isOwn: true });
  }
  if (model.heads[0].get("link") === "argmax") {
    const own = Array.from({ length: count }, (_, i) => String(i));
    return compareNames(given, own, { isOwn: false });
  }
  demand(model.outputs.every(isText), "an output's name is no text");
  const isShort = model.outputs.every((name) => name.startsWith("p_") && name.length > 2);
  const own = model.outputs.map((name) => (isShort ? name.slice(2) : name));
  return compareNames(given, own, { isOwn: model.ownsOutputs });
}

function findThreshold(rules, own) {
  const labels = getOptional(rules, "labels");
  if (own !== null || labels === null) return own;
  demand(isObject(labels), "labels are no object");
  const threshold = getOptional(labels, "threshold");
  demand(threshold === null || isNumber(threshold), "the threshold of labels is no number");
  return threshold;
}

/**
 * How rules decide: `score`, `sign`, `cut` and `radius`, or `compared`; and `count`, the number
 * of the rules' own scores. `isByPosition` tells that class names were compared so.
 */
export function readDecision(rules, model) {
  const decision = getEntry(rules, "decision", isObject);
  const own = getEntry(decision, "threshold", (x) => x === null || isNumber(x));
  demand(model.heads.length > 0, "the model has no heads");
  model.heads.forEach((head) => getEntry(head, "link", () => true));
  const threshold = findThreshold(rules, own);
  const scoreCount = model.scores.length;
  const how = threshold === null
    ? decideByHeads(model.heads, scoreCount)
    : decideByThreshold(model.heads, readNumber(threshold), scoreCount);
  const heads = getList(rules, "heads");
  const isArgmax = heads.length > 0 && isObject(heads[0]) && heads[0].get("link") === "argmax";
  const count = how.compared ? how.compared.length : isArgmax ? 2 : 1;
  const expected = new Map([
    ["link", count === 1 ? "step" : "argmax"],
    ["scores", Array.from({ length: count }, (_, i) => BigInt(i))],
    ["component", 0n],
  ]);
  demand(isSame(heads, [expected]), "the rules' heads don't decide as they must");
  const outputs = getList(rules, "outputs");
  const isClass = outputs.length === 1 && isText(outputs[0]) && /^class_*$/.test(outputs[0]);
  demand(isClass, "the output of rules that decide isn't class");
  return { ...how, count, isByPosition: compareClasses(decision, own, model, count) };
}

/** The number of the class that a rule's outputs, in order of the scores, decide on. */
export function readClass(outputs, count) {
  const isConstant = outputs.every(({ terms }) => terms.size === 0);
  demand(isConstant, "a rule that decides has coefficients");
  const constants = outputs.map(({ constant }) => constant);
  if (count === 1) {
    const isSign = Q.isEqual(Q.magnitude(constants[0]), Q.UNIT);
    return isSign ? Number(constants[0].n > 0n) : refuse("a rule decides neither way");
  }
  const chosen = constants.filter((constant) => !Q.isZero(constant));
  const isOne = chosen.length === 1 && Q.isEqual(chosen[0], Q.UNIT);
  demand(isOne, "a rule doesn't decide on one class");
  return constants.findIndex((constant) => !Q.isZero(constant));
}

/** Refuse outputs that aren't those of all classes, in the order of the scores compared. */
function checkClassOrder({ compared }, heads, scoreCount) {
  if (!compared) {
    demand(scoreCount === 1, "two classes are told by one of several scores");
    return;
  }
  const isPlain = heads[0].get("link") === "identity";
  const own = Array.from({ length: scoreCount }, (_, i) => BigInt(i));
  const scores = isPlain ? own : getList(heads[0], "scores");
  demand(isSame(compared.map(BigInt), scores), "outputs have another order than their scores");
}

/** How rules that have scores tell classes. */
function readClassDecision(rules, scoreCount) {
  const labels = getOptional(rules, "labels");
  demand(labels === null || isObject(labels), "labels are no object");
  let threshold = labels && getOptional(labels, "threshold");
  const plain = () => getList(rules, "outputs").map((_, i) =>
    new Map([["link", "identity"], ["scores", [BigInt(i)]], ["component", 0n]]));
  const heads = rules.has("heads") ? getList(rules, "heads") : plain();
  demand(heads.length > 0, "there are no outputs");
  const isAlone = heads.length === 1 && getEntry(heads[0], "link", isText) === "sigmoid";
  if (threshold === null && isAlone) threshold = 0.5;
  const how = threshold === null
    ? decideByHeads(heads, scoreCount)
    : decideByThreshold(heads, readNumber(threshold), scoreCount);
  checkClassOrder(how, heads, scoreCount);
  const count = how.compared ? how.compared.length : 2;
  const isLabelled = labels === null || getList(labels, "values").length === count;
  demand(isLabelled, "labels and classes differ in number");
  return how;
}

/** The weights that show that no row is of a class, where their sum is above the cut. */
export function findClassLead(certificate, rules, scoreCount) {
  const how = readClassDecision(rules, scoreCount);
  const count = how.compared ? how.compared.length : 2;
  const number = readIndex(certificate.get("class"), count);
  const ahead = how.compared ? readIndex(certificate.get("ahead"), count) : 1 - number;
  demand(ahead !== number, "a class is ahead of itself");
  const weights = Array(scoreCount).fill(0n);
  let [cut, radius] = [0n, 0n];
  if (how.compared) {
    weights[how.compared[ahead]] += 1n;
    weights[how.compared[number]] -= 1n;
  } else {
    const side = BigInt(ahead - number);
    weights[how.score] += side * how.sign;
    [cut, radius] = [side * how.cut, how.radius];
  }
  const labels = getOptional(rules, "labels");
  if (labels === null) return { weights, cut, radius, name: `number ${number}` };
  const name = printCanonical(getList(labels, "values")[number]);
  return { weights, cut, radius, name };
}
