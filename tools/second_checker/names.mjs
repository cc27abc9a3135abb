/** Whether rules speak of the model's own columns, outputs, classes and links. */
import {
  demand, getEntry, getList, getOptional, isObject, isSame, isText, readIndex, refuse,
} from "./json.mjs";

/** A list of indices below a count, each above the one before. */
function readRising(list, count) {
  const indices = list.map((value) => readIndex(value, count));
  demand(indices.every((j, i) => i === 0 || indices[i - 1] < j), "places don't rise");
  return indices;
}

const countUp = (count) => Array.from({ length: count }, (_, i) => i);

/** The input of each feature, and the model's table column of each of the rules'. */
export function readPlaces(rules, model) {
  const featureCount = rules.get("features").length;
  const table = model.file.get("columns") ?? [];
  const tableCount = (table.length > 0 ? table : model.features).length;
  const places = getOptional(rules, "places");
  if (places === null) {
    demand(featureCount === model.features.length, "rules and model differ in features");
    return { inputs: countUp(featureCount), columns: countUp(tableCount) };
  }
  demand(isObject(places), "places are no object");
  const inputCount = model.features.length;
  const isSameCount = isSame(places.get("coordinate_count"), BigInt(inputCount));
  demand(isSameCount, "places are of another number of inputs");
  const inputs = readRising(getList(places, "coordinates"), inputCount);
  demand(inputs.length === featureCount, "places are of another number of features");
  const placed = readRising(getList(places, "columns"), tableCount);
  return { inputs, columns: placed };
}

/** Refuse names that differ, unless they may be compared by position. True if they were. */
export function compareNames(given, own, { standard, isOwn }) {
  demand(given.length === own.length, "rules and model differ in the number of names");
  demand([...given, ...own].every(isText), "a name is no text");
  const names = new Set(given);
  demand(names.size === given.length, "a name is twice among the rules'");
  if (isSame(given, own)) return !isOwn;
  const isByPosition = !isOwn || isSame(given, standard);
  const others = new Set(own);
  const areSameSets = names.size === others.size && own.every((name) => names.has(name));
  demand(isByPosition && !areSameSets, "rules have other names than the model, or swapped ones");
  return true;
}

/** Table columns; a list of nothing but names counts as none at all. */
function describeColumns(columns) {
  columns.forEach((column) => demand(isObject(column), "a table column is no object"));
  const isPlain = columns.every((column) => [...column.keys()].every((key) => key === "name"));
  return isPlain ? null : columns;
}

export function compareColumns(rules, model, places) {
  const table = model.file.get("columns");
  if (table !== undefined) {
    const isEnough = places.columns.every((place) => place < table.length);
    demand(isEnough, "the model has fewer table columns than the rules");
  }
  if (model.ownsColumns) {
    const own = table === undefined ? [] : places.columns.map((place) => table[place]);
    const given = describeColumns(rules.get("columns") ?? []);
    demand(isSame(describeColumns(own), given), "rules and model differ in table columns");
  }
  const names = rules.get("features").map((feature) => getEntry(feature, "name", isText));
  return compareNames(names, places.inputs.map((input) => model.features[input]), {
    standard: places.inputs.map((input) => `x${input}`),
    isOwn: model.ownsColumns,
  });
}

export function compareOutputs(rules, model) {
  const count = model.outputs.length;
  return compareNames(getList(rules, "outputs"), model.outputs, {
    standard: count === 1 ? ["y"] : countUp(count).map((i) => `y${i}`),
    isOwn: model.ownsOutputs,
  });
}

export function compareLabels(rules, model) {
  const [given, own] = [getOptional(rules, "labels"), getOptional(model.file, "labels")];
  const areObjects = [given, own].every((labels) => labels === null || isObject(labels));
  demand(areObjects, "labels are no object");
  if (given === null || own === null) return;
  const [values, others] = [getList(given, "values"), getList(own, "values")];
  const areAlike = isSame(values, others) &&
    values.every((value, i) => typeof value === typeof others[i]);
  demand(areAlike, "rules and model differ in labels");
  const thresholds = [given, own].map((labels) => getEntry(labels, "threshold", () => true));
  demand(isSame(...thresholds), "rules and model differ in the threshold of labels");
}

/** The names by which rules call so many scores. */
export function nameScores(rules, count) {
  const outputs = getList(rules, "outputs");
  demand(outputs.every(isText), "an output's name is no text");
  if (!rules.has("heads")) {
    demand(outputs.length === count, "rules have another number of outputs than scores");
    return outputs;
  }
  const names = [...outputs, ...rules.get("features").map((feature) => feature.get("name"))];
  const lowered = names.map((name) => name.toLowerCase());
  let base = "score";
  while (lowered.some((name) => name.startsWith(base))) base = `raw_${base}`;
  return count === 1 ? [base] : countUp(count).map((i) => `${base}_${i + 1}`);
}

function exchangeHead(head) {
  const link = getEntry(head, "link", isText);
  const exchanged = new Map([["sigmoid", "complement"], ["complement", "sigmoid"]]).get(link);
  if (exchanged === undefined) refuse("rules and model differ in heads");
  return new Map([...head, ["link", exchanged]]);
}

/** 1 if rules speak of the model's scores, -1 if of minus them. */
export function findTurn(rules, model) {
  const [given, own] = [getOptional(rules, "heads"), getOptional(model.file, "heads")];
  if (isSame(given, own)) return 1;
  demand(own !== null && isSame(given, own.map(exchangeHead)), "rules and model differ in heads");
  return -1;
}
