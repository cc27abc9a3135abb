/** The domain in fixed point: forms and rows of integers, in units of 2^-192. */
import { demand, isNumber, readIndex } from "./json.mjs";
import { findReach, widen } from "./domain.mjs";
import * as Q from "./rational.mjs";

export const PLACES = 192;
const HALF = Q.divide(Q.UNIT, Q.toRational(2n));
// The float64 of this name, which is a little less than the power of ten.
const MOST = Q.toRational(1e200);

/** Pairs [number, y, number, y, ...] of a list of multipliers, y a rational. */
export function readPairs(list) {
  demand(Array.isArray(list) && list.length % 2 === 0, "multipliers are no list of pairs");
  const pairs = [];
  for (let i = 0; i < list.length; i += 2) {
    demand(isNumber(list[i + 1]), "a multiplier is no number");
    const y = Q.toRational(list[i + 1]);
    demand(!Q.isNegative(y) && Q.isLess(y, MOST), "a multiplier is too small or too large");
    pairs.push([list[i], y]);
  }
  return pairs;
}

const addUp = (values) => values.reduce((sum, value) => sum + value, 0n);
const absolute = (value) => (value < 0n ? -value : value);

/** How many numbers can't be divided without a rest. */
const countRests = (values, by) => BigInt(values.filter((value) => value % by !== 0n).length);

export class Box {
  constructor(domain) {
    const { features, groups, groupOf } = domain;
    const isBounded = features.every(({ lower, upper }) => lower !== null && upper !== null);
    demand(isBounded, "a column has an open bound");
    this.domain = domain;
    const plain = features.map((_, j) => j).filter(
      (j) => groupOf[j] === null && Q.isLess(features[j].lower, features[j].upper),
    );
    this.plainCount = plain.length;
    this.coordinates = [...plain, ...groups.flat()];
    this.count = this.coordinates.length;
    this.numberOf = new Map(this.coordinates.map((feature, u) => [feature, u]));
    this.groupOf = this.coordinates.map((feature) => groupOf[feature]);
    const toCoordinate = (members) => new Set(members.map((j) => this.numberOf.get(j)));
    this.allowed = domain.possible.map(toCoordinate);
    this.middles = features.map(({ lower, upper }) => Q.multiply(Q.add(lower, upper), HALF));
    this.halves = features.map(({ lower, upper }) => Q.multiply(Q.subtract(upper, lower), HALF));
    this.rightSides = domain.constraints.map((constraint) => {
      let sum = Q.ZERO;
      for (const [j, value] of constraint.terms) {
        sum = Q.add(sum, Q.multiply(Q.magnitude(value), findReach(features[j])));
      }
      return widen(constraint, sum);
    });
    this.rows = domain.constraints.map(({ terms }, i) =>
      this.makeRow(this.makeForm(terms, Q.negate(this.rightSides[i])), -1n));
  }

  /** The form { values, radius } of an affine function; values has the constant last. */
  makeForm(terms, constant) {
    const values = Array(this.count + 1).fill(0n);
    let sum = constant;
    let radius = 0n;
    const set = (u, value) => {
      const [rounded, isExact] = Q.scaleDown(value, PLACES);
      values[u] = rounded;
      if (!isExact) radius += 1n;
    };
    for (const [j, value] of terms) {
      if (this.domain.groupOf[j] !== null) {
        set(this.numberOf.get(j), value);
        continue;
      }
      sum = Q.add(sum, Q.multiply(value, this.middles[j]));
      if (this.numberOf.has(j)) set(this.numberOf.get(j), Q.multiply(value, this.halves[j]));
    }
    set(this.count, sum);
    return { values, radius };
  }

  makeRow(form, sign) {
    const row = form.values.map((value) => sign * value);
    row[this.count] += form.radius;
    return row;
  }

  findHighest(values, allowed) {
    let sum = values[this.count];
    for (let u = 0; u < this.plainCount; u += 1) sum += absolute(values[u]);
    for (const members of allowed) {
      const chosen = [...members].map((u) => values[u]);
      sum += chosen.reduce((most, value) => (value > most ? value : most));
    }
    return sum;
  }

  /** The most that n + 1 integers can come to in a cell, as multipliers show it. */
  findMost(values, multipliers, cell) {
    const pairs = readPairs(multipliers);
    if (pairs.length === 0) return this.findHighest(values, cell.allowed);
    const sum = values.map((value) => value << 64n);
    for (const [number, y] of pairs) {
      const row = cell.rows[readIndex(number, cell.rows.length)];
      const [weight] = Q.scaleDown(y, 64);
      row.forEach((value, u) => {
        if (value !== 0n) sum[u] += weight * value;
      });
    }
    return Q.divideUp(this.findHighest(sum, cell.allowed), 1n << 64n);
  }

  /** A neuron or score as the unit of its own part and integer weights over one denominator. */
  makeUnit(terms, constant, weights, slack = 0n) {
    const own = this.makeForm(terms, constant);
    own.radius += slack;
    const quotients = [...weights].map(([k, value]) => [k, ...Q.toLowest(value)]);
    let over = 1n;
    for (const [, , q] of quotients) over *= q / Q.findDivisor(q, over);
    const reads = quotients.map(([k, p, q]) => ({ k, weight: p * (over / q) }));
    return { own, reads, over };
  }

  /** The form of a unit, given the forms of neurons' outputs: `null` where it is empty. */
  findForm({ own, reads, over }, outputs) {
    const used = reads.map(({ k, weight }) => {
      demand(outputs[k] !== undefined, "a neuron is read of which nothing is told");
      return { weight, form: outputs[k] };
    }).filter(({ form }) => form !== null);
    if (used.length === 0) return own;
    const sums = own.values.map((_, u) =>
      addUp(used.map(({ weight, form }) => weight * form.values[u])));
    const values = own.values.map((value, u) => value + Q.divideDown(sums[u], over));
    const spread = addUp(used.map(({ weight, form }) => absolute(weight) * form.radius));
    const radius = own.radius + Q.divideUp(spread, over) + countRests(sums, over);
    return { values, radius };
  }

  /** A share of a form, plus what is from `least` to `most`; all but the form in units of 2^-64. */
  takeShare(form, share, least, most) {
    const unit = 1n << 64n;
    const exact = form.values.map((value) => share * value);
    const values = exact.map((value) => Q.divideDown(value, unit));
    const middle = Q.divideDown(least + most, 2n * unit);
    const isOdd = middle * 2n * unit !== least + most;
    values[this.count] += middle;
    const half = Q.divideUp(most - least, 2n * unit) + (isOdd ? 1n : 0n);
    const radius = Q.divideUp(share * form.radius, unit) + countRests(exact, unit) + half;
    return { values, radius };
  }

  /** The form of a neuron's output, its z on a side and beyond it by `excess`. */
  findOutput(form, [p, q], side, excess) {
    const spill = Q.divideUp(absolute(q - p) * excess, q);
    if (side === 1n) return { values: form.values, radius: form.radius + spill };
    if (p === 0n) return spill === 0n ? null : { values: form.values.map(() => 0n), radius: spill };
    const exact = form.values.map((value) => p * value);
    const values = exact.map((value) => Q.divideDown(value, q));
    const rest = Q.divideUp(absolute(p) * form.radius, q) + countRests(exact, q);
    return { values, radius: rest + spill };
  }
}
