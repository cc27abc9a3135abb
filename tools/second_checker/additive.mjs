/** The certificate of additive rules: algebra of the network against its lines. */
import {
  demand, getEntry, getList, isNumber, isObject, readIndex, refuse,
} from "./json.mjs";
import { addTerm, readNumber, readPoint, readTerms, satisfies } from "./domain.mjs";
import { placeInputs } from "./model.mjs";
import { nameScores } from "./names.mjs";
import { Box, PLACES } from "./box.mjs";
import { judgeTrees } from "./trees.mjs";
import { readFunction, readPartition } from "./ways.mjs";
import { makeTargets } from "./partition.mjs";
import { Composition } from "./neurons.mjs";
import {
  OpenDomain, addExpression, addFunction, addNumbers, copyExpression, makeExpression,
  makeFunction, takeAllSizes, takeSizes,
} from "./slack.mjs";
import * as Q from "./rational.mjs";

const MINUS = Q.negate(Q.UNIT);

export function readByScore(object, names) {
  demand(isObject(object) && object.size === names.length, "scores have other names");
  return names.map((name) => {
    demand(object.has(name), `nothing is said of ${name}`);
    return object.get(name);
  });
}

/** Lines are { terms, constant, slopes }: slope max(0, terms x + constant). */
export function readLine(line, names, domain) {
  return {
    terms: readTerms(line, domain),
    constant: Q.negate(readNumber(getEntry(line, "above", isNumber))),
    slopes: readByScore(line.get("slopes"), names).map(readNumber),
  };
}

/** The lines that stand for neurons. */
function makeVirtualLines(list, composition, names) {
  return list.map((value) => {
    const z = composition.inputs[readIndex(value, composition.inputs.length)];
    demand(z.neurons.size === 0, "a virtual line's neuron reads neurons");
    return { terms: z.terms, constant: z.constant, slopes: names.map(() => Q.ZERO) };
  });
}

/** An affine function [constant, j, value, ...] that a group is shifted by. */
function readShift(list, count) {
  demand(Array.isArray(list) && list.length % 2 === 1, "a shift is no list");
  const terms = new Map();
  const seen = new Set();
  for (let i = 1; i < list.length; i += 2) {
    const j = readIndex(list[i], count);
    demand(!seen.has(j), "a shift names a column twice");
    seen.add(j);
    addTerm(terms, j, readNumber(list[i + 1]));
  }
  return { terms, constant: readNumber(list[0]) };
}

function readShifts(certificate, names, domain) {
  return getList(certificate, "groups").map((group) => {
    const shifts = getList(group, "shift");
    demand(shifts.length === names.length, "a group hasn't a shift for each score");
    return shifts.map((list) => readShift(list, domain.features.length));
  });
}

/** How many times its line a neuron is, and by how much it differs from that. */
function compareWithLine(z, { side, line }, open) {
  let most = null;
  for (const j of [...line.terms.keys()].sort((a, b) => a - b)) {
    const isMore = most === null ||
      Q.isLess(Q.magnitude(line.terms.get(most)), Q.magnitude(line.terms.get(j)));
    if (isMore) most = j;
  }
  demand(most !== null, "a line has no coefficients");
  const own = z.terms.get(most) ?? Q.ZERO;
  const ratio = Q.divide(Q.multiply(side, own), line.terms.get(most));
  demand(ratio.n > 0n, "a neuron is on the other side of its line");
  const rest = copyExpression(side, z);
  addFunction(rest, Q.negate(ratio), line);
  const off = makeFunction();
  addFunction(off, Q.UNIT, rest.slack);
  if (rest.terms.size === 0 && Q.isZero(rest.constant)) return { ratio, off };
  const span = open.findSpan(rest);
  if (span === null) return { ratio, off: takeAllSizes(rest) };
  off.constant = Q.add(off.constant, span);
  return { ratio, off };
}

class Scores {
  constructor({ open, composition, lines, bases, shifts, turn }) {
    Object.assign(this, { open, composition, lines, bases, shifts });
    this.turn = Q.toRational(BigInt(turn));
  }

  /** What is left of a score: `rest`, `hinges` by line, weights in groups, and of lines. */
  compose(score, i) {
    const { neurons, ...whole } = copyExpression(this.turn, this.composition.express(score));
    const rest = { ...whole, neurons: new Map() };
    addFunction(rest, MINUS, this.bases[i]);
    this.shifts.forEach((shift) => addFunction(rest, Q.UNIT, shift[i]));
    const hinges = this.lines.map(({ slopes }) => Q.negate(slopes[i]));
    const groupWeights = this.shifts.map(() => new Map());
    const lineWeights = new Map();
    for (const [k, w] of neurons) {
      const kind = this.composition.kinds[k];
      if (kind.kind === "group") groupWeights[kind.group].set(k, w);
      else if (kind.kind === "line") {
        lineWeights.set(k, w);
        this.fold(k, w, rest, hinges);
      } else refuse("a score reads a neuron of which nothing is told");
    }
    return { rest, hinges, groupWeights, lineWeights };
  }

  /** Take a neuron that is a line as affine, plus a hinge. */
  fold(k, w, rest, hinges) {
    const { line, side } = this.composition.kinds[k];
    const p = this.composition.neurons[k].slope;
    const z = this.composition.inputs[k];
    if (!Q.isZero(p) || Q.isNegative(side)) {
      addExpression(rest, Q.isNegative(side) ? w : Q.multiply(w, p), z);
    }
    const weight = Q.multiply(w, Q.subtract(Q.UNIT, p));
    const { ratio, off } = compareWithLine(z, { side, line: this.lines[line] }, this.open);
    addFunction(rest.slack, Q.magnitude(weight), off);
    hinges[line] = Q.add(hinges[line], Q.multiply(weight, ratio));
  }

  findBound({ rest, hinges }) {
    const parts = [this.open.findSpan(rest), this.open.findRoom(rest.slack)];
    hinges.forEach((hinge, i) => {
      if (Q.isZero(hinge)) return;
      const high = this.open.findHigh(this.lines[i]);
      const size = Q.magnitude(hinge);
      parts.push(high === null ? null : Q.multiply(size, Q.larger(Q.ZERO, high)));
    });
    return addNumbers(...parts);
  }

  /** The largest quotient of what is left and of what the rules say, term by term. */
  findShare({ rest, hinges, lineWeights }, i) {
    const { domain } = this.open;
    const moved = copyExpression(Q.UNIT, rest);
    for (const members of domain.possible) {
      const first = moved.terms.get(members[0]) ?? Q.ZERO;
      moved.constant = Q.add(moved.constant, first);
      members.forEach((j) => addTerm(moved.terms, j, Q.negate(first)));
    }
    const left = takeAllSizes(moved);
    const said = takeSizes(this.bases[i]);
    this.lines.forEach((line, l) => {
      const sizes = takeSizes(line);
      addFunction(left, Q.magnitude(hinges[l]), sizes);
      addFunction(said, Q.magnitude(line.slopes[i]), sizes);
    });
    for (const [k, w] of lineWeights) {
      addFunction(said, Q.magnitude(w), takeAllSizes(this.composition.inputs[k]));
    }
    for (const members of domain.possible) {
      const values = (sizes) => members.map((j) => sizes.terms.get(j) ?? Q.ZERO);
      left.constant = Q.add(left.constant, values(left).reduce(Q.larger));
      said.constant = Q.add(said.constant, values(said).reduce(Q.smaller));
    }
    return this.divide(left, said);
  }

  divide(left, said) {
    let share = Q.ZERO;
    const pairs = [...left.terms].filter(([j]) => this.open.isPlain(j))
      .map(([j, value]) => [value, said.terms.get(j) ?? Q.ZERO]);
    for (const [value, size] of [[left.constant, said.constant], ...pairs]) {
      if (Q.isZero(value)) continue;
      demand(!Q.isZero(size), "something is left where the rules have no term");
      share = Q.larger(share, Q.divide(value, size));
    }
    return share;
  }
}

/** The neurons of a group as units over the box, numbered anew. */
function makeGroupNeurons(composition, open, box, group) {
  const numbers = new Map();
  composition.kinds.forEach((kind, k) => {
    if (kind?.kind === "group" && kind.group === group) numbers.set(k, numbers.size);
  });
  const renumber = (weights) => [...weights].map(([k, w]) => {
    demand(numbers.has(k), "a neuron of a group reads one outside it");
    return [numbers.get(k), w];
  });
  const neurons = [...numbers.keys()].map((k) => {
    const z = composition.inputs[k];
    const room = open.findRoom(z.slack);
    demand(room !== null, "a neuron of a group has no bounded slack");
    const slack = Q.scaleUp(room, PLACES);
    const unit = box.makeUnit(z.terms, z.constant, renumber(z.neurons), slack);
    return { unit, slope: Q.toLowest(composition.neurons[k].slope) };
  });
  return { neurons, renumber };
}

/** What each score's bound grows by through the trees of a group. */
function judgeGroup({ group, box, open, composition, parts, shifts, entry, certificate, names }) {
  const partition = readPartition(entry, names, open.domain, true);
  for (const rule of partition.rules) rule.targets = makeTargets(rule.outputs, box, 1);
  const { neurons, renumber } = makeGroupNeurons(composition, open, box, group);
  const scores = parts.map(({ groupWeights }, i) => {
    const minus = makeExpression();
    addFunction(minus, MINUS, shifts[group][i]);
    return box.makeUnit(minus.terms, minus.constant, renumber(groupWeights[group]));
  });
  const { shown } = judgeTrees({ box, neurons, scores, partition, certificate });
  return names.map((_, i) => {
    const values = shown.flatMap((row) => [row[2 * i], row[2 * i + 1]]);
    const most = values.reduce((one, other) => (one > other ? one : other));
    return { n: most, e: -PLACES, d: 1n };
  });
}

function judgeGroups(entries, certificates, bounds, context) {
  if (entries.length === 0) return bounds;
  demand(!bounds.includes(null), "with groups a score has no bound");
  const box = new Box(context.open.domain);
  return entries.reduce((sums, entry, group) => {
    const certificate = certificates[group];
    const more = judgeGroup({ ...context, box, entry, certificate, group });
    return sums.map((sum, i) => Q.add(sum, more[i]));
  }, bounds);
}

/** What is shown of additive rules: a float64 or `null` for each score, and a share. */
export function judgeAdditive({ certificate, rules, model, domain, places, turn }) {
  const open = new OpenDomain(domain);
  const point = readPoint(getList(certificate, "point"), domain);
  const rightSides = domain.constraints.map(({ most }) => most);
  demand(satisfies(point, domain, rightSides), "the point exceeds a constraint");
  const placed = placeInputs(model, places.inputs);
  const names = nameScores(rules, placed.scores.length);
  const base = readByScore(getEntry(rules, "base", isObject), names);
  const bases = base.map((object) => readFunction(object, domain));
  const printed = getList(rules, "lines").map((line) => readLine(line, names, domain));
  const entries = getList(rules, "neuron_groups");
  const shifts = readShifts(certificate, names, domain);
  demand(shifts.length === entries.length, "rules and certificate differ in groups");
  const virtual = getList(certificate, "virtual");
  const composition = new Composition({
    open, certificate, neurons: placed.neurons,
    lineCount: printed.length + virtual.length, groupCount: entries.length,
  });
  const lines = [...printed, ...makeVirtualLines(virtual, composition, names)];
  const scores = new Scores({ open, composition, lines, bases, shifts, turn });
  const parts = placed.scores.map((score, i) => scores.compose(score, i));
  const own = parts.map((part) => scores.findBound(part));
  const shares = parts.filter((_, i) => own[i] === null)
    .map((part) => scores.findShare(part, parts.indexOf(part)));
  const groups = getList(certificate, "groups");
  const sums = judgeGroups(entries, groups, own, { open, composition, parts, shifts, names });
  const bounds = sums.map((sum) => (sum === null ? null : Q.roundUp(sum)));
  demand(bounds.length > 0, "the model has no scores");
  return {
    bounds: bounds.map((bound) => [bound]),
    bound: bounds.includes(null) ? null : Math.max(...bounds),
    share: shares.length > 0 ? Q.roundUp(shares.reduce(Q.larger)) : null,
    lineCount: printed.length,
  };
}
