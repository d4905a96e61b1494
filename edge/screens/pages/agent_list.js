// Who is still missing.  Rows have keys and keep their places: while a pointer is over the list nothing in it moves, who goes
// aboard leaves a gap and who comes is added at the end.
import { html, render } from "/pages/vendor/lit-html/lit-html.js";
import { repeat } from "/pages/vendor/lit-html/directives/repeat.js";

const at = (id) => document.getElementById(id);
let rows = [], latest = [], active = null, chosen = null, held = false, onChoose = () => {};

const frozen = () => held || at("missing").matches(":hover");

function merged(missing) {
  if (!frozen()) return missing.map((person) => ({ ...person, gone: false }));
  const now = new Map(missing.map((person) => [person.traveler, person]));
  const kept = rows.map((row) => now.has(row.traveler) ? { ...now.get(row.traveler), gone: false } : { ...row, gone: true });
  const known = new Set(rows.map((row) => row.traveler));
  return [...kept, ...missing.filter((person) => !known.has(person.traveler)).map((person) => ({ ...person, gone: false }))];
}

function shown() {
  const words = at("sought").value.trim().toUpperCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => words.every((word) => `${row.seat} ${row.name}`.toUpperCase().includes(word)));
}

const id = (traveler) => `row-${encodeURIComponent(traveler)}`;

function draw() {
  const seen = shown();
  if (!seen.some((row) => row.traveler === active)) active = null;
  const row = (one) => html`<li role="option" id=${id(one.traveler)} data-traveler=${one.traveler}
    aria-selected=${one.traveler === chosen ? "true" : "false"} aria-disabled=${one.gone ? "true" : "false"}
    class=${[one.gone ? "gone" : "", one.traveler === active ? "active" : "", one.traveler === chosen ? "chosen" : ""].join(" ")}
    @click=${() => choose(one.traveler)}><span>${one.seat}</span><span>${one.gone ? "no longer missing" : one.name}</span></li>`;
  render(repeat(seen, (one) => one.traveler, row), at("missing"));
  at("sought").setAttribute("aria-activedescendant", active === null ? "" : id(active));
}

function choose(traveler) {
  if (rows.find((row) => row.traveler === traveler)?.gone) return;
  onChoose(traveler);
}

export function begin(chosenOne) {
  onChoose = chosenOne;
  at("missing").addEventListener("pointerdown", () => { held = true; });
  document.addEventListener("pointerup", () => setTimeout(() => { held = false; }, 0));
  at("missing").addEventListener("pointerleave", () => update(latest));
  at("sought").addEventListener("input", () => { active = shown()[0]?.traveler ?? null; draw(); });
}

export function update(missing) {
  latest = missing;
  rows = merged(missing);
  at("count").textContent = `(${missing.length})`;
  draw();
}

export function mark(traveler) {
  chosen = traveler;
  draw();
  document.querySelector("#missing .chosen")?.scrollIntoView({ block: "nearest" });
}

// An arrow moves from row to row by key, whatever came or went meanwhile.
export function move(by) {
  const seen = shown().filter((row) => !row.gone);
  if (seen.length === 0) return;
  const here = seen.findIndex((row) => row.traveler === active);
  active = seen[Math.min(seen.length - 1, Math.max(0, here + by))].traveler;
  draw();
  document.querySelector("#missing .active")?.scrollIntoView({ block: "nearest" });
}

export function enter() {
  if (active !== null) choose(active);
}

export const person = (traveler) => latest.find((one) => one.traveler === traveler) ?? null;
