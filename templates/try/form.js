// The form: a row that can be typed or chosen, from a typical one on.

const form = {
  values: PAGE.columns.map((column) => column.value),
  inputs: new Map(),
  fixed: new Set(),
};

/** Asks for the values of all columns that the rules read. */
function buildForm(show) {
  for (const column of COLUMNS_READ) {
    const { choices } = PAGE.columns[column];
    find("try-fields").append(choices ? buildChoice(column, show) : buildNumber(column, show));
  }
  find("try-form").addEventListener("reset", (event) => {
    event.preventDefault();
    setValues(
      PAGE.columns.map((column) => column.value),
      show,
    );
  });
  find("try-form").addEventListener("submit", (event) => event.preventDefault());
}

/** Shows a row in the form, and what becomes of it. */
function setValues(values, show) {
  form.values = values;
  form.inputs.forEach((write, column) => write(values[column]));
  show();
}

function setValue(column, value, show) {
  form.values = changeValue(form.values, column, value);
  show();
}

/** A list of a column's categories. */
function buildChoice(column, show) {
  const { name, choices } = PAGE.columns[column];
  const options = choices.map(({ label }, i) => make("option", { value: i }, label));
  const list = make("select", { id: `try-value-${column}` }, ...options);
  list.addEventListener("change", () => setValue(column, Number(list.value), show));
  form.inputs.set(column, (value) => {
    list.value = value;
  });
  list.value = form.values[column];
  return make("div", { class: "try-field" }, make("label", { for: list.id }, name), list);
}

/** A number field, and a slider over the column's range. */
function buildNumber(column, show) {
  const { name, low, high, from, to, whole } = PAGE.columns[column];
  const field = make("input", {
    id: `try-value-${column}`,
    type: "text",
    inputmode: "decimal",
    autocomplete: "off",
    "aria-describedby": `try-note-${column}`,
  });
  const slider = make("input", {
    type: "range",
    min: from,
    max: to,
    step: whole ? 1 : "any",
    "aria-label": `${name}, slider`,
  });
  const note = make("span", { id: `try-note-${column}`, class: "try-note" });
  const say = (value) => {
    const outside =
      value !== null && ((low !== null && value < low) || (high !== null && value > high));
    note.textContent = outside ? `outside ${describeRange(column)}` : describeEmpty(column, value);
    note.classList.toggle("try-warning", outside);
  };
  const write = (value) => {
    field.value = value ?? "";
    slider.value = value ?? from;
    slider.setAttribute("aria-valuetext", value === null ? "missing" : formatNumber(value, 6));
    field.removeAttribute("aria-invalid");
    say(value);
  };
  field.addEventListener("input", () => readField(column, field, note, write, show));
  slider.addEventListener("input", () => {
    write(roundSlider(column, Number(slider.value)));
    setValue(column, roundSlider(column, Number(slider.value)), show);
  });
  form.inputs.set(column, write);
  write(form.values[column]);
  const label = make("label", { for: field.id }, name);
  return make("div", { class: "try-field" }, label, slider, field, note);
}

/** What is typed: a number, or nothing for a missing one. */
function readField(column, field, note, write, show) {
  const text = field.value.trim().replace(MINUS, "-");
  const value = text === "" ? null : readPlainNumber(text);
  const bad = value === undefined;
  field.setAttribute("aria-invalid", String(bad));
  if (bad) {
    note.textContent = "not a number";
    note.classList.add("try-warning");
    return;
  }
  const typed = field.value;
  write(value);
  field.value = typed; // as it is being typed
  setValue(column, value, show);
}

const readPlainNumber = makeNumberReader(".", "");

/** A slider's number with no more digits than its width tells apart. */
function roundSlider(column, value) {
  const { from, to, whole } = PAGE.columns[column];
  if (whole || value === from || value === to) {
    return value;
  }
  const decimals = Math.max(0, Math.min(20, 2 - Math.floor(Math.log10((to - from) / 2))));
  const shown = Number(value.toFixed(decimals));
  return Math.min(to, Math.max(from, shown));
}

/** `18 to 80`. */
function describeRange(column) {
  const { low, high } = PAGE.columns[column];
  const ends = [low, high].map((value) => (value === null ? null : formatNumber(value, 6)));
  if (low === null || high === null) {
    return low === null ? `at most ${ends[1]}` : `at least ${ends[0]}`;
  }
  return `${ends[0]} to ${ends[1]}`;
}

function describeEmpty(column, value) {
  return value === null ? describeValue(column, null) : "";
}
