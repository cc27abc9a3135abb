// Files of comma-separated values, as RFC 4180 has them: quotes, quotes doubled in quotes, line
// ends in quotes. Lines without quotes, nearly all of most files, are split at once; others field
// by field.

const QUOTE = 34;
const [LINE_FEED, RETURN] = [10, 13];

/** The rows of a text, each a list of texts; empty lines are none. */
function parseCsv(text, separator) {
  const rows = [];
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let quote = -1;
  while (at < text.length) {
    quote = quote < at ? findMark(text, '"', at) : quote;
    const end = findMark(text, "\n", at);
    const line = text.slice(at, text.charCodeAt(end - 1) === RETURN && end > at ? end - 1 : end);
    if (quote < end || line.includes("\r")) {
      at = readRecord(text, at, separator.charCodeAt(0), rows);
    } else {
      at = end + 1;
      if (line !== "") {
        rows.push(line.split(separator));
      }
    }
  }
  return rows;
}

/** Where a mark comes next, the text's end if it doesn't. */
function findMark(text, mark, from) {
  const at = text.indexOf(mark, from);
  return at < 0 ? text.length : at;
}

/** Adds one row, field by field; where the next one begins. */
function readRecord(text, start, mark, rows) {
  const row = [];
  let at = start;
  for (;;) {
    const field =
      text.charCodeAt(at) === QUOTE ? readQuoted(text, at, mark) : readPlain(text, at, mark);
    row.push(field.text);
    at = field.end + 1;
    if (text.charCodeAt(field.end) !== mark) {
      break;
    }
  }
  if (row.length > 1 || row[0] !== "") {
    rows.push(row);
  }
  const pair = text.charCodeAt(at - 1) === RETURN && text.charCodeAt(at) === LINE_FEED;
  return pair ? at + 1 : at;
}

/** A field up to the next separator or line end. */
function readPlain(text, start, mark) {
  let end = start;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === mark || code === LINE_FEED || code === RETURN) {
      break;
    }
  }
  return { text: text.slice(start, end), end };
}

/** A field in quotes; what follows the closing one, up to the separator, belongs to it. */
function readQuoted(text, start, mark) {
  let end = start + 1;
  for (;;) {
    end = text.indexOf('"', end);
    if (end < 0) {
      throw new Error("a quote is opened and never closed");
    }
    if (text.charCodeAt(end + 1) !== QUOTE) {
      const inner = text.slice(start + 1, end).replaceAll('""', '"');
      const rest = readPlain(text, end + 1, mark);
      return { text: inner + rest.text, end: rest.end };
    }
    end += 2;
  }
}

/** Rows of texts as a file. */
function writeCsv(rows, separator) {
  const special = new RegExp(`["\\r\\n${escapePattern(separator)}]`);
  const quote = (text) => (special.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return rows.map((row) => `${row.map(quote).join(separator)}\r\n`).join("");
}

/** A text of ours, with an apostrophe where a spreadsheet would take it for a formula. */
function guardFormula(text) {
  const number = /^[-+]?\d+([.,]\d+)*(e[-+]?\d+)?$/i;
  return /^[=+\-@\t\r]/.test(text) && !number.test(text) ? `'${text}` : text;
}
