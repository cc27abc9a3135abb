/** What rules must say of columns, links and classes, so that answers about them mean something. */
import {
  demand, getEntry, getList, getOptional, isObject, isSame, isText, printCanonical,
} from "./json.mjs";

export function requireColumns(item, names) {
  const terms = getEntry(item, "coefficients", isObject);
  const isKnown = [...terms.keys()].every((name) => names.has(name));
  demand(isKnown, "a coefficient of a column that isn't there");
}

function* listFunctions(rules, isAdditive) {
  yield* getList(rules, "constraints");
  if (isAdditive) {
    yield* getEntry(rules, "base", isObject).values();
    yield* getList(rules, "lines");
    return;
  }
  if (rules.has("splits")) yield* getList(rules, "splits");
  for (const rule of getList(rules, "rules")) yield* getEntry(rule, "outputs", isObject).values();
}

const listNames = (rules) =>
  getList(rules, "features").map((feature) => getEntry(feature, "name", isText));

/** Refuse coefficients of columns that only a step, or other rules, bring. */
export function checkOwnColumns(rules, isAdditive) {
  const names = new Set(listNames(rules));
  for (const item of listFunctions(rules, isAdditive)) requireColumns(item, names);
}

function listEntries(rules) {
  const entries = new Map();
  for (const entry of rules.get("columns") ?? []) {
    const name = getEntry(entry, "name", isText);
    demand(!entries.has(name), "two table columns have one name");
    entries.set(name, entry);
  }
  return entries;
}

function listSources(entry) {
  if (!entry.has("derived")) {
    return [entry.has("missing_of") ? getEntry(entry, "missing_of", isText) : entry.get("name")];
  }
  return getList(getEntry(entry, "derived", isObject), "arguments")
    .map((argument) => getEntry(argument, "column", isText));
}

/** Refuse a column that another one, derived or not, shares a column of the table with. */
export function checkMovesAlone(rules, column) {
  const entries = listEntries(rules);
  const own = entries.get(column);
  const sources = new Set(own ? listSources(own) : [column]);
  for (const [name, entry] of entries) {
    const isShared = listSources(entry).some((source) => sources.has(source));
    const isDerived = entry.has("derived") || (own !== undefined && own.has("derived"));
    demand(name === column || !isShared || !isDerived, "what rises can't rise alone");
  }
}

/** Refuse two files in which a column, an output or a class isn't the same. */
export function checkSameMeaning(rules, other) {
  const [one, two] = [rules, other].map((file) => new Map([
    ...listNames(file).map((name) => [name, new Map([["name", name]])]), ...listEntries(file),
  ]));
  for (const [name, entry] of one) {
    demand(!two.has(name) || isSame(entry, two.get(name)), "a column differs in both");
  }
  const heads = [rules, other].map((file) => getOptional(file, "heads"));
  demand(isSame(...heads), "links differ");
  const outputs = [rules, other].map((file) => getList(file, "outputs"));
  demand(outputs[0].length <= 1 || isSame(...outputs), "outputs have other names");
  const labels = [rules, other].map((file) => getOptional(file, "labels"));
  if (labels.includes(null)) return;
  const [values, others] = labels.map((each) => printCanonical(getEntry(each, "values", () => true)));
  demand(values === others, "classes have other labels");
}
