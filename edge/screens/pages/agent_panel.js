// One selected traveler in a place that does not move: selected, asked once, taken back until the leaf moves.
import { html, nothing, render } from "/pages/vendor/lit-html/lit-html.js";

const at = (id) => document.getElementById(id);
const SOON_MS = 400;  // a second press this soon after the question appeared was meant for what stood there before
let selected = null, confirming = false, stands = false, asked = null, since = 0, words = "", sent = false, asks;

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
  if (!asks.person(selected.traveler)) return "No longer missing: already aboard.";
  if (state.boarding && state.boarding.stage !== "ended") return "Somebody else is being served.";
  if (state.prompt === "go") return "Somebody is passing: wait until the gate is closed.";
  return "";
}

export function select(traveler) {
  if (["asked", "opening", "open"].includes(stage())) return false;
  const person = asks.person(traveler);
  selected = person && { ...person };
  asked = asks.state()?.boarding?.encounter ?? null;  // what is shown of an earlier boarding is over
  confirming = stands = false;
  words = "";
  draw();
  return true;
}

export const chosen = () => selected?.traveler ?? null;

function check() {
  if (obstacle()) return;
  confirming = true;
  since = performance.now();
  draw();
  at("panel").querySelector("[data-first]")?.focus();
}

async function confirm() {
  if (obstacle() || performance.now() - since < SOON_MS) return;
  if (asks.state().lane !== "somebody" && !stands) return;
  confirming = false;
  sent = true;
  draw();
  words = await asks.board(selected.traveler, stands);
  sent = false;
  draw();
}

export function back() {
  const now = stage();
  if (now === "asked" || now === "opening") takeBack();
  else if (now === "confirm") { confirming = false; draw(); }
  else if (now !== "open") { select(null); asks.released(); }
}

function takeBack() {
  const boarding = asks.state()?.boarding;
  if (boarding) asks.withdraw(boarding.encounter);
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
    case "asked": return html`<p class="big">Checking…</p><div class="acts">${button("Take back", back, { first: true })}</div>`;
    case "opening": return html`<p class="big">The gate is opening.</p><div class="acts">${button("Take back", back, { first: true })}</div>`;
    case "open": return html`<p class="big">The gate is open for one person.</p>`;
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
  const panel = at("panel"), had = panel.contains(document.activeElement);
  const now = stage();
  const who = selected ? html`<h2><span>${selected.seat}</span> ${selected.name}</h2>` : html`<h2>No traveler selected</h2>`;
  panel.dataset.stage = now;
  render(html`${who}${body(now)}`, panel);
  if (had && !panel.contains(document.activeElement)) (panel.querySelector("[data-first]") ?? at("scanned")).focus();
}

export function first() {
  at("panel").querySelector("[data-first]")?.focus();
}
