/** Judges many certificates: node judge_many.mjs cases.jsonl, a line of three or two base64 texts each. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { judgeAnswerBytes } from "../../tools/second_checker/answer.mjs";
import { judgeBytes } from "../../tools/second_checker/judge.mjs";

for await (const line of createInterface({ input: createReadStream(process.argv[2]) })) {
  const files = JSON.parse(line).map((text) => Buffer.from(text, "base64"));
  const judge = files.length === 2 ? judgeAnswerBytes : judgeBytes;
  const { code, reason, sentence, shown } = judge(...files);
  const { bound, bounds, share } = shown ?? {};
  console.log(JSON.stringify({ code, reason, sentence, bound, bounds, share }));
}
