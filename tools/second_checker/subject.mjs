/** What the certificate of an answer is about: rules whose scores are added up, and their domain. */
import { demand, getEntry, getList, getOptional, isNumber, isObject, isSame, isText }
  from "./json.mjs";
import { readNumber } from "./domain.mjs";
import { DOMAIN, LISTS } from "./judge.mjs";
import { checkMovesAlone, checkOwnColumns, checkSameMeaning, requireColumns } from "./columns.mjs";
import * as Q from "./rational.mjs";

const QUESTIONS = ["range", "decision", "monotone", "difference"];

/** Rules that answers can be about, with the sign of their scores. */
function signRules(rules, sign) {
  for (const key of LISTS.rules) {
    demand(!rules.has(key) || Array.isArray(rules.get(key)), `${key} of the rules is no list`);
  }
  const isAdditive = rules.get("format") === "relurules.additive";
  const version = rules.get("version") ?? (isAdditive || rules.has("version") ? null : 1n);
  const isKnown = isSame(version, 1n) || (!isAdditive && isSame(version, 2n));
  demand(isKnown, "rules of another version");
  demand(getOptional(rules, "decision") === null, "rules decide");
  demand((rules.get("neuron_groups") ?? []).length === 0, "rules have groups of neurons");
  checkOwnColumns(rules, isAdditive);
  return { rules, sign, isAdditive };
}

function narrowFeature(feature, ends) {
  const choose = (key, end, isBeyond) => {
    const own = feature.get(key);
    demand(own !== undefined && end !== undefined, "a bound is missing");
    if (own === null || end === null) return own ?? end;
    return isBeyond(readNumber(own), readNumber(end)) ? end : own;
  };
  const lower = choose("lower", ends[0], Q.isLess);
  const upper = choose("upper", ends[1], (own, end) => Q.isLess(end, own));
  return new Map([...feature, ["lower", lower], ["upper", upper]]);
}

/** The part of a domain that `given` leaves. */
function restrictDomain(domain, given) {
  const bounds = getEntry(given, "bounds", isObject);
  const names = new Set();
  const features = getList(domain, "features").map((feature) => {
    const name = getEntry(feature, "name", isText);
    names.add(name);
    if (!bounds.has(name)) return feature;
    const ends = bounds.get(name);
    const isPair = Array.isArray(ends) && ends.length === 2 && ends.every(isNumber);
    demand(isPair, "bounds are no pair");
    return narrowFeature(feature, ends);
  });
  demand([...bounds.keys()].every((name) => names.has(name)), "bounds of an unknown column");
  const added = getList(given, "constraints");
  added.forEach((item) => requireColumns(item, names));
  const constraints = [...getList(domain, "constraints"), ...added];
  return new Map([...domain, ["features", features], ["constraints", constraints]]);
}

/** The rows of two domains, with the columns and groups of either. */
function joinDomains(rules, other) {
  const theirs = new Map();
  for (const feature of getList(other, "features")) {
    const name = getEntry(feature, "name", isText);
    demand(!theirs.has(name), "two columns have one name");
    theirs.set(name, feature);
  }
  const features = getList(rules, "features").map((feature) => {
    const name = getEntry(feature, "name", isText);
    const same = theirs.get(name);
    theirs.delete(name);
    return same ? narrowFeature(feature, [same.get("lower"), same.get("upper")]) : feature;
  });
  const groups = [...(rules.get("groups") ?? [])];
  demand(groups.every(Array.isArray), "a group is no list");
  const own = groups.map((names) => new Set(names));
  for (const names of other.get("groups") ?? []) {
    demand(Array.isArray(names), "a group is no list");
    const set = new Set(names);
    const isKnown = own.some((known) =>
      known.size === set.size && [...set].every((name) => known.has(name)));
    if (!isKnown) groups.push(names);
  }
  return new Map([
    ["features", [...features, ...theirs.values()]],
    ["groups", groups],
    ["constraints", [...getList(rules, "constraints"), ...getList(other, "constraints")]],
  ]);
}

/** An affine function in which a column stands for the sum of itself and another one. */
function move(item, column, step) {
  const terms = getEntry(item, "coefficients", isObject);
  if (!terms.has(column)) return item;
  return new Map([...item, ["coefficients", new Map([...terms, [step, terms.get(column)]])]]);
}

function moveRules({ rules, isAdditive, sign }, column, step) {
  const moved = new Map(rules);
  const moveList = (key) => {
    moved.set(key, getList(rules, key).map((item) => move(item, column, step)));
  };
  const moveMaps = (maps) => {
    demand(isObject(maps), "there are no functions of scores");
    return new Map([...maps].map(([name, item]) => [name, move(item, column, step)]));
  };
  if (isAdditive) {
    moved.set("base", moveMaps(rules.get("base")));
    moveList("lines");
  } else {
    if (rules.has("splits")) moveList("splits");
    moved.set("rules", getList(rules, "rules").map((rule) =>
      new Map([...rule, ["outputs", moveMaps(getEntry(rule, "outputs", isObject))]])));
  }
  return { rules: moved, sign, isAdditive };
}

/** The rules after a step of a column, less the rules before it; the step is a further column. */
function letRise(part, own, column) {
  const features = part.get("features");
  const feature = features.find((item) => item.get("name") === column);
  const groups = part.get("groups") ?? [];
  const isTied = groups.some((names) => Array.isArray(names) && names.includes(column));
  demand(feature !== undefined && !isTied, "what rises is no number column");
  const [low, high] = ["lower", "upper"].map((key) => readNumber(feature.get(key)));
  let step = "'";
  while (features.some((item) => item.get("name") === step)) step += "'";
  const constraints = part.get("constraints");
  const moved = constraints
    .filter((item) => getEntry(item, "coefficients", isObject).has(column))
    .map((item) => move(item, column, step));
  const end = new Map([
    ["coefficients", new Map([[column, 1n], [step, 1n]])], ["at_most", feature.get("upper")],
  ]);
  const rise = new Map([
    ["name", step], ["lower", 0n], ["upper", Q.roundUp(Q.subtract(high, low))],
    ["integer", false],
  ]);
  const domain = new Map([
    ["features", [...features, rise]],
    ["groups", groups],
    ["constraints", [...constraints, ...moved, end]],
  ]);
  return { domain, terms: [moveRules(own, column, step), { ...own, sign: -1 }] };
}

/** What a certificate bounds: { domain, terms }, terms as { rules, sign, isAdditive }. */
export function readSubject(certificate, rules, other) {
  const question = certificate.get("question");
  demand(QUESTIONS.includes(question), "an unknown question");
  demand((question === "difference") === (other !== undefined), "other rules are missing, or idle");
  const own = signRules(rules, 1);
  const given = getEntry(certificate, "given", isObject);
  if (other !== undefined) {
    const terms = [own, signRules(other, -1)];
    checkSameMeaning(rules, other);
    return { domain: restrictDomain(joinDomains(rules, other), given), terms };
  }
  const keys = DOMAIN.filter((key) => rules.has(key));
  const part = restrictDomain(new Map(keys.map((key) => [key, rules.get(key)])), given);
  if (question !== "monotone") return { domain: part, terms: [own] };
  checkMovesAlone(rules, certificate.get("column"));
  return letRise(part, own, certificate.get("column"));
}
