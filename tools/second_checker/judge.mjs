/** Whether a certificate holds of rules and a model: the order of all checks. */
import {
  computeDigest, demand, getEntry, getOptional, isNumber, isObject, isSame, omitEntries,
} from "./json.mjs";
import { readDomain } from "./domain.mjs";
import { readModel } from "./model.mjs";
import { compareColumns, compareLabels, compareOutputs, findTurn, readPlaces } from "./names.mjs";
import { readDecision } from "./decisions.mjs";
import { judgePartition } from "./partition.mjs";
import { judgeAdditive } from "./additive.mjs";

export const DOMAIN = ["features", "constraints", "groups", "columns"];
export const SILENT = ["provenance", "evidence", "reference", "tradeoffs", "reduction"];
export const LISTS = {
  rules: [
    "features", "columns", "groups", "constraints", "outputs", "heads", "splits", "rules",
    "lines", "neuron_groups",
  ],
  model: ["features", "columns", "outputs", "heads", "layers"],
  certificate: ["rules", "paths", "neurons", "virtual", "groups", "ranges"],
};

function checkLists(files) {
  for (const [kind, keys] of Object.entries(LISTS)) {
    for (const key of keys) {
      const isRight = !files[kind].has(key) || Array.isArray(files[kind].get(key));
      demand(isRight, `${key} of the ${kind} is no list`);
    }
  }
}

function checkDigests({ certificate, rules, model }) {
  const parts = getEntry(certificate, "digests", isObject);
  const domain = new Map(DOMAIN.map((key) => [key, getOptional(rules, key)]));
  const isRight =
    certificate.get("digest") === computeDigest(omitEntries(certificate, ["digest"])) &&
    parts.get("model") === computeDigest(omitEntries(model, ["labels"])) &&
    parts.get("domain") === computeDigest(domain) &&
    parts.get("rules") === computeDigest(omitEntries(rules, [...DOMAIN, ...SILENT]));
  demand(isRight, "a digest isn't that of what the files hold");
}

/** Whether rules are additive; refused for formats and versions that aren't known. */
function readForm({ certificate, rules, model }) {
  const isCertificate = certificate.get("format") === "relurules.certificate";
  demand(isCertificate && isSame(certificate.get("version"), 2n), "no certificate of version 2");
  const isModel = model.get("format") === "relurules.model";
  demand(isModel && isSame(model.get("version"), 2n), "no model of version 2");
  const isAdditive = rules.get("format") === "relurules.additive";
  const version = rules.get("version") ?? (isAdditive || rules.has("version") ? null : 1n);
  const isKnown = isSame(version, 1n) || (!isAdditive && isSame(version, 2n));
  demand(isKnown, "rules of another version");
  const isFitting = (certificate.get("form") === "additive") === isAdditive;
  demand(isFitting, "the certificate is of another form than the rules");
  return isAdditive;
}

/** Whether a number is claimed that is at least the one shown; `null` for one that is none. */
function covers(claim, shown) {
  if (shown === null) return claim === null;
  return isNumber(claim) && claim >= shown;
}

function checkClaims(certificate, { bounds, bound, share }) {
  const claims = certificate.get("bounds");
  const isCovered = Array.isArray(claims) && claims.length === bounds.length &&
    claims.every((row, i) => Array.isArray(row) && row.length === bounds[i].length &&
      row.every((claim, j) => covers(claim, bounds[i][j])));
  demand(isCovered, "less is shown than bounds claim");
  demand(covers(certificate.get("bound"), bound), "less is shown than bound claims");
  const isShared = share === undefined || covers(certificate.get("share"), share);
  demand(isShared, "less is shown than share claims");
}

/** What is shown of three files, read as objects. Raises Refused. */
export function judgeObjects(certificate, rules, model) {
  const files = { certificate, rules, model };
  checkLists(files);
  const isAdditive = readForm(files);
  checkDigests(files);
  const domain = readDomain(rules);
  const net = readModel(model);
  const places = readPlaces(rules, net);
  const isDeciding = getOptional(rules, "decision") !== null;
  demand(!(isAdditive && isDeciding), "additive rules decide");
  const decision = isDeciding ? readDecision(rules, net) : null;
  const byPosition = { columns: compareColumns(rules, net, places) };
  byPosition.outputs = isDeciding ? decision.isByPosition : compareOutputs(rules, net);
  compareLabels(rules, net);
  const turn = isDeciding ? 1 : findTurn(rules, net);
  const judge = isAdditive ? judgeAdditive : judgePartition;
  const shown = judge({ certificate, rules, model: net, domain, places, turn, decision });
  checkClaims(certificate, shown);
  return { ...shown, isAdditive, isDeciding, byPosition };
}
