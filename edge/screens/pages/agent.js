import { html, render } from "/pages/vendor/lit-html/lit-html.js";
import { follow } from "/pages/silence.js";
import * as list from "/pages/agent_list.js";
import * as panel from "/pages/agent_panel.js";
import { begin as beginScanning } from "/pages/agent_scan.js";

const at = (id) => document.getElementById(id);
const LAMPS = {
  off: ["", "off"], ready: ['<circle cx="20" cy="20" r="13"/>', "ready"],
  looking: ['<path d="M3 20c5-9 11-13 17-13s12 4 17 13c-5 9-11 13-17 13S8 29 3 20z"/><circle cx="20" cy="20" r="5"/>', "looking"],
  go: ['<path d="M6 20h26M22 10l10 10-10 10"/>', "go"], see_agent: ['<path d="M20 6v18"/><circle cx="20" cy="33" r="2"/>', "see agent"],
  fault: ['<path d="M20 4L37 35H3z"/><path d="M20 16v8"/><circle cx="20" cy="29" r="1"/>', "fault"],
  held: ['<path d="M8 6v28M8 6h10v28M26 20h10M31 14v12"/>', "held open"],
  emergency: ['<path d="M4 20h14M12 12l8 8-8 8M24 6h10v28H24"/>', "emergency: open"],
  none: ["", "no lights here"],
};

let state = null, current = false;

async function post(path, fields) {
  try {
    const answer = await fetch(path, { method: "POST", redirect: "manual", body: new URLSearchParams(fields) });
    if (answer.status < 400) return "";
    const { detail } = await answer.json();
    return typeof detail === "string" ? detail : "The appliance refused this. Try again.";
  } catch {
    return "The appliance did not answer. Try again.";
  }
}

// Whether it is selected now.
function choose(traveler, { stay = false } = {}) {
  if (!panel.select(traveler)) return false;
  list.mark(panel.chosen());
  if (!stay) panel.first();
  return panel.chosen() === traveler;
}

function draw(s) {
  state = s;
  at("agent").textContent = s.agent;
  const [picture, words] = LAMPS[s.lamp];
  at("lamp").dataset.lamp = s.lamp;
  at("lamp").querySelector("svg").innerHTML = picture;
  at("lamp").querySelector("b").textContent = words;
  at("journey").textContent = s.journey || "none";
  at("aboard").textContent = `${s.aboard} of ${s.expected}`;
  at("prompt").textContent = s.prompt.replaceAll("_", " ");
  at("flat").hidden = s.liveness_enforced;
  at("lacking").hidden = s.not_guaranteed.length === 0;
  render(s.not_guaranteed.map((words) => html`<li>${words}</li>`), at("lacking").querySelector("ul"));
  const parts = [...Object.entries(s.says), ["to be sent", { words: String(s.outbox), well: s.outbox === 0 }]];
  render(parts.map(([part, { words, well }]) => html`<li class=${well ? "" : "bad"}>${part}: ${words}</li>`), at("states"));
  render(s.visits.map((v) => html`<tr><td class="time">${v.at}</td><td>${v.encounter}</td><td>${v.result}</td></tr>`), at("visits"));
  list.update(s.missing);
  panel.draw();
}

panel.begin({
  person: list.person, state: () => current ? state : null,
  board: (traveler, stands) => post("/agent/board", { traveler, stands }),
  withdraw: (encounter) => post("/agent/withdraw", { encounter }),
  released: () => { list.mark(null); at("scanned").focus(); },
});
list.begin(choose);
beginScanning((traveler) => choose(traveler, { stay: true }));

document.addEventListener("keydown", (press) => {
  if (press.repeat && press.key === "Enter") { press.preventDefault(); return; }  // a key that is held says one thing
  const here = document.activeElement, finding = here === at("sought");
  if (press.key === "Escape") { press.preventDefault(); panel.back(); return; }
  if (["ArrowDown", "ArrowUp"].includes(press.key) && (finding || here.tagName !== "TEXTAREA" || at("scanned").value === "")) {
    press.preventDefault();
    at("sought").focus();
    list.move(press.key === "ArrowDown" ? 1 : -1);
  } else if (press.key === "Enter" && finding) {
    press.preventDefault();
    list.enter();
  } else if (press.key.length === 1 && press.key !== " " && !press.ctrlKey && !press.metaKey && !press.altKey
    && (here === document.body || here.tagName === "BUTTON" || here.type === "checkbox")) {
    at("scanned").focus();  // a reader types wherever the focus is
  }
});

panel.draw();
follow("/agent/events", (s) => { current = true; draw(s); }, (now) => {
  current = now;
  at("stale").hidden = now;
  document.body.classList.toggle("old", !now);
  panel.draw();
}, async () => {
  const answer = await fetch("/agent").catch(() => null);
  if (answer?.ok) location.reload();  // the shift has ended: the page asks who works here now
});
