/** Judges many certificates: node judge_many.mjs cases.jsonl, a line of three or two base64 texts each. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { judgeFiles } from "../../tools/second_checker/files.mjs";

for await (const line of createInterface({ input: createReadStream(process.argv[2]) })) {
  const files = JSON.parse(line).map((text) => Buffer.from(text, "base64"));
  const { code, reason, sentence, shown } = judgeFiles(files);
  const { bound, bounds, share } = shown ?? {};
  console.log(JSON.stringify({ code, reason, sentence, bound, bounds, share }));
}
