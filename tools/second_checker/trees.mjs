/** Trees of a partition: what they show of every rule. */
import {
  demand, getEntry, getList, isFlag, isNumber, isObject, readIndex, refuse,
} from "./json.mjs";
import { evaluateTerms, readNumber, readPoint, readTerms, satisfies } from "./domain.mjs";
import { readPairs } from "./box.mjs";
import * as Q from "./rational.mjs";

// Splits that lead to shared ones have ways without end.
export const MOST_SIDES = 2 ** 24;

const keyOf = ({ split, holds }) => 2 * split + Number(holds);

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

function checkPoints({ rules, splits }, box) {
  const { domain } = box;
  const rightSides = domain.constraints.map(({ most }) => most);
  const isInside = rules.map(({ point, conditions }) => {
    demand(satisfies(point, domain, box.rightSides), "a rule's point exceeds a constraint");
    const isExact = satisfies(point, domain, rightSides);
    return isExact && isStrictlyInside(point, conditions, splits);
  });
  demand(isInside.includes(true), "no rule's point lies strictly within its conditions");
}

/**
 * One judgement of trees: `box`, `neurons` as { unit, slope } and `scores` as units are the
 * model; `partition` has the rules, each with its `targets`.
 */
class Judge {
  constructor(box, neurons, scores, partition) {
    Object.assign(this, { box, neurons, scores, partition });
    this.leafCount = 0;
    this.shown = partition.rules.map(({ targets }) => targets.map(() => 0n));
  }

  makeCell(sides) {
    const rows = sides.map(({ split, holds }) => {
      const { terms, least } = this.partition.splits[split];
      return this.box.makeRow(this.box.makeForm(terms, Q.negate(least)), holds ? 1n : -1n);
    });
    const first = this.box.rows.length;
    const strict = sides.map(({ holds }, i) => (holds ? -1 : first + i));
    return {
      strict: new Set(this.partition.isStrict ? strict : []),
      rows: [...this.box.rows, ...rows],
      inputs: [],
      outputs: [],
      allowed: this.box.allowed,
    };
  }

  /** The form of a neuron's z; once found it stays for the nodes below. */
  findInput(k, cell) {
    cell.inputs[k] ??= this.box.findForm(this.neurons[k].unit, cell.outputs);
    return cell.inputs[k];
  }

  take(entry, cell) {
    const number = Array.isArray(entry) ? entry[0] : entry;
    demand(typeof number === "bigint" && number !== 0n, "what a node takes is no neuron");
    const side = number > 0n ? 1n : -1n;
    const k = readIndex(side * number - 1n, this.neurons.length);
    const form = this.findInput(k, cell);
    const beyond = form.values.map((value) => -side * value);
    const multipliers = Array.isArray(entry) ? entry.slice(1) : [];
    const most = this.box.findMost(beyond, multipliers, cell) + form.radius;
    this.tell(k, side, most > 0n ? most : 0n, cell);
  }

  tell(k, side, excess, cell) {
    const { slope } = this.neurons[k];
    cell.outputs[k] = this.box.findOutput(this.findInput(k, cell), slope, side, excess);
  }

  look(node, before, rule) {
    if (before.allowed.some((members) => members.size === 0)) return;
    demand(Array.isArray(node) && node.length >= 2, "a node is no list of two entries");
    const cell = { ...before, inputs: [...before.inputs], outputs: [...before.outputs] };
    demand(Array.isArray(node[0]), "what a node takes is no list");
    node[0].forEach((entry) => this.take(entry, cell));
    if (node[1] === "split") this.split(node, cell, rule);
    else if (node[1] === "category") this.divide(node, cell, rule);
    else if (node[1] === "leaf") this.measure(node.slice(2), cell, rule);
    else if (node[1] === "empty") this.checkEmpty(node[2], cell);
    else refuse("a node is of an unknown kind");
  }

  split(node, cell, rule) {
    demand(node.length === 5, "a split hasn't five entries");
    const k = readIndex(node[2], this.neurons.length);
    const form = this.findInput(k, cell);
    for (const [side, below] of [[-1n, node[3]], [1n, node[4]]]) {
      const part = { ...cell, outputs: [...cell.outputs] };
      part.rows = [...cell.rows, this.box.makeRow(form, side)];
      this.tell(k, side, 0n, part);
      this.look(below, part, rule);
    }
  }

  divide(node, cell, rule) {
    demand(node.length === 5, "a division by category hasn't five entries");
    const j = readIndex(node[2], this.box.count);
    const group = this.box.groupOf[j];
    demand(group !== null, "a division by category is by a column in no group");
    for (const [isMember, below] of [[true, node[3]], [false, node[4]]]) {
      const kept = [...cell.allowed[group]].filter((member) => (member === j) === isMember);
      const allowed = cell.allowed.with(group, new Set(kept));
      this.look(below, { ...cell, allowed }, rule);
    }
  }

  checkEmpty(multipliers, cell) {
    const zeros = Array(this.box.count + 1).fill(0n);
    const most = this.box.findMost(zeros, multipliers, cell);
    const isStrict = readPairs(multipliers).some(([row, y]) =>
      cell.strict.has(Number(row)) && Q.scaleDown(y, 64)[0] > 0n);
    demand(most < 0n || (most === 0n && isStrict), "a part isn't shown to be empty");
  }

  measure(multipliers, cell, rule) {
    this.leafCount += 1;
    const scores = this.scores.map((unit) => this.box.findForm(unit, cell.outputs));
    this.partition.rules[rule].targets.forEach(({ form, reads }, i) => {
      const values = [...form.values];
      let { radius } = form;
      for (const { score, sign } of reads) {
        scores[score].values.forEach((value, u) => { values[u] += sign * value; });
        radius += scores[score].radius;
      }
      const own = i < multipliers.length ? multipliers[i] : [];
      const most = this.box.findMost(values, own, cell) + radius;
      if (most > this.shown[rule][i]) this.shown[rule][i] = most;
    });
  }
}

/** The largest gap of every rule and target, in units of 2^-192; and whether ways lack a rule. */
export function judgeTrees(parts) {
  checkPoints(parts.partition, parts.box);
  return walkTrees(parts);
}

/** The same, whatever the points of the rules. */
export function walkTrees({ box, neurons, scores, partition, certificate }) {
  const judge = new Judge(box, neurons, scores, partition);
  const [trees, paths] = [getList(certificate, "rules"), getList(certificate, "paths")];
  demand(trees.length === partition.rules.length, "rules and trees differ in number");
  partition.rules.forEach(({ conditions }, rule) => {
    judge.look(trees[rule], judge.makeCell(conditions), rule);
  });
  let used = 0;
  let isPartial = false;
  for (const { rule, sides } of partition.ways?.() ?? walkWays(partition)) {
    if (rule === undefined) {
      isPartial = true;
      continue;
    }
    const keys = new Set(sides.map(keyOf));
    if (partition.rules[rule].conditions.every((side) => keys.has(keyOf(side)))) continue;
    demand(used < paths.length, "there are too few paths");
    judge.look(paths[used], judge.makeCell(sides), rule);
    used += 1;
  }
  demand(used === paths.length, "there are too many paths");
  return { shown: judge.shown, isPartial, leafCount: judge.leafCount };
}

/** The largest gap of every target in one tree, which begins with the rows of the constraints. */
export function judgeTree({ box, neurons, scores, targets, tree }) {
  const judge = new Judge(box, neurons, scores, { splits: [], rules: [{ targets }] });
  judge.look(tree, judge.makeCell([]), 0);
  return { shown: judge.shown[0], leafCount: judge.leafCount };
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
