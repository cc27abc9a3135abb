// Numbers for people; the scorer and files keep all their digits.

const MINUS = "\u2212";

/** So many significant digits, thousands set apart, a real minus. */
function formatNumber(value, digits = 4) {
  if (value === null || Number.isNaN(value)) {
    return "missing";
  }
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-5 || size >= 1e12)) {
    return value.toExponential(digits - 1).replace(/-/g, MINUS);
  }
  const whole = Number.isInteger(value) && size < 1e12;
  const shown = whole ? value : Number(value.toPrecision(digits));
  const least = Math.max(
    0,
    Math.min(20, digits - 1 - Math.floor(Math.log10(Math.abs(shown) || 1))),
  );
  const options = { maximumFractionDigits: whole ? 0 : least, useGrouping: size >= 1e4 };
  return shown.toLocaleString("en-US", options).replace("-", MINUS);
}

/** A number with its sign. */
function formatSigned(value, digits = 3) {
  return (value > 0 ? "+" : "") + formatNumber(value, digits);
}

/** A number with all its digits. */
function formatExact(value) {
  return String(value).replace("-", MINUS);
}

/** An output: a share is never rounded to 0 or 1. */
function formatOutput(value, output) {
  if (output.share && value > 0 && value < 0.0001) {
    return "below 0.0001";
  }
  if (output.share && value < 1 && value > 0.9999) {
    return "above 0.9999";
  }
  return formatNumber(value);
}

function escapePattern(mark) {
  return mark.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** What the whole text of a number matches, as the table was read that the rules were made with. */
function makeNumberPattern(decimal, thousands) {
  const mark = escapePattern(decimal);
  const apart = escapePattern(thousands);
  const digits = thousands ? `(?:[0-9]+|[0-9]{1,3}(?:${apart}[0-9]{3})+)` : "[0-9]+";
  const plain = `(?:${digits}(?:${mark}[0-9]*)?|${mark}[0-9]+)(?:e[+-]?[0-9]+)?`;
  return new RegExp(`^[ \\t]*[+-]?(?:${plain}|inf(?:inity)?)[ \\t]*$`, "i");
}

/** A function from text to number, undefined for a text that is none. */
function makeNumberReader(decimal, thousands) {
  const pattern = makeNumberPattern(decimal, thousands);
  const plain = decimal === "." && !thousands;
  return (text) => {
    // Digits, and not the 0x10 that JavaScript reads too: most numbers, without the pattern.
    const value = plain && !/[^0-9.-]/.test(text) ? Number(text) : NaN;
    if (!Number.isNaN(value) && text !== "") {
      return value;
    }
    if (!pattern.test(text)) {
      return undefined;
    }
    let bare = thousands ? text.replaceAll(thousands, "") : text;
    bare = decimal === "." ? bare : bare.replace(decimal, ".");
    if (/inf/i.test(bare)) {
      return bare.includes("-") ? -Infinity : Infinity;
    }
    return Number(bare);
  };
}

/** The number of so many significant digits at or beyond a value, on the side of `way`, 1 or -1. */
function roundBeyond(value, digits, way) {
  let shown = Number(value.toPrecision(digits));
  if ((shown - value) * way < 0) {
    const exponent = Math.floor(Math.log10(Math.abs(value) || 1)) - digits + 1;
    shown = Number((shown + way * 10 ** exponent).toPrecision(digits));
  }
  return shown;
}
