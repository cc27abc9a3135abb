/** Exact rationals n 2^e / d with odd d > 0, and their roundings to float64. */
import { refuse } from "./json.mjs";

// Above this a denominator is worth a greatest common divisor.
const LARGE = 1n << 256n;

export const ZERO = { n: 0n, e: 0, d: 1n };
export const UNIT = { n: 1n, e: 0, d: 1n };

const absolute = (value) => (value < 0n ? -value : value);
const shift = (value, by) => (by === 0 ? value : value << BigInt(by));

export function countBits(value) {
  const digits = absolute(value).toString(16);
  return value === 0n ? 0 : digits.length * 4 - Math.clz32(parseInt(digits[0], 16)) + 28;
}

/** A positive integer without its factors of two, and their number. */
function splitTwos(value) {
  const twos = countBits(value & -value) - 1;
  return [value >> BigInt(twos), twos];
}

export function findDivisor(one, other) {
  let [a, b] = [absolute(one), other];
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

function reduce(n, e, d) {
  if (n === 0n) return ZERO;
  if (d <= LARGE) return { n, e, d };
  const divisor = findDivisor(n, d);
  return { n: n / divisor, e, d: d / divisor };
}

const BITS = new DataView(new ArrayBuffer(8));

/** The rational of an integer (BigInt) or a float (Number). */
export function toRational(value) {
  if (typeof value === "bigint") return { n: value, e: 0, d: 1n };
  if (value === 0) return ZERO;
  BITS.setFloat64(0, value);
  const bits = BITS.getBigUint64(0);
  const field = Number((bits >> 52n) & 0x7ffn);
  const mantissa = (bits & ((1n << 52n) - 1n)) | (field === 0 ? 0n : 1n << 52n);
  const [odd, twos] = splitTwos(mantissa);
  return { n: value < 0 ? -odd : odd, e: Math.max(field, 1) - 1075 + twos, d: 1n };
}

export function add(a, b) {
  if (a.n === 0n) return b;
  if (b.n === 0n) return a;
  const e = Math.min(a.e, b.e);
  const [x, y] = [shift(a.n, a.e - e), shift(b.n, b.e - e)];
  if (a.d === b.d) return reduce(x + y, e, a.d);
  return reduce(x * b.d + y * a.d, e, a.d * b.d);
}

export const negate = (a) => ({ n: -a.n, e: a.e, d: a.d });
export const subtract = (a, b) => add(a, negate(b));
export const magnitude = (a) => ({ n: absolute(a.n), e: a.e, d: a.d });

export function multiply(a, b) {
  return reduce(a.n * b.n, a.e + b.e, a.d === 1n ? b.d : a.d * b.d);
}

export function divide(a, b) {
  const [odd, twos] = splitTwos(absolute(b.n));
  const n = a.n * b.d;
  return reduce(b.n < 0n ? -n : n, a.e - b.e - twos, a.d * odd);
}

export const isZero = (a) => a.n === 0n;
export const isNegative = (a) => a.n < 0n;
export const isLess = (a, b) => subtract(a, b).n < 0n;
export const isEqual = (a, b) => subtract(a, b).n === 0n;
export const larger = (a, b) => (isLess(a, b) ? b : a);
export const smaller = (a, b) => (isLess(b, a) ? b : a);

/** A rational p / q in lowest terms, as [p, q]. */
export function toLowest(a) {
  const [p, q] = toQuotient(a, 0);
  const divisor = findDivisor(p, q);
  return [p / divisor, q / divisor];
}

/** Two integers whose quotient is 2^power a; the second is positive. */
function toQuotient(a, power) {
  const e = a.e + power;
  return [shift(a.n, Math.max(e, 0)), shift(a.d, Math.max(-e, 0))];
}

export function divideDown(n, d) {
  const quotient = n / d;
  return n % d !== 0n && n < 0n !== d < 0n ? quotient - 1n : quotient;
}

export const divideUp = (n, d) => -divideDown(-n, d);

/** floor(2^power a), and whether that was exact. */
export function scaleDown(a, power) {
  const [n, d] = toQuotient(a, power);
  const value = divideDown(n, d);
  return [value, value * d === n];
}

export const scaleUp = (a, power) => -scaleDown(negate(a), power)[0];

/**
 * The float64 of a rational, rounded by `rounds(remainder, divisor, mantissa)`, which says
 * whether the magnitude goes up. Infinite beyond float64.
 */
function toFloat(a, rounds) {
  if (a.n === 0n) return 0;
  const n = absolute(a.n);
  let power = Math.max(countBits(n) + a.e - countBits(a.d) - 53, -1074);
  let [top, bottom] = toQuotient({ n, e: a.e, d: a.d }, -power);
  if (top / bottom >= 1n << 53n) {
    power += 1;
    [top, bottom] = toQuotient({ n, e: a.e, d: a.d }, -power);
  }
  const mantissa = top / bottom;
  const rounded = mantissa + (rounds(top % bottom, bottom, mantissa) ? 1n : 0n);
  // A mantissa of 54 bits carries into the exponent, as it ought to.
  const bits = rounded + (BigInt(power + 1074) << 52n);
  if (bits >= 0x7ffn << 52n) return a.n < 0n ? -Infinity : Infinity;
  BITS.setBigUint64(0, bits);
  return a.n < 0n ? -BITS.getFloat64(0) : BITS.getFloat64(0);
}

/** The least float64 that isn't below a rational. */
export function roundUp(a) {
  const value = toFloat(a, (remainder) => a.n > 0n && remainder !== 0n);
  if (value === Infinity) refuse("a bound is beyond float64");
  return value === -Infinity ? -Number.MAX_VALUE : value;
}

/** The float64 nearest to a rational, ties to even. */
export function roundNearest(a) {
  return toFloat(a, (remainder, divisor, mantissa) => {
    const twice = 2n * remainder;
    return twice > divisor || (twice === divisor && mantissa % 2n === 1n);
  });
}
