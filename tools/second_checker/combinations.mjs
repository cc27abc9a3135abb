/** Several partitions as one, whose rules are the combinations of theirs. */
import { demand } from "./json.mjs";
import { MOST_SIDES, walkWays } from "./ways.mjs";

/** Ways of several trees, one after the other; numbers of splits and rules count on. */
function* joinWays(partitions, firsts) {
  if (partitions.length === 0) {
    yield { rule: 0, sides: [] };
    return;
  }
  const last = partitions.at(-1);
  const own = [...walkWays(last)].map(({ rule, sides }) =>
    ({ rule, sides: countOn(sides, firsts.at(-1)) }));
  let total = 0;
  for (const before of joinWays(partitions.slice(0, -1), firsts.slice(0, -1))) {
    for (const { rule, sides } of own) {
      total += before.sides.length + sides.length;
      demand(total <= MOST_SIDES, "the ways to rules have too many sides");
      const isLost = before.rule === undefined || rule === undefined;
      const number = isLost ? undefined : before.rule * last.rules.length + rule;
      yield { rule: number, sides: [...before.sides, ...sides] };
    }
  }
}

const countOn = (sides, first) => sides.map(({ split, holds }) => ({ split: split + first, holds }));

/** Partitions as one, whose rules are the combinations of theirs, the last one's changing first. */
export function joinPartitions(partitions) {
  let rules = [{ conditions: [], scores: [] }];
  const splits = [];
  const firsts = [];
  for (const partition of partitions) {
    const first = splits.length;
    firsts.push(first);
    splits.push(...partition.splits);
    rules = rules.flatMap((before) => partition.rules.map(({ conditions, score }) => ({
      conditions: [...before.conditions, ...countOn(conditions, first)],
      scores: [...before.scores, score],
    })));
  }
  return { splits, rules, isStrict: true, ways: () => joinWays(partitions, firsts) };
}
