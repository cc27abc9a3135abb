// What the page knows of the rules, beside the scorer above: names, ranges, words. Texts from it
// become text of elements only, never markup.
const PAGE = JSON.parse(document.getElementById("try-data").textContent);

const SVG = "http://www.w3.org/2000/svg";

/** The element of an id. */
function find(id) {
  return document.getElementById(id);
}

/**
 * A new element: its attributes (true: without a value; false or null: not there), and what is in
 * it.
 */
function make(tag, attributes = {}, ...children) {
  const element = tag.startsWith("svg:")
    ? document.createElementNS(SVG, tag.slice(4))
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value !== null) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children);
  return element;
}

/** Runs `act` when nothing has asked for it for some milliseconds. */
function delay(act, wait) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(act, wait);
  };
}
