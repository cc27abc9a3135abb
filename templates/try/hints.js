// What a sum, a rule, a column or a term is, in place: a link to its definition, or a heading that
// the glossary has, shows it while it is pointed at or has the focus. Escape closes it.

/** What is explained. */
const EXPLAINED_PLACES =
  'a[href^="#sum-"], a[href^="#rule-"], a[href^="#part-"], a.try-word, button.try-sort';
/** So many characters of a definition are shown. */
const MOST_CHARACTERS = 420;

const hint = make("div", { id: "try-hint", role: "tooltip", class: "try-hint", hidden: true });

/** A term that is explained where it stands; anchor: of the section that has more. */
function nameTerm(text, anchor, attributes) {
  if (find(anchor) === null) {
    return text;
  }
  return make("a", { href: `#${anchor}`, class: "try-word", ...attributes }, text);
}

/** The rows of a section's table that begin with a text, and those that go on with it. */
function readRows(anchor, wanted) {
  const rows = [...document.querySelectorAll(`section[aria-labelledby="${anchor}"] tbody tr`)];
  const name = (row) => row.cells[0].textContent.trim().toLowerCase();
  const first = rows.findIndex((row) => name(row) === wanted.toLowerCase());
  if (first < 0) {
    return "";
  }
  const more = rows.slice(first + 1).findIndex((row) => name(row) !== "");
  const own = rows.slice(first, more < 0 ? rows.length : first + 1 + more);
  const read = (row) => [...row.cells].slice(1).map((cell) => cell.textContent.trim());
  return own.map((row) => read(row).filter(Boolean).join(", ")).join("; ");
}

/** What a term, a heading or a part of the score is; empty where nothing says it. */
function readTerm(place) {
  if (place.dataset.part !== undefined) {
    const said = readRows("score", place.dataset.part);
    return said === "" ? "" : `${place.dataset.part}: ${said}`;
  }
  const word = place.dataset.word ?? place.textContent.trim();
  const said = readRows("words", word);
  return said === "" ? "" : `${word[0].toUpperCase()}${word.slice(1)}: ${said}`;
}

/** The words of a definition: those of its paragraph, or of the card that it heads. */
function readDefinition(link) {
  if (link.matches(".try-word, .try-sort")) {
    return readTerm(link);
  }
  const target = find(decodeURIComponent(link.hash.slice(1)));
  if (target === null) {
    return "";
  }
  const card = target.closest("article");
  const pieces = card
    ? [...card.querySelectorAll("h3, .word, li, .formula, .conditions td, tbody td")]
    : [target];
  const text = pieces.map((piece) => piece.textContent.trim()).filter(Boolean);
  const said = [...new Set(text)].join(card ? " · " : " ").replace(/\s+/g, " ");
  return said.length > MOST_CHARACTERS ? `${said.slice(0, MOST_CHARACTERS)} ...` : said;
}

function showHint(link) {
  const said = readDefinition(link);
  if (said === "") {
    return;
  }
  hint.textContent = said;
  hint.hidden = false;
  link.setAttribute("aria-describedby", hint.id);
  const place = link.getBoundingClientRect();
  const left = Math.min(place.left, document.documentElement.clientWidth - hint.offsetWidth - 8);
  const below = place.bottom + hint.offsetHeight + 12 < innerHeight;
  hint.style.left = `${Math.max(8, left) + scrollX}px`;
  hint.style.top = `${(below ? place.bottom + 6 : place.top - hint.offsetHeight - 6) + scrollY}px`;
}

function hideHint() {
  hint.hidden = true;
  document
    .querySelectorAll(`[aria-describedby="${hint.id}"]`)
    .forEach((link) => link.removeAttribute("aria-describedby"));
}

function buildHints() {
  document.body.append(hint);
  const over = (event) => {
    const link = event.target.closest?.(EXPLAINED_PLACES);
    if (link) {
      showHint(link);
    } else if (!hint.contains(event.target)) {
      hideHint();
    }
  };
  document.addEventListener("pointerover", over);
  document.addEventListener("focusin", over);
  document.addEventListener("keydown", (event) => event.key === "Escape" && hideHint());
}
