// What every page has: htmx with server-sent events, focus on errors, the warning before an idle session ends.
import "htmx.org/dist/htmx.esm.js";
import "htmx.org/dist/ext/hx-sse.js";

const WARN_S = 60;

function formToken(): Record<string, string> {
  const headers = document.body.getAttribute("hx-headers:inherited");
  return headers ? (JSON.parse(headers) as Record<string, string>) : {};
}

/** Focus what says that something is wrong, so that it is read first. */
function focusErrors(root: ParentNode): void {
  root.querySelector<HTMLElement>("[data-focus]")?.focus();
}

/** Show what belongs to a running job, or to one that has ended, by the state the server last sent. */
function followJob(): void {
  const state = document.querySelector<HTMLElement>("#job-state [data-state]")?.dataset.state;
  if (!state) return;
  const ended = ["cancelled", "failed", "interrupted", "done"].includes(state);
  for (const part of document.querySelectorAll<HTMLElement>("[data-while-running]")) part.hidden = ended;
  for (const part of document.querySelectorAll<HTMLElement>("[data-when-ended]")) part.hidden = !ended;
}

/** Warns before the session ends by idleness; anything the user does on the page postpones it. */
class IdleWarning extends HTMLElement {
  private last = Date.now();
  private told = Date.now();
  // somebody who works in another tab is not away
  private readonly tabs = new BroadcastChannel("colonnade-used");

  connectedCallback(): void {
    const dialog = this.querySelector("dialog");
    const limit = 60_000 * Number(this.getAttribute("minutes"));
    if (!dialog || !(limit > 0)) return;
    this.tabs.addEventListener("message", () => {
      this.last = Date.now();
      dialog.close();
    });
    for (const kind of ["pointerdown", "keydown", "input"]) {
      document.addEventListener(kind, () => this.used(limit, dialog.open), { passive: true });
    }
    dialog.querySelector("button")?.addEventListener("click", () => {
      dialog.close();
      this.last = Date.now();
      this.tabs.postMessage("used");
      void this.stay();
    });
    dialog.addEventListener("cancel", () => void this.stay());
    setInterval(() => {
      const idle = Date.now() - this.last;
      if (idle > limit) void this.leave();
      else if (idle > limit - 1000 * WARN_S && !dialog.open) dialog.showModal();
    }, 1000);
  }

  /** Work on a page that sends nothing (drawing, writing) also counts: the server is told now and then. */
  private used(limit: number, warning: boolean): void {
    if (warning) return;
    if (Date.now() - this.last > 1000) this.tabs.postMessage("used");
    this.last = Date.now();
    if (this.last - this.told > limit / 3) void this.stay();
  }

  /** The session ends here and on the server; the log-in page leads back to where one was. */
  private async leave(): Promise<void> {
    this.last = Number.POSITIVE_INFINITY;
    await fetch("/log-out", { method: "POST", headers: formToken(), redirect: "manual" }).catch(() => undefined);
    location.assign(`/log-in?next=${encodeURIComponent(location.pathname)}`);
  }

  private async stay(): Promise<void> {
    this.told = Date.now();
    const answer = await fetch("/account/stay", { method: "POST", headers: formToken() });
    if (answer.status === 401) location.assign("/log-in");
  }
}

customElements.define("colonnade-idle", IdleWarning);
document.addEventListener("htmx:after:swap", () => {
  focusErrors(document);
  followJob();
});
new MutationObserver(followJob).observe(document.querySelector("#job-state") ?? document.createElement("div"), {
  childList: true,
  subtree: true,
});
focusErrors(document);
