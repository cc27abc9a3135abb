// Files of comma-separated values, as RFC 4180 has them: quotes, quotes doubled in quotes, line ends
// in quotes. A file is read once, character codes are compared, and texts are cut out at the end.

const QUOTE = 34;
const [LINE_FEED, RETURN] = [10, 13];

/** The rows of a text, each a list of texts; empty lines are none. */
function parseCsv(text, separator) {
  const mark = separator.charCodeAt(0);
  const rows = [];
  let row = [];
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  while (at < text.length) {
    const field = text.charCodeAt(at) === QUOTE ? readQuoted(text, at) : readPlain(text, at, mark);
    row.push(field.text);
    const code = text.charCodeAt(field.end);
    at = field.end + 1;
    if (code === mark) {
      if (at === text.length) {
        row.push("");
      }
      continue;
    }
    if (code === RETURN && text.charCodeAt(at) === LINE_FEED) {
      at += 1;
    }
    if (row.length > 1 || row[0] !== "") {
      rows.push(row);
    }
    row = [];
  }
  if (row.length) {
    rows.push(row);
  }
  return rows;
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

/** A field in quotes; what follows the closing one belongs to it, up to the separator. */
function readQuoted(text, start) {
  let end = start + 1;
  for (;;) {
    end = text.indexOf('"', end);
    if (end < 0) {
      throw new Error("a quote is opened and never closed");
    }
    if (text.charCodeAt(end + 1) !== QUOTE) {
      return { text: text.slice(start + 1, end).replaceAll('""', '"'), end: end + 1 };
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
