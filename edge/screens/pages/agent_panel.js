// One selected traveler in a place that does not move: selected, asked once, taken back until the leaf moves.
import { html, nothing, render } from "/pages/vendor/lit-html/lit-html.js";

const at = (id) => document.getElementById(id);
const SOON_MS = 400;  // a second press this soon after the question appeared was meant for what stood there before
const LOST_MS = 4000;  // a boarding that was taken and is not shown after this long came to nothing
let selected = null, confirming = false, stands = false, asked = null, since = 0, words = "", asks;
// sent: a boarding that is not shown yet; what is shown meanwhile is the one before.  wished: to be taken back once it is.
let sent = false, before = null, wished = false;

export function begin(calls) {
  asks = calls;  // person(traveler), state(), board(traveler, stands), withdraw(encounter), released()
}

function stage() {
  const state = asks.state();
  const boarding = state?.boarding;
  if (boarding && selected && boarding.traveler === selected.traveler && boarding.encounter !== asked) return boarding.stage;
  if (sent) return "asked";
  return confirming ? "confirm" : selected ? "selected" : "none";
}

// Why the gate may not be asked for now; "" if it may.
function obstacle() {
  const state = asks.state();
  if (!state) return "This page is not current.";
  if (!selected) return "Select a traveler in the list, or scan a document.";
  if (!asks.person(selected.traveler)) return "No longer missing: already aboard, or not on this journey.";
  if (state.boarding && state.boarding.stage !== "ended") return "Somebody else is being served.";
  if (state.prompt === "go") return "Somebody is passing: wait until the gate is closed.";
  return "";
}

export function select(traveler) {
  if (["asked", "opening", "open"].includes(stage())) return false;
  const person = asks.person(traveler);
  selected = person && { ...person };
  const shown = asks.state()?.boarding;
  asked = shown?.stage === "ended" ? shown.encounter : null;  // what is shown of an earlier boarding is over
  confirming = stands = false;
  words = "";
  draw();
  return true;
}

export const chosen = () => selected?.traveler ?? null;

function check() {
  if (obstacle()) return;
  confirming = true;
  words = "";
  since = performance.now();
  draw();
  at("panel").querySelector("[data-first]")?.focus();
}

async function confirm() {
  if (obstacle() || performance.now() - since < SOON_MS) return;
  if (asks.state().lane !== "somebody" && !stands) return;
  confirming = wished = false;
  sent = true;
  before = asks.state().boarding?.encounter ?? null;
  draw();
  words = await asks.board(selected.traveler, stands);
  if (words) sent = wished = false;
  else setTimeout(lose, LOST_MS, before);
  draw();
}

function lose(of) {
  if (!sent || before !== of) return;
  sent = wished = false;
  words = "Nothing was heard of it: look whether the gate opened, then try again.";
  draw();
}

function arrive() {
  const boarding = asks.state()?.boarding;
  if (!sent || !boarding || boarding.encounter === before) return;
  sent = false;
  if (wished && boarding.traveler === selected.traveler) takeBack();
}

export function back() {
  const now = stage();
  if (now === "asked" || now === "opening") takeBack();
  else if (now === "confirm") { confirming = false; words = ""; draw(); }
  else if (now !== "open") { select(null); asks.released(); }
}

async function takeBack() {
  wished = true;
  draw();
  if (sent) return;
  words = await asks.withdraw(asks.state().boarding.encounter);
  wished = false;
  draw();
}

const button = (label, act, { why = "", first = false, kind = "" } = {}) => html`<button type="button" class=${kind}
  aria-disabled=${why ? "true" : "false"} ?data-first=${first} @click=${() => act()}>${label}</button>`;

function body(now) {
  const why = obstacle();
  switch (now) {
    case "confirm": {
      const unseen = asks.state() && asks.state().lane !== "somebody";  // no camera, or a face that no camera finds
      return html`<p>Open the gate for this one person?</p>
        ${unseen ? html`<label><input type="checkbox" data-first .checked=${stands}
          @change=${(event) => { stands = event.target.checked; draw(); }}> The traveler stands in the lane: I see them</label>` : nothing}
        <div class="acts">${button("Yes, open the gate", confirm, { why: why || (unseen && !stands ? "no" : ""), first: !unseen, kind: "main" })}
        ${button("Cancel", back)}</div><p class="why">${why}</p>`;
    }
    case "asked": case "opening":
      return html`<p class="big">${wished ? "Taking back…" : now === "asked" ? "Checking…" : "The gate is opening."}</p>
        <div class="acts">${button("Take back", back, { first: true })}</div><p class="why">${words}</p>`;
    case "open": return html`<p class="big">The gate is open for one person.</p><p class="why">${words}</p>`;
    case "ended": {
      const { result } = asks.state().boarding;
      return html`<p class="big">${result[0].toUpperCase()}${result.slice(1)}.</p>
        <div class="acts">${button("Done", () => { select(null); asks.released(); }, { first: true })}</div>`;
    }
    default:
      return html`<div class="acts">${button("Documents checked", check, { why, first: true, kind: "main" })}</div>
        <p class="why">${why || words || asks.state()?.lane_says}</p>`;
  }
}

export function draw() {
  arrive();
  const panel = at("panel"), had = panel.contains(document.activeElement);
  const now = stage();
  const who = selected ? html`<h2><span>${selected.seat}</span> ${selected.name}</h2>` : html`<h2>No traveler selected</h2>`;
  panel.dataset.stage = now;
  render(html`${who}${body(now)}`, panel);
  if (!had || panel.contains(document.activeElement)) return;
  (panel.querySelector("[data-first]") ?? at("scanned")).focus();
  since = performance.now();  // a key meant for what stood there answers nothing
}

export function first() {
  at("panel").querySelector("[data-first]")?.focus();
}
