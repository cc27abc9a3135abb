/** Rules of a partition, and the ways down to them. */
import { demand, getEntry, getList, isFlag, isNumber, isObject, readIndex } from "./json.mjs";
import { evaluateTerms, readNumber, readPoint, readTerms, satisfies } from "./domain.mjs";
import * as Q from "./rational.mjs";

// Splits that lead to shared ones have ways without end.
export const MOST_SIDES = 2 ** 24;

export const keyOf = ({ split, holds }) => 2 * split + Number(holds);

function readOutputs(object, names, domain) {
  const outputs = getEntry(object, "outputs", isObject);
  const isNamed = outputs.size === names.length && names.every((name) => outputs.has(name));
  demand(isNamed, "a rule's outputs have other names than the scores");
  return names.map((name) => readFunction(outputs.get(name), domain));
}

/** An affine function of the features. */
export function readFunction(object, domain) {
  const terms = readTerms(object, domain);
  return { terms, constant: readNumber(object.get("constant")) };
}

function readConditions(rule, splitCount) {
  return getList(rule, "conditions").map((condition) => {
    const holds = getEntry(condition, "holds", isFlag);
    return { split: readIndex(condition.get("split"), splitCount), holds };
  });
}

/** Splits and rules of a partition, or of a group of neurons; answers don't read rules' points. */
export function readPartition(object, names, domain, isComplete, hasPoints = true) {
  const splits = getList(object, "splits").map((split) => ({
    terms: readTerms(split, domain),
    least: readNumber(getEntry(split, "at_least", isNumber)),
    file: split,
  }));
  const rules = getList(object, "rules").map((rule) => ({
    outputs: readOutputs(rule, names, domain),
    point: hasPoints ? readPoint(getList(rule, "point"), domain) : null,
    conditions: rule.has("conditions") ? readConditions(rule, splits.length) : null,
  }));
  demand(rules.length > 0, "there are no rules");
  const partition = { splits, rules, isComplete };
  if (rules.some(({ conditions }) => conditions === null)) fillConditions(partition);
  return partition;
}

/** Where a side of a split leads to: a split, a rule, or neither. */
function followSide(partition, split, holds) {
  const { splits, rules, isComplete } = partition;
  const target = getEntry(splits[split].file, holds ? "then" : "otherwise", isObject);
  if (target.has("split")) {
    const next = readIndex(target.get("split"), splits.length);
    demand(next > split, "a split leads back");
    return { split: next };
  }
  if (!target.has("rule")) {
    demand(!isComplete, "a way of complete rules leads to no rule");
    return {};
  }
  const number = target.get("rule");
  demand(typeof number === "bigint", "the number of a rule is no integer");
  return { rule: readIndex(number - 1n, rules.length) };
}

function listSides(way) {
  const sides = [];
  for (let link = way; link !== null; link = link.before) sides.push(link.side);
  return sides.reverse();
}

/** All ways, `otherwise` first: { rule, sides }, rule undefined where there is none. */
export function* walkWays(partition) {
  let total = 0;
  const start = partition.splits.length > 0 ? { split: 0 } : { rule: 0 };
  const open = [{ ...start, way: null }];
  while (open.length > 0) {
    const { split, rule, way } = open.pop();
    if (split === undefined) {
      const sides = listSides(way);
      total += sides.length;
      demand(total <= MOST_SIDES, "the ways to rules have too many sides");
      yield { rule, sides };
      continue;
    }
    // The last one pushed is looked at first.
    for (const holds of [true, false]) {
      const next = followSide(partition, split, holds);
      open.push({ ...next, way: { side: { split, holds }, before: way } });
    }
  }
}

function fillConditions(partition) {
  const missing = new Set(partition.rules.filter(({ conditions }) => conditions === null));
  for (const { rule, sides } of walkWays(partition)) {
    const goal = partition.rules[rule];
    if (!missing.has(goal)) continue;
    demand(goal.conditions === null, "a rule without conditions has several ways");
    goal.conditions = sides;
  }
  const isFilled = partition.rules.every(({ conditions }) => conditions !== null);
  demand(isFilled, "a rule without conditions has no way");
}

function isStrictlyInside(point, conditions, splits) {
  return conditions.every(({ split, holds }) => {
    const { terms, least } = splits[split];
    const value = evaluateTerms(terms, point);
    return holds ? Q.isLess(least, value) : Q.isLess(value, least);
  });
}

/** Refuse rules whose points are outside the domain, or none of which is inside its rule. */
export function checkPoints({ rules, splits }, box) {
  const { domain } = box;
  const rightSides = domain.constraints.map(({ most }) => most);
  const isInside = rules.map(({ point, conditions }) => {
    demand(satisfies(point, domain, box.rightSides), "a rule's point exceeds a constraint");
    const isExact = satisfies(point, domain, rightSides);
    return isExact && isStrictlyInside(point, conditions, splits);
  });
  demand(isInside.includes(true), "no rule's point lies strictly within its conditions");
}

/** The rule that applies at a point; undefined where there is none. */
export function findRule(partition, point) {
  const { splits } = partition;
  let at = splits.length > 0 ? { split: 0 } : { rule: 0 };
  while (at.split !== undefined) {
    const { terms, least } = splits[at.split];
    at = followSide(partition, at.split, !Q.isLess(evaluateTerms(terms, point), least));
  }
  return at.rule;
}
