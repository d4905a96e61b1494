import { marked } from "/pages/agent_scan.js";

const key = new URLSearchParams(location.search).get("key") ?? "";
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

function row(cells) {
  const line = document.createElement("tr");
  for (const cell of cells) {
    const box = line.insertCell();
    if (cell instanceof Node) box.append(cell); else box.textContent = cell;
  }
  return line;
}

function state(name, text, good) {
  const item = document.createElement("li");
  item.textContent = `${name}: ${text}`;
  item.className = good ? "" : "bad";
  return item;
}

async function board(traveler) {
  const answer = await fetch("/agent/board", { method: "POST", redirect: "manual",
    body: new URLSearchParams({ key, traveler, agent: at("badge").value }) });
  if (answer.status >= 400) alert((await answer.json()).detail);
}

function checked(person) {
  const button = document.createElement("button");
  button.textContent = "Documents checked";
  button.disabled = !(at("badge").value && at("badge").checkValidity());
  button.onclick = () => { at("scanned").focus(); board(person.traveler); };  // or the next scan's keys would press it again
  return button;
}

let last;
function draw(s) {
  last = s;
  const [picture, words] = LAMPS[s.lamp];
  at("lamp").dataset.lamp = s.lamp;
  at("lamp").querySelector("svg").innerHTML = picture;
  at("lamp").querySelector("b").textContent = words;
  at("journey").textContent = s.journey || "none";
  at("aboard").textContent = `${s.aboard} of ${s.aboard + s.missing.length}`;
  at("prompt").textContent = s.prompt.replaceAll("_", " ");
  at("flat").hidden = s.liveness_enforced;
  at("lacking").hidden = s.not_guaranteed.length === 0;
  at("lacking").querySelector("ul").replaceChildren(...s.not_guaranteed.map((words) => {
    const item = document.createElement("li");
    item.textContent = words;
    return item;
  }));
  at("states").replaceChildren(
    state("service", s.service_up ? s.service : `${s.service}. Check documents; everything is kept and sent later`, s.service_up),
    state("gate", s.gate, ["closed", "moving", "open", "not observed"].includes(s.gate)), state("camera", s.camera, s.camera === "ok"),
    ...(s.reader ? [state("reader", s.reader, s.reader_ok)] : []),
    state("to be sent", String(s.outbox), s.outbox === 0));
  at("visits").replaceChildren(...s.visits.map((v) => row([v.at, v.encounter, v.result])));
  at("count").textContent = `(${s.missing.length})`;
  at("missing").replaceChildren(...s.missing.map((p) => marked(row([p.seat, p.name, checked(p)]), p)));
}

at("badge").oninput = () => last && draw(last);
const events = new EventSource(`/agent/events?key=${encodeURIComponent(key)}`);
events.onmessage = (message) => { at("stale").hidden = true; draw(JSON.parse(message.data)); };
events.onerror = () => { at("stale").hidden = false; };
