/** The bytes of files -> a judgement of the certificate that the first of them holds. */
import { Refused, Unreadable, readObject } from "./json.mjs";
import { judgeAnswer } from "./answer.mjs";
import { judgeObjects } from "./judge.mjs";
import { describeProof } from "./verdict.mjs";

/**
 * Judge the bytes of two or three files: { code, shown, sentence, reason } with code 0 if the
 * certificate holds, 1 if it is refused, 2 if a file can't be read.
 */
export function judgeFiles(files) {
  try {
    const objects = files.map(readObject);
    if (files.length === 2 || objects[0].get("format") === "relurules.answer") {
      return { code: 0, sentence: judgeAnswer(...objects) };
    }
    const shown = judgeObjects(...objects);
    return { code: 0, shown, sentence: describeProof(shown, objects[2].get("read")) };
  } catch (error) {
    if (error instanceof Unreadable) return { code: 2, reason: error.message };
    if (error instanceof Refused) return { code: 1, reason: error.message };
    // The stack or an integer beyond what the engine can hold.
    if (error instanceof RangeError) return { code: 1, reason: `too large: ${error.message}` };
    throw error;
  }
}
