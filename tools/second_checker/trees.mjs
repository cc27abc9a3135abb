/** Trees of a partition: what they show of every rule. */
import { demand, getList, readIndex, refuse } from "./json.mjs";
import { readNumber } from "./domain.mjs";
import { readPairs } from "./box.mjs";
import { checkPoints, keyOf, walkWays } from "./ways.mjs";
import * as Q from "./rational.mjs";

// 1 as a share.
const WHOLE = 1n << 64n;

/** A number from 0 to 1 in units of 2^-64. */
function readShare(value) {
  const share = readNumber(value);
  const isShare = !Q.isNegative(share) && !Q.isLess(Q.UNIT, share);
  demand(isShare, "a share isn't from 0 to 1");
  return Q.scaleDown(share, 64)[0];
}

const larger = (one, two) => (one > two ? one : two);

const copyCell = (cell) => ({
  ...cell,
  inputs: [...cell.inputs],
  outputs: [...cell.outputs],
  others: new Map(cell.others),
});

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
      others: new Map(),
      allowed: this.box.allowed,
    };
  }

  /** The form of a neuron's z; once found it stays for the nodes below. */
  findInput(k, cell) {
    cell.inputs[k] ??= this.findUnit(this.neurons[k].unit, cell);
    return cell.inputs[k];
  }

  /** The form of a unit; neurons that are told as a change count for the other one too. */
  findUnit(unit, cell) {
    const weights = new Map(unit.reads.map(({ k, weight }) => [k, weight]));
    for (const [k, other] of cell.others) {
      if (weights.has(k)) weights.set(other, (weights.get(other) ?? 0n) + weights.get(k));
    }
    const reads = [...weights].map(([k, weight]) => ({ k, weight }));
    return this.box.findForm(
      { ...unit, reads: reads.filter(({ weight }) => weight !== 0n) }, cell.outputs,
    );
  }

  take(entry, cell) {
    if (Array.isArray(entry) && entry[0] === "chord") {
      this.takeChord(entry, cell);
      return;
    }
    if (Array.isArray(entry) && entry[0] === "change") {
      this.takeChange(entry, cell);
      return;
    }
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
    cell.others.delete(k);
  }

  /** A neuron of slope 0 by its number. */
  readRelu(value) {
    const k = readIndex(value, this.neurons.length);
    demand(this.neurons[k].slope[0] === 0n, "a chord or change is of a neuron with a slope");
    return k;
  }

  /** How far a form may be below and above 0. */
  findSpan({ values, radius }, [below, above], cell) {
    const opposite = values.map((value) => -value);
    return [[opposite, below], [values, above]].map(([some, multipliers]) => {
      const most = this.box.findMost(some, multipliers, cell) + radius;
      return most > 0n ? most : 0n;
    });
  }

  takeChord(entry, cell) {
    demand(entry.length === 5, "a chord hasn't five entries");
    const k = this.readRelu(entry[1]);
    const form = this.findInput(k, cell);
    const share = readShare(entry[2]);
    const [under, over] = this.findSpan(form, entry.slice(3), cell);
    const most = larger(share * under, (WHOLE - share) * over);
    cell.outputs[k] = this.box.takeShare(form, share, 0n, most);
    cell.others.delete(k);
  }

  takeChange(entry, cell) {
    demand(entry.length === 6, "a change hasn't six entries");
    const k = this.readRelu(entry[1]);
    const other = this.readRelu(entry[2]);
    const isFree = k !== other && !cell.others.has(other) && ![...cell.others.values()].includes(k);
    demand(isFree, "a change is from a neuron that is told as one");
    const [one, two] = [this.findInput(k, cell), this.findInput(other, cell)];
    const values = one.values.map((value, u) => value - two.values[u]);
    const form = { values, radius: one.radius + two.radius };
    const share = readShare(entry[3]);
    const [under, over] = this.findSpan(form, entry.slice(4), cell);
    const rest = WHOLE - share;
    const least = -larger(share * over, rest * under);
    const most = larger(rest * over, share * under);
    cell.outputs[k] = this.box.takeShare(form, share, least, most);
    cell.others.set(k, other);
  }

  look(node, before, rule) {
    if (before.allowed.some((members) => members.size === 0)) return;
    demand(Array.isArray(node) && node.length >= 2, "a node is no list of two entries");
    const cell = copyCell(before);
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
      const part = copyCell(cell);
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
    const scores = this.scores.map((unit) => this.findUnit(unit, cell));
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
