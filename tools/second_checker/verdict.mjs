/** The sentence that says what holds. */
import { printShort } from "./decimal.mjs";

function describeNames(byPosition, isDeciding) {
  const notes = byPosition.columns ? ["columns are compared by position only"] : [];
  if (byPosition.outputs) {
    notes.push(`${isDeciding ? "classes" : "outputs"} are compared by position only`);
  }
  return notes;
}

/** What was shown, in words; `read` tells which of the model's numbers the proof starts from. */
export function describeProof(shown, read) {
  const notes = describeNames(shown.byPosition, shown.isDeciding);
  const short = (value) => printShort(value, 3);
  if (shown.isAdditive) {
    const most = shown.share === null
      ? `${short(shown.bound)} for every score`
      : `${short(shown.share)} of the sum of its absolute terms, for every score`;
    const lines = `${shown.lineCount} line${shown.lineCount === 1 ? "" : "s"}`;
    const claim = `proven: |model - rules| <= ${most}, everywhere in the domain`;
    return [`${claim} (${lines}, from the ${read})`, ...notes].join("; ");
  }
  const claim = shown.isDeciding
    ? "the model decides as the rules say wherever its scores are more than " +
      `${short(shown.bound)} from a tie`
    : `|model - rules| <= ${short(shown.bound)} for every score`;
  const where = shown.isPartial
    ? "wherever there is a rule; not all of the domain has one"
    : "everywhere in the domain";
  const how = `(${shown.bounds.length} rules, ${shown.leafCount} pieces, from the ${read})`;
  return [`proven: ${claim}, ${where} ${how}`, ...notes].join("; ");
}
