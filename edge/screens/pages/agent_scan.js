// A reader types into the field and ends with Enter.  The scan only marks a line of the list: the agent boards.
const key = new URLSearchParams(location.search).get("key") ?? "";
const at = (id) => document.getElementById(id);
const LINES = { 30: 3, 36: 2, 44: 2 };
let proposed = null;

export function marked(line, person) {
  line.dataset.traveler = person.traveler;
  mark(line);
  return line;
}

function mark(line) {
  const chosen = proposed !== null && line.dataset.traveler === proposed;
  line.classList.toggle("chosen", chosen);
  if (chosen) line.setAttribute("aria-current", "true"); else line.removeAttribute("aria-current");
}

function propose(traveler) {
  proposed = traveler;
  for (const line of at("missing").rows) mark(line);
  at("missing").querySelector(".chosen")?.scrollIntoView({ block: "nearest" });
}

// The first line of a passport is followed by a second: Enter there is no end.
function moreToCome(text) {
  const lines = text.split("\n");
  const width = lines[0].length;
  return lines.every((line) => line.length === width && /^[A-Z0-9<]+$/i.test(line)) && lines.length < (LINES[width] ?? 0);
}

function tell(words, state, findings) {
  at("found").textContent = words;
  at("found").dataset.state = state;
  at("found").hidden = false;
  at("findings").replaceChildren(...findings.map((finding) => {
    const item = document.createElement("li");
    item.textContent = `${finding.item.replaceAll("_", " ")}${finding.line ? `, line ${finding.line}` : ""}: ${finding.problem}`;
    return item;
  }));
  at("findings").hidden = findings.length === 0;
}

async function look() {
  const text = at("scanned").value;
  at("scanned").value = "";  // a document number does not stay on the screen
  at("scanned").focus();
  if (!text.trim()) return;
  propose(null);
  let told;
  try {
    const answer = await fetch("/agent/scan", { method: "POST", body: new URLSearchParams({ key, text }) });
    if (!answer.ok) throw new Error(String(answer.status));
    told = await answer.json();
  } catch {
    tell("The appliance did not answer. Scan again, or find the traveller below.", "bad", []);
    return;
  }
  propose(told.traveler);
  tell(told.why, told.traveler === null ? "bad" : "good", told.findings.filter((finding) => finding.weight === "error").slice(0, 4));
}

at("scanned").addEventListener("keydown", (press) => {
  if (press.key !== "Enter" || press.shiftKey) return;
  if (moreToCome(at("scanned").value)) return;
  press.preventDefault();
  look();
});
document.addEventListener("keydown", (press) => {
  if (document.activeElement === document.body && press.key.length === 1) at("scanned").focus();
});
at("scan").addEventListener("submit", (submission) => { submission.preventDefault(); look(); });
at("scanned").focus();
