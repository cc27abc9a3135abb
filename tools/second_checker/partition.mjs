/** The certificate of partition rules. */
import { demand, isFlag, getEntry } from "./json.mjs";
import { placeInputs } from "./model.mjs";
import { nameScores } from "./names.mjs";
import { readClass } from "./decisions.mjs";
import { Box, PLACES } from "./box.mjs";
import { judgeTrees } from "./trees.mjs";
import { readPartition } from "./ways.mjs";
import * as Q from "./rational.mjs";

/** Both targets of every score: above what a rule says, and below it. */
export function makeTargets(outputs, box, turn) {
  return outputs.flatMap(({ terms, constant }, score) => {
    const turned = new Map([...terms].map(([j, value]) => [j, turn < 0 ? Q.negate(value) : value]));
    const form = box.makeForm(turned, turn < 0 ? Q.negate(constant) : constant);
    const opposite = { values: form.values.map((value) => -value), radius: form.radius };
    return [
      { form: opposite, reads: [{ score, sign: 1n }] },
      { form, reads: [{ score, sign: -1n }] },
    ];
  });
}

/** What may not be above 0 where a rule decides on its class. */
function makeDecisionTargets(outputs, box, decision) {
  const chosen = readClass(outputs, decision.count);
  const zeros = Array(box.count + 1).fill(0n);
  if (decision.compared) {
    const { compared } = decision;
    return compared.filter((_, i) => i !== chosen).map((score) => ({
      form: { values: zeros, radius: 0n },
      reads: [{ score, sign: 1n }, { score: compared[chosen], sign: -1n }],
    }));
  }
  const v = chosen === 1 ? -1n : 1n;
  const values = [...zeros.slice(1), -v * decision.cut];
  const reads = [{ score: decision.score, sign: v * decision.sign }];
  return [{ form: { values, radius: decision.radius }, reads }];
}

/** What is shown of partition rules: a float64 for each target of each rule. */
export function judgePartition({ certificate, rules, model, domain, places, turn, decision }) {
  const box = new Box(domain);
  const placed = placeInputs(model, places.inputs);
  const toUnit = ({ terms, constant, neurons }) => box.makeUnit(terms, constant, neurons);
  const names = nameScores(rules, decision ? decision.count : model.scores.length);
  const isComplete = getEntry(rules, "complete", isFlag);
  const partition = readPartition(rules, names, domain, isComplete);
  for (const rule of partition.rules) {
    rule.targets = decision
      ? makeDecisionTargets(rule.outputs, box, decision)
      : makeTargets(rule.outputs, box, turn);
  }
  const neurons = placed.neurons.map((neuron) =>
    ({ unit: toUnit(neuron), slope: Q.toLowest(neuron.slope) }));
  const scores = placed.scores.map(toUnit);
  const judged = judgeTrees({ box, neurons, scores, partition, certificate });
  const { shown, isPartial, leafCount } = judged;
  const bounds = shown.map((row) => row.map((value) =>
    Q.roundUp({ n: value, e: -PLACES, d: 1n })));
  demand(bounds.some((row) => row.length > 0), "nothing is shown");
  return { bounds, bound: Math.max(...bounds.flat()), share: undefined, isPartial, leafCount };
}
