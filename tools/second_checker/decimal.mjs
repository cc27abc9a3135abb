/** Numbers in few digits. */
import * as Q from "./rational.mjs";

/** The so many digits that are nearest to a rational above 0, ties to even, and its exponent. */
function roundDigits(size, guess, count) {
  const shift = count - 1 - guess;
  const ten = Q.toRational(10n ** BigInt(Math.abs(shift)));
  const scaled = shift < 0 ? Q.divide(size, ten) : Q.multiply(size, ten);
  const [down] = Q.scaleDown(scaled, 0);
  const [twice, isExact] = Q.scaleDown(scaled, 1);
  const isTie = isExact && twice === 2n * down + 1n;
  const isAbove = twice === 2n * down + 1n && (!isTie || down % 2n === 1n);
  const digits = String(isAbove ? down + 1n : down);
  return { digits: digits.slice(0, count), exponent: guess + digits.length - count };
}

function trimZeros(text) {
  return text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
}

/** A float64 as C prints it by %g with so many digits. */
export function printShort(value, count) {
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const sign = value < 0 ? "-" : "";
  const size = Q.magnitude(Q.toRational(value));
  const guess = Number(value.toExponential().split("e")[1]);
  const { digits, exponent } = roundDigits(size, guess, count);
  if (exponent < -4 || exponent >= count) {
    const power = `${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
    return `${sign}${trimZeros(`${digits[0]}.${digits.slice(1)}`)}e${power}`;
  }
  if (exponent < 0) return `${sign}${trimZeros(`0.${"0".repeat(-exponent - 1)}${digits}`)}`;
  return `${sign}${trimZeros(`${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`)}`;
}
