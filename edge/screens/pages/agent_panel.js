// One selected traveler in a place that does not move: selected, asked once, taken back until the leaf is open.
import { html, nothing, render } from "/pages/vendor/lit-html/lit-html.js";

const at = (id) => document.getElementById(id);
const SOON_MS = 400;  // a second press this soon after the question appeared was meant for what stood there before
const SILENT_MS = 10000;  // an order that was taken is shown long before
let selected = null, confirming = false, stands = false, asked = null, since = 0, words = "", asks;
let sent = 0, wished = false;  // when the gate was asked for, until it is shown; taken back before it was shown

export function begin(calls) {
  asks = calls;  // person(traveler), state(), board(traveler, stands), withdraw(encounter), released()
}

// The boarding of the selected traveler that is shown, unless it was over before.
function theirs() {
  const boarding = asks.state()?.boarding;
  return boarding && boarding.traveler === selected?.traveler && boarding.encounter !== asked ? boarding : null;
}

function stage() {
  const boarding = theirs();
  if (boarding) return boarding.stage;
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
  const boarding = asks.state()?.boarding;
  asked = boarding?.stage === "ended" ? boarding.encounter : null;
  confirming = stands = wished = false;
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
  confirming = false;
  sent = performance.now();
  draw();
  words = await asks.board(selected.traveler, stands);
  if (words) sent = 0;
  draw();
}

export function back() {
  const now = stage();
  if (now === "asked" || now === "opening") takeBack();
  else if (now === "confirm") { confirming = false; words = ""; draw(); }
  else if (now !== "open") { select(null); asks.released(); }
}

async function takeBack() {
  const boarding = theirs();
  wished = !boarding;  // it is on its way: taken back as soon as it is shown
  words = boarding ? await asks.withdraw(boarding.encounter) : "Taking it back…";
  draw();
}

function heard() {
  if (theirs()) sent = 0;
  else if (sent && performance.now() - sent > SILENT_MS) {
    sent = 0;
    words = "The appliance does not say what became of it: look whether the gate opened.";
  }
  if (wished && theirs()) takeBack();
}

const button = (label, act, { why = "", first = false, kind = "" } = {}) => html`<button type="button" class=${kind}
  aria-disabled=${why ? "true" : "false"} ?data-first=${first} @click=${act}>${label}</button>`;

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
    case "asked":
    case "opening": return html`<p class="big">${now === "asked" ? "Checking…" : "The gate is opening."}</p>
      <div class="acts">${button("Take back", takeBack, { first: true })}</div><p class="why">${words}</p>`;
    case "open": return html`<p class="big">The gate is open for one person.</p><p class="why">${words}</p>`;
    case "ended": {
      const { result } = asks.state().boarding;
      return html`<p class="big">${result[0].toUpperCase()}${result.slice(1)}.</p>
        <div class="acts">${button("Done", () => { select(null); asks.released(); }, { first: true })}</div>`;
    }
    default:
      return html`<div class="acts">${button("Documents checked", check, { why, first: true, kind: "main" })}</div>
        <p class="why">${words || why || asks.state()?.lane_says}</p>`;
  }
}

export function draw() {
  heard();
  const panel = at("panel"), had = panel.contains(document.activeElement);
  const now = stage();
  const who = selected ? html`<h2><span>${selected.seat}</span> ${selected.name}</h2>` : html`<h2>No traveler selected</h2>`;
  panel.dataset.stage = now;
  render(html`${who}${body(now)}`, panel);
  if (had && !panel.contains(document.activeElement)) {
    since = performance.now();  // a key on its way was meant for what stood there before
    (panel.querySelector("[data-first]") ?? at("scanned")).focus();
  }
}

export function first() {
  at("panel").querySelector("[data-first]")?.focus();
}
