/** What an additive certificate says of neurons: their expressions, signs and ranges. */
import { demand, getList, isNumber, readIndex, refuse } from "./json.mjs";
import { readNumber } from "./domain.mjs";
import { readPairs } from "./box.mjs";
import {
  addExpression, addFunction, addNumbers, copyExpression, makeExpression, takeAllSizes,
} from "./slack.mjs";
import * as Q from "./rational.mjs";

const MINUS = Q.negate(Q.UNIT);

/** What a neuron of this slope gives for a number. */
function activate(value, slope) {
  return Q.isNegative(value) ? Q.multiply(slope, value) : value;
}

function readSide(value) {
  demand(value === 1n || value === -1n, "a line's side is neither 1 nor -1");
  return Q.toRational(value);
}

/** The pairs of constraints and the sides of triangles in a list of multipliers. */
function readHints(list, constraints, neuron) {
  const [pairs, sides] = [[], []];
  for (const [number, y] of readPairs(list)) {
    demand(typeof number === "bigint", "a pair names no integer");
    if (number >= 0n) {
      pairs.push([constraints[readIndex(number, constraints.length)], y]);
      continue;
    }
    const k = readIndex((-number - 1n) / 3n, neuron);
    sides.push({ k, side: (-number - 1n) % 3n, y });
  }
  return { pairs, sides };
}

export class Composition {
  /** Neurons are { terms, constant, neurons, slope }; `lineCount` counts virtual lines too. */
  constructor({ open, neurons, certificate, lineCount, groupCount }) {
    Object.assign(this, { open, neurons, lineCount, groupCount });
    this.inputs = [];
    this.outputs = [];
    this.kinds = [];
    this.ranges = new Map();
    this.hints = this.readRanges(certificate);
    const entries = getList(certificate, "neurons");
    demand(entries.length === neurons.length, "the certificate has another number of neurons");
    entries.forEach((entry, k) => this.compose(entry, k));
  }

  readRanges(certificate) {
    const hints = new Map();
    for (const entry of certificate.get("ranges") ?? []) {
      const isRange = Array.isArray(entry) && entry.length === 3 && typeof entry[0] === "bigint";
      demand(isRange && !hints.has(entry[0]), "a range is twice or none");
      hints.set(entry[0], entry.slice(1));
    }
    return hints;
  }

  /** The expression of a neuron's z, or of a score. */
  express({ terms, constant, neurons }) {
    const sum = makeExpression(constant, terms);
    for (const [k, w] of neurons) addExpression(sum, w, this.outputs[k]);
    return sum;
  }

  compose(entry, k) {
    demand(Array.isArray(entry), "a neuron's entry is no list");
    this.inputs.push(this.express(this.neurons[k]));
    const [kind, ...rest] = entry;
    if (kind === "fixed") this.outputs.push(this.fix(rest, k));
    else if (kind === "points") this.outputs.push(this.list(rest, k));
    else {
      this.kinds[k] = this.readKind(kind, rest, k);
      const output = makeExpression();
      output.neurons.set(k, Q.UNIT);
      this.outputs.push(output);
    }
  }

  readKind(kind, rest, k) {
    if (kind === "line" && rest.length === 2) {
      demand(this.inputs[k].neurons.size === 0, "a line's neuron reads neurons");
      return { kind, line: readIndex(rest[0], this.lineCount), side: readSide(rest[1]) };
    }
    if (kind === "group" && rest.length === 1) {
      return { kind, group: readIndex(rest[0], this.groupCount) };
    }
    const isUnread = kind === "unread" && rest.length === 0;
    return isUnread ? { kind } : refuse("a neuron's entry is of another shape");
  }

  /** The output by the members of the one group that z reads. */
  list(rest, k) {
    const { domain } = this.open;
    const z = this.inputs[k];
    const groups = new Set([...z.terms.keys()].map((j) => domain.groupOf[j]));
    const isOne = rest.length === 0 && z.neurons.size === 0 && groups.size === 1;
    demand(isOne && !groups.has(null), "points aren't of one group");
    const { slope } = this.neurons[k];
    const output = makeExpression();
    for (const j of domain.groups[[...groups][0]]) {
      const value = Q.add(z.constant, z.terms.get(j) ?? Q.ZERO);
      output.terms.set(j, activate(value, slope));
    }
    addFunction(output.slack, Q.larger(Q.UNIT, Q.magnitude(slope)), z.slack);
    return output;
  }

  fix([given, above = [], below = [], ...rest], k) {
    demand(isNumber(given) && rest.length === 0, "a fixed entry is of another shape");
    demand(Array.isArray(above) && Array.isArray(below), "pairs are no list");
    const z = this.inputs[k];
    const g = readNumber(given);
    const parts = [[Q.UNIT, Q.UNIT, above], [this.neurons[k].slope, MINUS, below]]
      .map(([slope, sign, list]) => ({ gap: Q.magnitude(Q.subtract(slope, g)), sign, list }))
      .filter(({ gap }) => !Q.isZero(gap));
    const bounds = parts.map(({ sign, list }) => this.findBound(z, sign, list, k));
    const output = copyExpression(g, z);
    if (bounds.includes(null)) {
      demand(z.neurons.size === 0, "a fixed neuron without a bound reads neurons");
      addFunction(output.slack, parts.map(({ gap }) => gap).reduce(Q.larger), takeAllSizes(z));
      return output;
    }
    const excess = parts.map(({ gap }, i) => Q.multiply(gap, bounds[i]));
    output.slack.constant = Q.add(output.slack.constant, [Q.ZERO, ...excess].reduce(Q.larger));
    return output;
  }

  /** What sign z of a neuron is at most, or no number. */
  findBound(z, sign, list, neuron) {
    const { pairs, sides } = readHints(list, this.open.domain.constraints, neuron);
    const sum = makeExpression();
    addExpression(sum, sign, { ...z, slack: sum.slack });
    for (const { k, side, y } of sides) this.addSide(sum, k, side, y);
    const byLines = this.boundByLines(copyExpression(Q.UNIT, sum), pairs);
    const byEnds = z.neurons.size > 0 ? this.boundByEnds(sum, pairs) : null;
    const bounds = [byLines, byEnds].filter((bound) => bound !== null);
    if (bounds.length === 0) return null;
    return addNumbers(bounds.reduce(Q.smaller), this.open.findRoom(z.slack));
  }

  /** Add a side of the triangle around what a neuron gives. */
  addSide(sum, k, side, y) {
    const isSteep = Q.isLess(Q.UNIT, this.neurons[k].slope);
    const isUpper = isSteep === side < 2n;
    const line = this.relax(k, isUpper, side === 0n ? Q.UNIT : Q.ZERO);
    demand(line !== null, "a triangle has no such side");
    const w = isUpper ? y : Q.negate(y);
    addExpression(sum, Q.multiply(w, line.gain), this.inputs[k]);
    addTermOf(sum, k, Q.negate(w));
    sum.constant = Q.add(sum.constant, Q.multiply(y, line.offset));
  }

  boundByLines(sum, pairs) {
    while (sum.neurons.size > 0) {
      const k = Math.max(...sum.neurons.keys());
      const w = sum.neurons.get(k);
      const line = this.relax(k, !Q.isNegative(w), null);
      if (line === null) return null;
      sum.neurons.delete(k);
      addExpression(sum, Q.multiply(w, line.gain), this.inputs[k]);
      sum.constant = Q.add(sum.constant, Q.multiply(Q.magnitude(w), line.offset));
    }
    return addNumbers(this.open.findHigh(sum, pairs), this.open.findRoom(sum.slack));
  }

  boundByEnds(expression, pairs) {
    const sum = copyExpression(Q.UNIT, expression);
    for (const [k, w] of sum.neurons) {
      const end = this.findEnd(k, !Q.isNegative(w));
      if (end === null) return null;
      sum.constant = Q.add(sum.constant, Q.multiply(w, end));
    }
    return addNumbers(this.open.findHigh(sum, pairs), this.open.findRoom(sum.slack));
  }

  /** [low, high] of a neuron's z, rounded outward; each may be no number. */
  findRange(k) {
    if (!this.ranges.has(k)) {
      const [below, above] = this.hints.get(BigInt(k)) ?? [[], []];
      const [low, high] = [[MINUS, below], [Q.UNIT, above]].map(([sign, list]) => {
        const bound = this.findBound(this.inputs[k], sign, list, k);
        return bound === null ? null : Q.toRational(Q.roundUp(bound));
      });
      this.ranges.set(k, [low === null ? null : Q.negate(low), high]);
    }
    return this.ranges.get(k);
  }

  /** The line { gain, offset } above or below what a neuron gives, or none. */
  relax(k, isUpper, share) {
    const p = this.neurons[k].slope;
    const [low, high] = this.findRange(k);
    if (low !== null && !Q.isNegative(low)) return { gain: Q.UNIT, offset: Q.ZERO };
    if (high !== null && high.n <= 0n) return { gain: p, offset: Q.ZERO };
    const rest = Q.subtract(Q.UNIT, p);
    if (isUpper !== !Q.isNegative(rest)) {
      const isWide = low === null || high === null || !Q.isLess(high, Q.negate(low));
      const part = share ?? (isWide ? Q.UNIT : Q.ZERO);
      return { gain: Q.add(p, Q.multiply(part, rest)), offset: Q.ZERO };
    }
    if (low !== null && high !== null) return joinEnds(p, low, high, isUpper);
    if (low !== null) {
      return { gain: Q.UNIT, offset: Q.multiply(Q.magnitude(rest), Q.negate(low)) };
    }
    return high === null ? null : { gain: p, offset: Q.multiply(Q.magnitude(rest), high) };
  }

  /** The most or least that a neuron gives, or none. */
  findEnd(k, isUpper) {
    const p = this.neurons[k].slope;
    const [low, high] = this.findRange(k);
    if (isUpper && high === null) return null;
    if (low === null && !Q.isZero(p) && isUpper === Q.isNegative(p)) return null;
    const ends = [low, high].filter((end) => end !== null).map((end) => activate(end, p));
    const isBelow = low === null || Q.isNegative(low);
    if (isBelow && (high === null || high.n > 0n)) ends.push(Q.ZERO);
    return ends.reduce(isUpper ? Q.larger : Q.smaller);
  }
}

function addTermOf(sum, k, w) {
  const term = makeExpression();
  term.neurons.set(k, Q.UNIT);
  addExpression(sum, w, term);
}

/** The chord of a neuron between both ends of its range, its gain rounded. */
function joinEnds(p, low, high, isUpper) {
  const rise = Q.subtract(high, Q.multiply(p, low));
  const nearest = Q.roundNearest(Q.divide(rise, Q.subtract(high, low)));
  demand(Number.isFinite(nearest), "a gain is beyond float64");
  const gain = Q.toRational(nearest);
  const ends = [
    Q.subtract(high, Q.multiply(gain, high)),
    Q.subtract(Q.multiply(p, low), Q.multiply(gain, low)),
  ];
  return { gain, offset: isUpper ? Q.larger(...ends) : Q.negate(Q.smaller(...ends)) };
}
