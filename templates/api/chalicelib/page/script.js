
"use strict";
const byId = (id) => document.getElementById(id);
const auth = document.body.dataset.auth;
// The page is at STAGE/ or STAGE; requests go below it.
const home = location.pathname.replace(/\/*$/, "/");
const EXAMPLES = [
  "Today was a great day!",
  "The train was late again and nobody told us why.",
  "Not bad at all, I would go again",
];
let running = null;

async function score() {
  const text = byId("text").value;
  if (running) running.abort();
  if (!text.trim()) return;
  const mine = (running = new AbortController());
  byId("result").classList.add("waiting");
  const start = performance.now();
  try {
    const response = await fetch(`${home}predict`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...(auth === "api-key" ? { "x-api-key": byId("key").value.trim() } : {}) },
      body: body(text),
      signal: mine.signal,
    });
    const answer = await response.json();
    if (response.ok) show(text, answer.output[0], performance.now() - start);
    else complain(response.status, answer);
  } catch (error) {
    if (!mine.signal.aborted) complain(0, {});
  }
}

const body = (text) => JSON.stringify({ input: [{ text }], explain: true });

function show(text, row, milliseconds) {
  byId("trouble").hidden = true;
  byId("result").hidden = byId("code").hidden = false;
  byId("result").classList.remove("waiting");
  byId("label").textContent = row.label;
  byId("percent").textContent = percent(row.score);
  byId("fill").style.setProperty("--share", `${100 * row.score}%`);
  const words = row.explanation || [];
  const most = Math.max(...words.map(({ weight }) => Math.abs(weight)), 1e-9);
  byId("why").hidden = !words.length;
  byId("words").tBodies[0].replaceChildren(...words.map(({ word, weight }) => weighed(word, weight, most)));
  byId("curl").textContent = curl(text);
  byId("time").textContent = `Answered in ${Math.max(1, Math.round(milliseconds))} ms`;
  byId("spoken").textContent = `${row.label}, ${percent(row.score)} sure.`;
}

function weighed(word, weight, most) {
  const row = document.createElement("tr");
  row.className = weight > 0 ? "for" : "against";
  const name = document.createElement("th");
  name.scope = "row";
  name.dir = "auto";
  name.textContent = word;
  const cell = document.createElement("td");
  cell.style.setProperty("--strength", Math.abs(weight) / most);
  cell.textContent = `${weight > 0 ? "+" : "−"}${Math.abs(weight).toFixed(2)}`;
  row.append(name, cell);
  return row;
}

function complain(status, answer) {
  const [title, detail] = {
    0: ["The API does not answer.", "Is it still deployed?"],
    403: ["The API refuses.", auth === "api-key" ? "The API key is missing or wrong." : answer.message],
    429: ["Too many requests.", "Wait a moment, then try again."],
    504: ["The model took too long.", "Try again shortly."],
  }[status] || [`${answer.title || answer.message || `Status ${status}`}.`, answer.detail || ""];
  byId("result").classList.remove("waiting");
  byId("result").hidden = byId("code").hidden = true;
  byId("trouble-title").textContent = title;
  byId("trouble-detail").textContent = detail;
  byId("trouble").hidden = false;
}

function curl(text) {
  const key = auth === "api-key" ? "  -H \"x-api-key: $API_KEY\" \\\n" : "";
  const content = body(text).replaceAll("'", "'\\''");
  return `curl ${location.origin}${home}predict \\\n${key}  -H 'Content-Type: application/json' \\\n  -d '${content}'`;
}

const percent = (share) => `${(100 * share).toFixed(share > 0.999 || share < 0.001 ? 2 : 1)} %`;

byId("signed").hidden = auth !== "iam";
byId("form").hidden = auth === "iam";
byId("locked").hidden = auth !== "api-key";
byId("key").value = sessionStorage.getItem("key") || "";
byId("key").addEventListener("change", () => sessionStorage.setItem("key", byId("key").value.trim()));
byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  score();
});
byId("text").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  score();
});
for (const example of EXAMPLES) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = example;
  button.addEventListener("click", () => {
    byId("text").value = example;
    score();
  });
  const item = document.createElement("li");
  item.append(button);
  byId("examples").append(item);
}
