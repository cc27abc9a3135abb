/**
 * A second checker of certificates: node check.mjs certificate.json rules.json model.json
 * and of answers about rules alone: node check.mjs answer.json rules.json [other_rules.json]
 *
 * Written from docs/certificates.md alone, apart from relurules' own checker, for Node 20 or later
 * and without any package. Prints what is proven and ends with 0, or the first reason against it
 * and ends with 1; with 2 if a file can't be read.
 */
import { readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker, isMainThread, workerData } from "node:worker_threads";
import { judgeFiles } from "./files.mjs";

// A worker that runs out of memory ends, and this process says so; alone it would be killed.
const LIMITS = { maxOldGenerationSizeMb: 1600, stackSizeMb: 16 };
const MOST_BYTES = 2 ** 30;

function end(code, sentence) {
  (code === 2 ? process.stderr : process.stdout).write(`${sentence}\n`);
  process.exitCode = code;
}

function readBytes(path) {
  // Beyond this a file isn't read whatever it holds; one byte more is enough to see that.
  if (statSync(path).size > MOST_BYTES) throw new Error("more than 2^30 bytes");
  return readFileSync(path);
}

/** Judge the files of three paths, in a worker. */
function judgePaths(paths) {
  let files;
  try {
    files = paths.map(readBytes);
  } catch (error) {
    end(2, `error: a file can't be read: ${error.message}`);
    return;
  }
  const { code, sentence, reason } = judgeFiles(files);
  if (code === 0) end(0, sentence);
  else end(code, `${code === 1 ? "refused" : "error"}: ${reason}`);
}

function main(paths) {
  if (paths.length !== 2 && paths.length !== 3) {
    end(2, "usage: node check.mjs certificate.json rules.json [model.json | other_rules.json]");
    return;
  }
  const worker = new Worker(fileURLToPath(import.meta.url), {
    workerData: paths,
    resourceLimits: LIMITS,
  });
  worker.on("error", (error) => end(1, `refused: it can't be judged here: ${error.message}`));
  worker.on("exit", (code) => { process.exitCode ||= code; });
}

if (isMainThread) main(process.argv.slice(2));
else judgePaths(workerData);
