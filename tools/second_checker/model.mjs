/** A model's layers, composed into neurons and scores. */
import { demand, getEntry, getList, isObject, isText, refuse } from "./json.mjs";
import { addTerm, readNumbers } from "./domain.mjs";
import * as Q from "./rational.mjs";

/*
 * A signal is { constant, inputs, neurons }: an exact rational and two Maps of them, by the
 * number of the input or of the neuron. Entries of 0 aren't there.
 */
function makeSignal(constant) {
  return { constant, inputs: new Map(), neurons: new Map() };
}

/** Add w times a signal to another one. */
function addSignal(sum, w, signal) {
  if (Q.isZero(w)) return;
  sum.constant = Q.add(sum.constant, Q.multiply(w, signal.constant));
  for (const [j, value] of signal.inputs) addTerm(sum.inputs, j, Q.multiply(w, value));
  for (const [k, value] of signal.neurons) addTerm(sum.neurons, k, Q.multiply(w, value));
}

function combine(constant, weights, signals) {
  const sum = makeSignal(constant);
  weights.forEach((w, j) => addSignal(sum, w, signals[j]));
  return sum;
}

/** A list of lists of numbers. */
function readMatrix(rows, rowCount, columnCount) {
  demand(Array.isArray(rows) && rows.length === rowCount, "a matrix has other rows");
  return rows.map((row) => readNumbers(row, columnCount));
}

/** Make a neuron of a signal; what it gives is a signal. */
function addNeuron(neurons, z, slope) {
  neurons.push({ ...z, slope });
  const output = makeSignal(Q.ZERO);
  output.neurons.set(neurons.length - 1, Q.UNIT);
  return output;
}

function applyAffine(layer, signals) {
  const list = getList(layer, "constants");
  const constants = readNumbers(list, list.length);
  const weights = readMatrix(getList(layer, "weights"), list.length, signals.length);
  return constants.map((constant, i) => combine(constant, weights[i], signals));
}

function applyScale(layer, signals) {
  const read = (key, standard) => {
    if (!layer.has(key)) return signals.map(() => standard);
    return readNumbers(layer.get(key), signals.length);
  };
  const [minus, over] = [read("minus", Q.ZERO), read("over", Q.UNIT)];
  const [times, plus] = [read("times", Q.UNIT), read("plus", Q.ZERO)];
  return signals.map((signal, i) => {
    demand(!Q.isZero(over[i]), "a layer divides by 0");
    const gain = Q.divide(times[i], over[i]);
    const constant = Q.subtract(plus[i], Q.multiply(minus[i], gain));
    return combine(constant, [gain], [signal]);
  });
}

function applyPrelu(layer, signals, neurons) {
  const slopes = readNumbers(getList(layer, "slopes"), signals.length);
  return signals.map((signal, i) =>
    Q.isEqual(slopes[i], Q.UNIT) ? signal : addNeuron(neurons, signal, slopes[i]));
}

function applyCanonical(layer, signals, neurons) {
  const count = getList(layer, "slope").length;
  const slopes = readNumbers(getList(layer, "slope"), count);
  const A = readMatrix(getList(layer, "A"), count, signals.length);
  const L = readMatrix(getList(layer, "L"), count, count);
  const b = readNumbers(getList(layer, "b"), count);
  const size = getList(layer, "c").length;
  const C = readMatrix(getList(layer, "C"), size, signals.length);
  const U = readMatrix(getList(layer, "U"), size, count);
  const c = readNumbers(getList(layer, "c"), size);
  const outputs = [];
  for (let k = 0; k < count; k += 1) {
    demand(L[k].every((w, i) => i < k || Q.isZero(w)), "a neuron reads a later one");
    const z = combine(b[k], [...A[k], ...L[k].slice(0, k)], [...signals, ...outputs]);
    outputs.push(addNeuron(neurons, z, slopes[k]));
  }
  return c.map((constant, i) => combine(constant, [...C[i], ...U[i]], [...signals, ...outputs]));
}

const LAYERS = new Map([
  ["affine", applyAffine], ["scale", applyScale],
  ["prelu", applyPrelu], ["canonical", applyCanonical],
]);

function readHeads(model, scores) {
  if (model.has("heads")) return model.get("heads");
  return scores.map((_, i) =>
    new Map([["link", "identity"], ["scores", [BigInt(i)]], ["component", 0n]]));
}

/** The neurons and scores of a model file, its names and heads. */
export function readModel(file) {
  const read = getEntry(file, "read", isText);
  const isKnown = read === "stored weights" || read === "canonical form as traced";
  demand(isKnown, "what the model's numbers are is unknown");
  const named = getEntry(file, "named", isObject);
  const features = getList(file, "features");
  let signals = features.map((_, j) => inputSignal(j));
  const neurons = [];
  for (const layer of getList(file, "layers")) {
    const kind = getEntry(layer, "kind", isText);
    const apply = LAYERS.get(kind) ?? refuse(`no layer is known of kind ${kind}`);
    signals = apply(layer, signals, neurons);
  }
  const heads = readHeads(file, signals);
  const outputs = getList(file, "outputs");
  demand(outputs.length === heads.length, "outputs aren't as heads");
  return {
    file, features, neurons, scores: signals, heads, outputs,
    ownsColumns: getEntry(named, "columns", () => true) === true,
    ownsOutputs: getEntry(named, "outputs", () => true) === true,
  };
}

function inputSignal(j) {
  const signal = makeSignal(Q.ZERO);
  signal.inputs.set(j, Q.UNIT);
  return signal;
}

/** Number the inputs of all neurons and scores by features; refused for inputs elsewhere. */
export function placeInputs(model, inputOfFeature) {
  const featureOf = new Map(inputOfFeature.map((input, feature) => [input, feature]));
  const place = (signal) => {
    const terms = new Map();
    for (const [input, value] of signal.inputs) {
      const feature = featureOf.get(input);
      demand(feature !== undefined, "the model reads an input that the rules don't have");
      terms.set(feature, value);
    }
    return { ...signal, terms };
  };
  return { neurons: model.neurons.map(place), scores: model.scores.map(place) };
}
