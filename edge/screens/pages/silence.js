// Follows a stream of events that the appliance repeats every half second.  Three seconds without one, or an event that says
// that the appliance itself has not moved, and the page is not current: `changed(false)`.  It recovers by itself.
const SILENT_MS = 3000, LOOK_MS = 250;

// ended(): the stream is over or was refused, and the page must be asked for anew.
export function follow(address, heard, changed, ended = () => {}) {
  let last = performance.now(), current = false, source;

  function tell(now) {
    if (now !== current) changed(current = now);
  }

  function open() {
    source = new EventSource(address);
    source.onmessage = (message) => {
      const state = JSON.parse(message.data);
      if (!state.current) { tell(false); return; }
      last = performance.now();
      heard(state);
      tell(true);
    };
    source.addEventListener("ended", ended);
    source.onerror = () => tell(false);
  }

  setInterval(() => {
    if (performance.now() - last <= SILENT_MS) return;
    tell(false);
    if (source.readyState === EventSource.CLOSED) { source.close(); ended(); open(); }  // refused once: a browser gives up for ever
  }, LOOK_MS);
  changed(false);
  open();
}
