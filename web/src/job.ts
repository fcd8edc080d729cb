// A plan as a job: asked for, followed by server-sent events, cancelled, kept. The page goes by the job, never by a timer.

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

/** Follows a job in `place`; `keep` is asked once it is done and gives the address of the plan. */
export function followJob(place: HTMLElement, job: string, keep: string): void {
  const bar = h("progress", { max: 1, value: 0, "aria-label": "Progress of the plan" });
  const words = h("span", { role: "status" }, "Waiting to start");
  const cancel = h(
    "button",
    { type: "button", class: "quiet", onclick: () => void post(`/jobs/${job}/cancel`, {}) },
    "Cancel",
  );
  place.replaceChildren(
    h("p", {}, h("strong", {}, "Making the plan. "), words),
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
    if (at.state === "done") void kept(place, keep);
    else if (at.state === "failed" && at.error) {
      const { what, given, allowed, todo } = at.error;
      failed(place, what ? `${what}: given ${given}; allowed: ${allowed}. ${todo}` : given);
    } else if (["failed", "cancelled", "interrupted"].includes(at.state)) failed(place, `The plan was ${at.state}.`);
  });
  source.addEventListener("end", () => source.close());
}

async function kept(place: HTMLElement, keep: string): Promise<void> {
  try {
    const found = (await (await post(keep, {})).json()) as { plan: string; verdict: string; number: number };
    place.replaceChildren(
      h(
        "p",
        {},
        h("strong", {}, `Plan ${found.number} is made: ${found.verdict}. `),
        h("a", { href: found.plan }, "Open it"),
      ),
    );
    place.setAttribute("state", "fresh");
    place.setAttribute("plan", found.plan);
  } catch (error) {
    failed(
      place,
      error instanceof Refusal ? `The plan was made but not kept: ${error.message}` : "The plan was not kept.",
    );
  }
}

function failed(place: HTMLElement, words: string): void {
  place.replaceChildren(h("p", { class: "field-error", role: "alert" }, words));
  place.setAttribute("state", "failed");
}
