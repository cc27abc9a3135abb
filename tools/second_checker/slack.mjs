/** Affine expressions with a slack, and what they can be over a domain with open bounds. */
import { demand } from "./json.mjs";
import { addTerm, findReach, widen } from "./domain.mjs";
import * as Q from "./rational.mjs";

/*
 * A function is { constant, terms }: terms a Map of rationals by feature. A slack is one too,
 * nowhere negative. An expression has { constant, terms, neurons, slack }: neurons a Map of
 * rationals by neuron. `null` stands for no number.
 */
export const makeFunction = (constant = Q.ZERO, terms = new Map()) => ({ constant, terms });

export function makeExpression(constant = Q.ZERO, terms = new Map()) {
  return { constant, terms: new Map(terms), neurons: new Map(), slack: makeFunction() };
}

export function addFunction(sum, w, other) {
  if (Q.isZero(w)) return;
  sum.constant = Q.add(sum.constant, Q.multiply(w, other.constant));
  for (const [j, value] of other.terms) addTerm(sum.terms, j, Q.multiply(w, value));
}

/** Add w times another expression, whose slack counts with |w|. */
export function addExpression(sum, w, other) {
  addFunction(sum, w, other);
  for (const [k, value] of other.neurons) addTerm(sum.neurons, k, Q.multiply(w, value));
  addFunction(sum.slack, Q.magnitude(w), other.slack);
}

export function copyExpression(w, expression) {
  const copy = makeExpression();
  addExpression(copy, w, expression);
  return copy;
}

/** The absolute values of a function, as a slack. */
export function takeSizes({ constant, terms }) {
  const sizes = [...terms].map(([j, value]) => [j, Q.magnitude(value)]);
  return makeFunction(Q.magnitude(constant), new Map(sizes));
}

/** The sizes of an expression without neurons: its slack counts too. */
export function takeAllSizes(expression) {
  demand(expression.neurons.size === 0, "sizes of an expression that reads neurons");
  const sizes = takeSizes(expression);
  addFunction(sizes, Q.UNIT, expression.slack);
  return sizes;
}

/** A sum, no number where a part is none. */
export function addNumbers(...values) {
  return values.includes(null) ? null : values.reduce(Q.add, Q.ZERO);
}

export class OpenDomain {
  constructor(domain) {
    this.domain = domain;
    this.reaches = domain.features.map(findReach);
    const hasMembers = domain.possible.every((members) => members.length > 0);
    demand(hasMembers, "a group has no possible member");
  }

  isPlain(j) {
    return this.domain.groupOf[j] === null;
  }

  /** The largest number of a possible member of each group, 0 where there is none; summed. */
  addGroups(terms) {
    return this.domain.possible.reduce((sum, members) => {
      const values = members.map((j) => terms.get(j) ?? Q.ZERO);
      return Q.add(sum, values.reduce(Q.larger));
    }, Q.ZERO);
  }

  /** The widened right side of a constraint, none of whose columns may be open. */
  findRightSide(constraint) {
    const sum = this.findRoom(takeSizes(makeFunction(Q.ZERO, constraint.terms)));
    demand(sum !== null, "a constraint that is used has an open column");
    return widen(constraint, sum);
  }

  /** The most that a function can be, given pairs (constraint, y). */
  findHigh(expression, pairs = []) {
    const sum = makeFunction(expression.constant, new Map(expression.terms));
    for (const [constraint, y] of pairs) {
      const most = this.findRightSide(constraint);
      const turned = makeFunction(Q.negate(most), constraint.terms);
      addFunction(sum, Q.negate(y), turned);
    }
    let high = Q.add(sum.constant, this.addGroups(sum.terms));
    for (const [j, value] of sum.terms) {
      if (!this.isPlain(j)) continue;
      const { lower, upper } = this.domain.features[j];
      const end = Q.isNegative(value) ? lower : upper;
      if (end === null) return null;
      high = Q.add(high, Q.multiply(value, end));
    }
    return high;
  }

  /** The most that the magnitude of a function can be. */
  findSpan({ constant, terms }) {
    const opposite = makeFunction();
    addFunction(opposite, Q.negate(Q.UNIT), { constant, terms });
    const [high, low] = [this.findHigh({ constant, terms }), this.findHigh(opposite)];
    return high === null || low === null ? null : Q.larger(high, low);
  }

  /** The most that a slack can be. */
  findRoom({ constant, terms }) {
    let sum = Q.add(constant, this.addGroups(terms));
    for (const [j, value] of terms) {
      if (!this.isPlain(j)) continue;
      if (this.reaches[j] === null) return null;
      sum = Q.add(sum, Q.multiply(value, this.reaches[j]));
    }
    return sum;
  }
}
