"""Runs Score.java in Java, and Scorer.cs in Mono: each compiled with a small program that reads
rows and writes what the class gives.

Numbers go to and fro as the 64 bits that they are, texts as the hexadecimal digits of their UTF-16.
"""

import shutil
import struct
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from relurules.errors import CheckError, UnsupportedError
from relurules.ir import Artifact
from relurules.verifying.engine_programs import run_program
from relurules.verifying.run_result import (
    Rows,
    RunResult,
    collect_extras,
    read_named_rows,
)

_JAVA_RUNNER = """\
import java.io.*;
import java.lang.reflect.*;
import java.util.*;

public final class Run {
    static String text(String hex) {
        StringBuilder found = new StringBuilder();
        for (int i = 0; i < hex.length(); i += 4) {
            found.append((char) Integer.parseInt(hex.substring(i, i + 4), 16));
        }
        return found.toString();
    }

    static Object read(String field) {
        switch (field.charAt(0)) {
            case 'd': return Double.longBitsToDouble(Long.parseLong(field.substring(1)));
            case 's': return text(field.substring(1));
            default: return null;
        }
    }

    static String write(Object value) {
        if (value == null) {
            return "n";
        }
        if (value instanceof Double) {
            return "d" + Double.doubleToRawLongBits((Double) value);
        }
        if (value instanceof String) {
            StringBuilder found = new StringBuilder("s");
            for (char c : ((String) value).toCharArray()) {
                found.append(String.format("%04x", (int) c));
            }
            return found.toString();
        }
        return (value instanceof Boolean ? "b" : "i") + value;
    }

    @SuppressWarnings("unchecked")
    public static void main(String[] arguments) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, "US-ASCII"));
        PrintStream out = new PrintStream(new BufferedOutputStream(System.out), false, "US-ASCII");
        Method explain = null;
        for (Method method : Score.class.getMethods()) {
            explain = method.getName().equals("explain") ? method : explain;
        }
        String[] names = lines.readLine().split(" ");
        for (String line; (line = lines.readLine()) != null;) {
            String[] fields = line.split(" ");
            Map<String, Object> row = new HashMap<>();
            for (int i = 0; i < names.length; i++) {
                row.put(text(names[i]), read(fields[i]));
            }
            Map<String, Object> found = new LinkedHashMap<>(Score.score(row));
            if (explain != null) {
                found.putAll((Map<String, Object>) explain.invoke(null, row));
            }
            for (Map.Entry<String, Object> each : found.entrySet()) {
                out.print(write(each.getKey()) + " " + write(each.getValue()) + " ");
            }
            out.println();
        }
        out.flush();
    }
}
"""
_SHARP_RUNNER = """\
using System;
using System.Collections.Generic;
using System.Reflection;
using System.Text;

public static class Run {
    static string text(string hex) {
        StringBuilder found = new StringBuilder();
        for (int i = 0; i < hex.Length; i += 4) {
            found.Append((char) Convert.ToInt32(hex.Substring(i, 4), 16));
        }
        return found.ToString();
    }

    static object read(string field) {
        switch (field[0]) {
            case 'd': return BitConverter.Int64BitsToDouble(long.Parse(field.Substring(1)));
            case 's': return text(field.Substring(1));
            default: return null;
        }
    }

    static string write(object value) {
        if (value == null) {
            return "n";
        }
        if (value is double) {
            return "d" + BitConverter.DoubleToInt64Bits((double) value);
        }
        if (value is string) {
            StringBuilder found = new StringBuilder("s");
            foreach (char c in (string) value) {
                found.Append(((int) c).ToString("x4"));
            }
            return found.ToString();
        }
        return (value is bool ? "b" : "i") + value.ToString().ToLowerInvariant();
    }

    public static void Main() {
        MethodInfo explain = typeof(Scorer).GetMethod("Explain");
        StringBuilder shown = new StringBuilder();
        string[] names = Console.ReadLine().Split(' ');
        for (string line = Console.ReadLine(); line != null; line = Console.ReadLine()) {
            string[] fields = line.Split(' ');
            Dictionary<string, object> row = new Dictionary<string, object>();
            for (int i = 0; i < names.Length; i++) {
                row[text(names[i])] = read(fields[i]);
            }
            Dictionary<string, object> found = Scorer.Score(row);
            if (explain != null) {
                object told = explain.Invoke(null, new object[] { row });
                foreach (KeyValuePair<string, object> each in (Dictionary<string, object>) told) {
                    found[each.Key] = each.Value;
                }
            }
            foreach (KeyValuePair<string, object> each in found) {
                shown.Append(write(each.Key) + " " + write(each.Value) + " ");
            }
            shown.Append("\\n");
        }
        Console.Write(shown.ToString());
    }
}
"""


class ClassEngine(NamedTuple):
    """programs: what has to be on the PATH, and in which package of Debian; runner: name and text
    of the program; compile, run: commands, in the folder of both files.
    """

    what: str
    programs: Mapping[str, str]
    runner: tuple[str, str]
    compile: tuple[str, ...]
    run: tuple[str, ...]


#: A virtual machine that does without its slower compiler starts in half the time.
_QUICK = "-XX:TieredStopAtLevel=1"
JAVA = ClassEngine(
    "java",
    {"javac": "default-jdk-headless", "java": "default-jdk-headless"},
    ("Run.java", _JAVA_RUNNER),
    ("javac", f"-J{_QUICK}", "-Xlint:all", "-Werror", "-encoding", "US-ASCII", "Run.java"),
    ("java", _QUICK, "Run"),
)
MONO = ClassEngine(
    "mono",
    {"mcs": "mono-mcs", "mono": "mono-runtime"},
    ("Run.cs", _SHARP_RUNNER),
    ("mcs", "-warnaserror", "-out:run.exe", "Run.cs", "Scorer.cs"),
    ("mono", "run.exe"),
)


def run_class(engine: ClassEngine, artifact: Artifact, table: Rows) -> RunResult:
    """Compile the class, warnings as errors, and call it for every row."""
    for program, package in engine.programs.items():
        if shutil.which(program) is None:
            raise UnsupportedError(
                f"engine {engine.what!r} needs {program} on the PATH (Debian's {package})"
            )

    name = list(artifact.files)[-1]
    sent = [" ".join(_encode_text(column) for column in table)]
    sent += [" ".join(map(_encode_value, row)) for row in zip(*table.values(), strict=True)]
    with tempfile.TemporaryDirectory() as folder:
        artifact.write(folder)
        Path(folder, engine.runner[0]).write_text(engine.runner[1], encoding="utf-8")
        for command in (engine.compile, engine.run):
            ran = run_program(command, folder, "\n".join(sent) + "\n")
            if ran.returncode:
                said = (ran.stderr + ran.stdout).strip()[:2000]
                raise CheckError(f"{name} failed to run ({' '.join(command)}): {said}")

    return _read_result(artifact, [_decode_row(line) for line in ran.stdout.splitlines()])


def _read_result(artifact: Artifact, rows: Sequence[Mapping[str, Any]]) -> RunResult:
    own = {*artifact.outputs, "class", "rule"}
    extras = [{name: value for name, value in row.items() if name not in own} for row in rows]
    return read_named_rows(artifact, rows, collect_extras(extras))


def _encode_text(text: str) -> str:
    return text.encode("utf-16-be").hex()


def _encode_value(value: str | float | None) -> str:
    if value is None:
        return "n"
    if isinstance(value, str):
        return f"s{_encode_text(value)}"
    return f"d{struct.unpack('>q', struct.pack('>d', float(value)))[0]}"


def _decode_row(line: str) -> dict[str, Any]:
    fields = [_decode_value(field) for field in line.split(" ") if field]
    return dict(zip(fields[::2], fields[1::2], strict=True))


def _decode_value(field: str) -> Any:
    kind, text = field[0], field[1:]
    if kind == "d":
        return struct.unpack(">d", struct.pack(">q", int(text)))[0]
    if kind == "s":
        return bytes.fromhex(text).decode("utf-16-be")
    if kind == "b":
        return text == "true"
    return int(text) if kind == "i" else None


run_java = partial(run_class, JAVA)
run_mono = partial(run_class, MONO)
