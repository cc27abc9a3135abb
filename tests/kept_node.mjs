// Imports the modules whose paths come on stdin, one JSON object a line: each reads what it is sent
// as its stdin; a line of exit code, stdout and stderr answers.
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pathToFileURL } from "node:url";

const write = process.stdout.write.bind(process.stdout);
for await (const line of createInterface({ input: process.stdin })) {
    const { path, sent } = JSON.parse(line);
    const answer = [0, "", ""];
    const stdin = Readable.from([Buffer.from(sent)]);
    Object.defineProperty(process, "stdin", { value: stdin, configurable: true });
    process.stdout.write = (text) => { answer[1] += text; };
    try {
        process.chdir(dirname(path));
        await import(pathToFileURL(path));
    } catch (error) {
        answer[0] = 1;
        answer[2] = String(error?.stack ?? error);
    }
    process.chdir("/");
    write(`${JSON.stringify(answer)}\n`);
}
