// A reader types into the field and ends with Enter.  The scan only selects a traveler: the agent boards.
const at = (id) => document.getElementById(id);
const LINES = { 30: 3, 36: 2, 44: 2 };
let propose = () => {};

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
    const answer = await fetch("/agent/scan", { method: "POST", body: new URLSearchParams({ text }) });
    if (!answer.ok) throw new Error(String(answer.status));
    told = await answer.json();
  } catch {
    tell("The appliance did not answer. Scan again, or find the traveler below.", "bad", []);
    return;
  }
  if (told.traveler !== null && !propose(told.traveler)) {
    tell(`${told.why} Not selected while somebody is served: scan again when the gate is closed.`, "bad", []);
    return;
  }
  tell(told.why, told.traveler === null ? "bad" : "good", told.findings.filter((finding) => finding.weight === "error").slice(0, 4));
}

at("scanned").addEventListener("keydown", (press) => {
  if (press.key !== "Enter" || press.shiftKey) return;
  if (moreToCome(at("scanned").value)) return;
  press.preventDefault();
  look();
});
at("scan").addEventListener("submit", (submission) => { submission.preventDefault(); look(); });

// proposed(traveler): the one a scan names, null while it is looked for; whether it is selected now.
export function begin(proposed) {
  propose = proposed;
  at("scanned").focus();
}
