// The button that has the papers of a plan made, as a job. Once they are there, the page lists them by itself.

import { h, post } from "./core";
import { followJob } from "./job";

class ColonnadePapers extends HTMLElement {
  private place = h("div");

  connectedCallback(): void {
    if (!this.hasAttribute("may-run") || this.contains(this.place)) return;
    this.append(this.place);
    this.place.append(h("button", { type: "button", onclick: () => void this.make() }, "Make the papers"));
  }

  private async make(): Promise<void> {
    try {
      const { job, state } = (await (await post(this.getAttribute("src") ?? "", {})).json()) as {
        job: string;
        state: string;
      };
      if (state === "done") location.reload();
      else followJob(this.place, job, "the papers", async () => location.reload());
    } catch (error) {
      const said = error instanceof Error ? error.message : "The papers could not be made.";
      this.place.replaceChildren(h("p", { class: "field-error", role: "alert" }, said));
    }
  }
}

customElements.define("colonnade-papers", ColonnadePapers);
