
"use strict";
const byId = (id) => document.getElementById(id);
const field = byId("text");
const EXAMPLES = [
  "Today was a great day!",
  "The train was late again and nobody told us why.",
  "Not bad at all, I would go again",
  "so much hype for this?? what a letdown 😒",
  "cant stop smiling, best concert everrr ❤️",
];
let labels = [];
let longest = Infinity;
let running = null;
let timer = 0;

// ---- asking the server

async function describe() {
  try {
    const schemas = (await (await fetch("/openapi.json")).json()).components.schemas;
    labels = schemas.Answer.properties.output.items.properties.label.enum;
    longest = schemas.Request.properties.input.items.properties.text.maxLength;
    const named = labels.slice(0, 8).join(", ") + (labels.length > 8 ? ", …" : "");
    byId("about").textContent += ` It knows ${labels.length} labels: ${named}.`;
  } catch {
    // The page works without knowing them.
  }
}

async function score() {
  clearTimeout(timer);
  const text = field.value;
  if (running) running.abort();
  if (!text.trim()) return clear();
  const mine = (running = new AbortController());
  byId("result").classList.add("waiting");
  const start = performance.now();
  try {
    const response = await fetch("/invocations", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ input: [{ text }], explain: true }),
      signal: mine.signal,
    });
    const answer = await response.json();
    if (mine.signal.aborted) return;
    if (response.ok) show(text, answer.output[0], performance.now() - start);
    else complain(`${answer.title}.`, answer.detail || `Status ${answer.status}.`, response.status >= 500);
  } catch (error) {
    if (mine.signal.aborted) return;
    complain("The server does not answer.", "Is it still running? Start it again, then try once more.", true);
  }
}

// ---- showing what came back

function show(text, row, milliseconds) {
  byId("trouble").hidden = true;
  byId("result").hidden = byId("code").hidden = false;
  byId("result").classList.remove("waiting");
  const up = labels.length !== 2 || row.label === labels[1];
  byId("label").textContent = row.label;
  byId("label").className = labels.length === 2 ? (up ? "up" : "down") : "";
  byId("percent").textContent = percent(row.score);
  showBar(row, up);
  showWords(text, row, up);
  byId("curl").textContent = curl(text);
  byId("time").textContent = `Answered in ${Math.max(1, Math.round(milliseconds))} ms`;
  byId("spoken").textContent = `${row.label}, ${percent(row.score)} sure.`;
}

function showBar(row, up) {
  const two = labels.length === 2;
  byId("bar").className = two ? "two" : "";
  byId("fill").style.setProperty("--share", `${100 * (two && up ? 1 - row.score : row.score)}%`);
  const shares = up ? [1 - row.score, row.score] : [row.score, 1 - row.score];
  byId("left").textContent = two ? `${labels[0]} ${percent(shares[0])}` : "";
  byId("right").textContent = two ? `${labels[1]} ${percent(shares[1])}` : `all others together ${percent(1 - row.score)}`;
}

// With two labels a word pulls to the one or the other; with more it speaks for the label that was given, or against it.
function showWords(text, row, up) {
  const words = row.explanation.map(({ word, weight }) => ({ word, weight: up ? weight : -weight }));
  const most = Math.max(...words.map(({ weight }) => Math.abs(weight)), 1e-9);
  byId("why").hidden = !words.length;
  byId("no-why").hidden = words.length > 0;
  byId("for").textContent = labels.length === 2 ? `pulls to ${labels[1]}` : `speaks for ${row.label}`;
  byId("against").textContent = labels.length === 2 ? `pulls to ${labels[0]}` : `speaks against ${row.label}`;
  byId("sentence").replaceChildren(...pieces(text, words).map((piece) => marked(piece, most)));
  byId("words").tBodies[0].replaceChildren(...words.map((word) => weighed(word, most)));
}

function marked({ text, weight }, most) {
  if (!weight || !text.trim()) return document.createTextNode(text);
  const mark = element("mark", weight > 0 ? "for" : "against", text);
  mark.title = signed(weight);
  mark.style.setProperty("--strength", Math.min(1, Math.abs(weight) / most));
  return mark;
}

function weighed({ word, weight }, most) {
  const row = element("tr", weight > 0 ? "for" : "against");
  const name = element("th", "", word);
  name.scope = "row";
  name.dir = "auto";
  const cell = element("td");
  const bar = element("div", "weight");
  const line = element("div");
  const length = element("i");
  length.style.setProperty("--strength", Math.abs(weight) / most);
  line.append(length);
  bar.append(line, element("span", "", signed(weight)));
  cell.append(bar);
  row.append(name, cell);
  return row;
}

// ---- finding the words in the sentence

// Pieces of the text in order, each with the sum of the weights of all words that cover it.
function pieces(text, words) {
  const weights = new Array(text.length).fill(0);
  for (const { word, weight } of words) {
    for (const found of places(text, word)) {
      for (let at = found.index; at < found.index + found[0].length; at++) weights[at] += weight;
    }
  }
  const result = [];
  for (let start = 0, end = 1; start < text.length; start = end++) {
    while (end < text.length && weights[end] === weights[start]) end++;
    result.push({ text: text.slice(start, end), weight: weights[start] });
  }
  return result;
}

// A model of letters, not words, weighs parts of words: those are looked for where no whole word fits.
function places(text, word) {
  const whole = [...text.matchAll(pattern(word, true))];
  return whole.length ? whole : [...text.matchAll(pattern(word, false))];
}

// The parts of a word pair may have anything between them that is no letter, for the model does not see that.
function pattern(word, whole) {
  const parts = word.trim().split(/\s+/).map((part) => part.replace(/[\\^$.*+?()[\]{}|\/-]/g, "\\$&"));
  const before = whole && /^[\p{L}\p{N}_]/u.test(parts[0]) ? "(?<![\\p{L}\\p{N}_])" : "";
  const after = whole && /[\p{L}\p{N}_]$/u.test(parts.at(-1)) ? "(?![\\p{L}\\p{N}_])" : "";
  return new RegExp(before + parts.join("[^\\p{L}\\p{N}]{1,8}?") + after, "giu");
}

// ---- small things

function complain(title, detail, again) {
  byId("result").classList.remove("waiting");
  byId("result").hidden = byId("code").hidden = true;
  byId("trouble-title").textContent = title;
  byId("trouble-detail").textContent = detail;
  byId("trouble").hidden = false;
  byId("again").hidden = !again;
  byId("time").textContent = "";
}

function clear() {
  for (const id of ["result", "code", "trouble"]) byId(id).hidden = true;
  byId("time").textContent = byId("spoken").textContent = "";
}

function curl(text) {
  const body = JSON.stringify({ input: [{ text }], explain: true }).replaceAll("'", "'\\''");
  return `curl ${location.origin}/invocations \\\n  -H 'Content-Type: application/json' \\\n  -d '${body}'`;
}

async function copy() {
  const code = byId("curl");
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    // Without https only this old way is open to a page.
    getSelection().selectAllChildren(code);
    document.execCommand("copy");
  }
  byId("copy").textContent = "Copied";
  byId("spoken").textContent = "Copied";
  setTimeout(() => (byId("copy").textContent = "Copy"), 1500);
}

function count() {
  const length = [...field.value].length;
  byId("count").hidden = length <= 280;
  byId("count").textContent = `${length.toLocaleString("en")} characters`;
  byId("count").classList.toggle("over", length > longest);
}

function element(name, className = "", text = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

const percent = (share) => `${(100 * share).toFixed(share > 0.999 || share < 0.001 ? 2 : 1)} %`;
const signed = (weight) => `${weight > 0 ? "+" : "−"}${Math.abs(weight).toFixed(2)}`;

// ---- what the user does

field.addEventListener("input", () => {
  count();
  clearTimeout(timer);
  timer = setTimeout(score, 350);
});
field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  score();
});
byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  field.focus();
  score();
});
byId("again").addEventListener("click", score);
byId("copy").addEventListener("click", copy);
for (const example of EXAMPLES) {
  const button = element("button", "", example);
  button.type = "button";
  button.addEventListener("click", () => {
    field.value = example;
    count();
    score();
    byId("form").scrollIntoView();  // the answer appears below it
  });
  const item = element("li");
  item.append(button);
  byId("examples").append(item);
}
describe().then(() => field.value && score());
