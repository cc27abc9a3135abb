// Numbers of dates, as fit made them; see the table's column types.

const DAY = 86400000;
const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,6}))?)?(Z|[+-]\d\d:?\d\d)?)?$/;
/** What directives of a date's form match, and which part they are. */
const DIRECTIVES = {
  Y: "(\\d{4})",
  m: "(\\d\\d?)",
  d: "(\\d\\d?)",
  H: "(\\d\\d?)",
  M: "(\\d\\d?)",
  S: "(\\d\\d?)",
};

/** Milliseconds since 1970 of a time that exists, else undefined. */
function makeMoment([year, month, day, hour, minute, second, part]) {
  const moment = new Date(0);
  moment.setUTCFullYear(year, month - 1, day);
  moment.setUTCHours(hour, minute, second, part);
  const exists = moment.getUTCMonth() === month - 1 && moment.getUTCDate() === day;
  return exists && hour < 24 && minute < 60 && second < 60 ? moment.getTime() : undefined;
}

function readIsoDate(text) {
  const found = ISO.exec(text);
  if (found === null) {
    return undefined;
  }
  const [, year, month, day, hour, minute, second, fraction] = found;
  const numbers = [year, month, day, hour, minute, second].map((part) => Number(part ?? 0));
  const moment = makeMoment([...numbers, Number(`0.${fraction ?? 0}`) * 1000]);
  return moment === undefined ? undefined : moment - readZone(found[8]) * 60000;
}

/** Minutes that a zone is ahead of UTC. */
function readZone(zone) {
  if (!zone || zone === "Z") {
    return 0;
  }
  const digits = zone.replace(":", "");
  const minutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3, 5));
  return digits.startsWith("-") ? -minutes : minutes;
}

/**
 * A function from text to milliseconds, undefined for a text that is no date; null for a form that
 * isn't known.
 */
function makeDateReader(form) {
  if (form === "") {
    return readIsoDate;
  }
  const parts = [];
  const pattern = form.replace(/%(.)|[^%]/g, (text, directive) => {
    if (directive === undefined) {
      return escapePattern(text);
    }
    parts.push(directive);
    return DIRECTIVES[directive] ?? "%";
  });
  if (parts.some((part) => !(part in DIRECTIVES))) {
    return null;
  }
  const whole = new RegExp(`^${pattern}$`);
  return (text) => {
    const found = whole.exec(text);
    const own = new Map(parts.map((part, i) => [part, Number(found?.[i + 1])]));
    return found === null
      ? undefined
      : makeMoment(["Y", "m", "d", "H", "M", "S"].map((part) => own.get(part) ?? 0).concat(0));
  };
}

/** One number of a date. */
function readDatePart(moment, part, origin) {
  const date = new Date(moment);
  if (part === "days") {
    return (moment - Date.parse(`${origin}T00:00:00Z`)) / DAY;
  }
  const parts = {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    weekday: date.getUTCDay() || 7,
    hour: date.getUTCHours(),
  };
  return parts[part];
}
