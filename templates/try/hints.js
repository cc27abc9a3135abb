// What a sum, a rule or a column is, in place: a link to its definition shows it while it is
// pointed at or has the focus. Escape closes it.

/** Where links lead to that are explained. */
const EXPLAINED_LINKS = 'a[href^="#sum-"], a[href^="#rule-"], a[href^="#part-"]';
/** So many characters of a definition are shown. */
const MOST_CHARACTERS = 420;

const hint = make("div", { id: "try-hint", role: "tooltip", class: "try-hint", hidden: true });

/** The words of a definition: those of its paragraph, or of the card that it heads. */
function readDefinition(link) {
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
    const link = event.target.closest?.(EXPLAINED_LINKS);
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
