/** JSON as the specification reads it: integers are BigInt, floats are Number, objects are Map. */
import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";

/** What the files say doesn't hold, or isn't said as the specification wants it. */
export class Refused extends Error {}

/** A file is no JSON object in UTF-8. */
export class Unreadable extends Error {}

export function refuse(reason) {
  throw new Refused(reason);
}

export function demand(condition, reason) {
  if (!condition) refuse(reason);
}

const MOST_BYTES = 2 ** 30;
// 500 must be read; these are about as many as Python reads.
const MOST_DEPTH = 900;
const MOST_DIGITS = 300;
const NUMBER = /^-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/;
const WORDS = new Map([["true", true], ["false", false], ["null", null]]);
// Row numbers and the like occur by the million: each is one object, not many.
const SMALL = Array.from({ length: 1000 }, (_, value) => BigInt(value));

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  fail(reason) {
    throw new Unreadable(`${reason} at byte ${this.at}`);
  }

  /** The next byte that isn't white space, not yet read. */
  peek() {
    let byte = this.bytes[this.at];
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) {
      this.at += 1;
      byte = this.bytes[this.at];
    }
    return byte === undefined ? "" : String.fromCharCode(byte);
  }

  expect(character) {
    if (this.peek() !== character) this.fail(`no ${character}`);
    this.at += 1;
  }

  value(depth) {
    const next = this.peek();
    if (next === '"') return this.text();
    if (next === "-" || (next >= "0" && next <= "9")) return this.number();
    if (next !== "{" && next !== "[") return this.word();
    if (depth > MOST_DEPTH) this.fail("too deep a nesting");
    this.at += 1;
    return next === "[" ? this.list(depth) : this.object(depth);
  }

  word() {
    for (const [word, value] of WORDS) {
      if (this.bytes.toString("latin1", this.at, this.at + word.length) === word) {
        this.at += word.length;
        return value;
      }
    }
    return this.fail("no JSON value");
  }

  number() {
    const start = this.at;
    while ("0123456789+-.eE".includes(String.fromCharCode(this.bytes[this.at]))) this.at += 1;
    const text = this.bytes.toString("latin1", start, this.at);
    const match = NUMBER.exec(text);
    if (!match) this.fail("no number");
    if (match[1] === undefined && match[2] === undefined) {
      if (text.length > MOST_DIGITS) this.fail("too long an integer");
      return text.length < 4 && text[0] !== "-" ? SMALL[Number(text)] : BigInt(text);
    }
    const value = Number(text);
    if (!Number.isFinite(value)) this.fail("a number beyond float64");
    return value;
  }

  text() {
    const start = this.at;
    let escaped = false;
    for (this.at += 1; this.bytes[this.at] !== 0x22; this.at += 1) {
      const byte = this.bytes[this.at];
      if (byte === undefined || byte < 0x20) this.fail("a text that doesn't end");
      if (byte === 0x5c) {
        escaped = true;
        this.at += 1;
      }
    }
    this.at += 1;
    if (!escaped) return this.bytes.toString("utf8", start + 1, this.at - 1);
    try {
      return JSON.parse(this.bytes.toString("utf8", start, this.at));
    } catch {
      return this.fail("a wrong escape");
    }
  }

  list(depth) {
    const values = [];
    if (this.peek() !== "]") {
      values.push(this.value(depth + 1));
      while (this.peek() === ",") {
        this.at += 1;
        values.push(this.value(depth + 1));
      }
    }
    this.expect("]");
    return values;
  }

  object(depth) {
    const entries = new Map();
    if (this.peek() !== "}") {
      this.entry(entries, depth);
      while (this.peek() === ",") {
        this.at += 1;
        this.entry(entries, depth);
      }
    }
    this.expect("}");
    return entries;
  }

  entry(entries, depth) {
    if (this.peek() !== '"') this.fail("no key");
    const key = this.text();
    if (entries.has(key)) this.fail("a key that is there twice");
    this.expect(":");
    entries.set(key, this.value(depth + 1));
  }
}

/** The object that a file (a Buffer) holds. */
export function readObject(bytes) {
  if (bytes.length > MOST_BYTES) throw new Unreadable("more than 2^30 bytes");
  if (!isUtf8(bytes)) throw new Unreadable("no UTF-8");
  const reader = new Reader(bytes);
  const value = reader.value(1);
  if (reader.peek() !== "") reader.fail("something after the end");
  if (!(value instanceof Map)) throw new Unreadable("no JSON object");
  return value;
}

/** Whether two values are the same: numbers by value, `true` as 1. */
export function isSame(one, other) {
  if (Array.isArray(one)) {
    if (!Array.isArray(other) || one.length !== other.length) return false;
    return one.every((value, index) => isSame(value, other[index]));
  }
  if (one instanceof Map) {
    if (!(other instanceof Map) || one.size !== other.size) return false;
    return [...one].every(([key, value]) => other.has(key) && isSame(value, other.get(key)));
  }
  const [first, second] = [one, other].map((x) => (typeof x === "boolean" ? BigInt(x) : x));
  const areNumbers = isNumber(first) && isNumber(second);
  // Between BigInt and Number, == compares the numbers that they are.
  return areNumbers ? first == second : first === second;
}

export const isNumber = (value) => typeof value === "bigint" || typeof value === "number";
export const isText = (value) => typeof value === "string";
export const isObject = (value) => value instanceof Map;
export const isFlag = (value) => typeof value === "boolean";

/** The entry of an object, which must be there and of a type. */
export function getEntry(object, key, isType) {
  demand(isObject(object), `no object with the entry ${key}`);
  const value = object.get(key);
  demand(value !== undefined && isType(value), `the entry ${key} is missing or of another type`);
  return value;
}

export const getList = (object, key) => getEntry(object, key, Array.isArray);

/** An entry that may be left out or `null`, as `null`. */
export const getOptional = (object, key) => object.get(key) ?? null;

/** An integer below a count, as Number. */
export function readIndex(value, count) {
  demand(typeof value === "bigint" && value >= 0n && value < BigInt(count), "an index is wrong");
  return Number(value);
}

function compareCodePoints(one, other) {
  const [first, second] = [[...one], [...other]];
  for (let i = 0; i < first.length && i < second.length; i += 1) {
    const difference = first[i].codePointAt(0) - second[i].codePointAt(0);
    if (difference !== 0) return difference;
  }
  return first.length - second.length;
}

function writeFloat(value) {
  if (Object.is(value, -0)) return "-0.0";
  const [mantissa, power] = value.toExponential().split("e");
  const exponent = Number(power);
  const sign = value < 0 ? "-" : "";
  if (exponent < -4 || exponent >= 16) {
    const digits = String(Math.abs(exponent)).padStart(2, "0");
    return `${mantissa}e${exponent < 0 ? "-" : "+"}${digits}`;
  }
  const digits = mantissa.replace("-", "").replace(".", "");
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const padded = digits.padEnd(exponent + 2, "0");
  return `${sign}${padded.slice(0, exponent + 1)}.${padded.slice(exponent + 1)}`;
}

const ESCAPES = new Map([
  ['"', '\\"'], ["\\", "\\\\"], ["\n", "\\n"], ["\r", "\\r"],
  ["\t", "\\t"], ["\f", "\\f"], ["\b", "\\b"],
]);

function writeText(text) {
  const escape = (unit) =>
    ESCAPES.get(unit) ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return `"${text.replace(/["\\]|[^\x20-\x7e]/g, escape)}"`;
}

/** Give the canonical text of a value, piece by piece. */
function writeCanonical(value, put) {
  if (typeof value === "number") put(writeFloat(value));
  else if (isText(value)) put(writeText(value));
  else if (Array.isArray(value)) {
    put("[");
    value.forEach((item, index) => {
      if (index > 0) put(",");
      writeCanonical(item, put);
    });
    put("]");
  } else if (isObject(value)) {
    put("{");
    [...value.keys()].sort(compareCodePoints).forEach((key, index) => {
      put(`${index > 0 ? "," : ""}${writeText(key)}:`);
      writeCanonical(value.get(key), put);
    });
    put("}");
  } else put(String(value));
}

/** The canonical text of a small value. */
export function printCanonical(value) {
  let text = "";
  writeCanonical(value, (piece) => { text += piece; });
  return text;
}

/** The SHA-256 of the canonical text of a value. */
export function computeDigest(value) {
  const hash = createHash("sha256");
  let text = "";
  writeCanonical(value, (piece) => {
    text += piece;
    if (text.length > 65536) {
      hash.update(text, "latin1");
      text = "";
    }
  });
  return hash.update(text, "latin1").digest("hex");
}

/** An object without some of its entries. */
export function omitEntries(object, keys) {
  return new Map([...object].filter(([key]) => !keys.includes(key)));
}
