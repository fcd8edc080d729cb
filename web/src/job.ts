// A long computation as a job: followed by server-sent events, cancelled. The page goes by the job, never by a timer.

import { h, post, Refusal } from "./core";

interface Progress {
  state: string;
  progress: number;
  phase: string;
  text: string;
  left_s: number | null;
  result_sha256: string;
  error: { what: string; given: string; allowed: string; todo: string } | null;
}

/** Follows a job in `place`; `title` says what is made ("the plan"), `done` is called once it is. */
export function followJob(place: HTMLElement, job: string, title: string, done: () => Promise<void>): void {
  const bar = h("progress", { max: 1, value: 0, "aria-label": `Progress of ${title}` });
  const words = h("span", { role: "status" }, "Waiting to start");
  const cancel = h(
    "button",
    { type: "button", class: "quiet", onclick: () => void post(`/jobs/${job}/cancel`, {}) },
    "Cancel",
  );
  place.replaceChildren(
    h("p", {}, h("strong", {}, `Making ${title}. `), words),
    bar,
    h("p", { class: "buttons" }, cancel),
  );
  place.hidden = false;
  place.setAttribute("state", "working");
  place.setAttribute("job", job);
  const source = new EventSource(`/jobs/${job}/events.json`);
  source.addEventListener("message", (event) => {
    const at = JSON.parse(event.data) as Progress;
    bar.value = at.progress;
    const left = at.left_s === null ? "" : `, about ${Math.ceil(at.left_s)} s left`;
    words.textContent = at.state === "running" ? `${at.text || at.phase}${left}` : at.state;
    place.setAttribute("job-state", at.state);
    if (at.state === "done") {
      done().then(
        () => place.setAttribute("state", "fresh"),
        (error) => failed(place, error instanceof Refusal ? error.message : "The result could not be fetched."),
      );
    } else if (at.state === "failed" && at.error) {
      const { what, given, allowed, todo } = at.error;
      failed(place, what ? `${what}: given ${given}; allowed: ${allowed}. ${todo}` : given);
    } else if (["failed", "cancelled", "interrupted"].includes(at.state)) {
      failed(place, `${title[0]?.toUpperCase()}${title.slice(1)}: ${at.state}.`);
    }
  });
  source.addEventListener("end", () => source.close());
}

function failed(place: HTMLElement, words: string): void {
  place.replaceChildren(h("p", { class: "field-error", role: "alert" }, words));
  place.setAttribute("state", "failed");
}
