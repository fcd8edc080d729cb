// Shows the photograph that was chosen under an earlier one, so that pose and distance can be matched before it is stored.

/** `<colonnade-ghost input="ID">` holds a `<select>` of earlier photographs by address. */
class Ghost extends HTMLElement {
  private url = "";

  connectedCallback(): void {
    const input = document.getElementById(this.getAttribute("input") ?? "");
    const select = this.querySelector("select");
    const stage = this.querySelector<HTMLElement>("[data-stage]");
    const strength = this.querySelector<HTMLInputElement>("input[type=range]");
    const [below, above] = this.querySelectorAll("img");
    if (!(input instanceof HTMLInputElement) || !select || !stage || !strength || !below || !above) return;
    this.hidden = false;
    const draw = (): void => {
      const file = input.files?.[0];
      if (this.url) URL.revokeObjectURL(this.url);
      this.url = file ? URL.createObjectURL(file) : "";
      stage.hidden = !file && !select.value;
      below.hidden = !this.url;
      if (this.url) below.src = this.url;
      above.hidden = !select.value;
      if (select.value) above.src = select.value;
      this.dataset.state = `${file ? "new" : "none"}+${select.value ? "ghost" : "none"}`;
    };
    const fade = (): void => {
      above.style.opacity = String(Number(strength.value) / 100);
    };
    input.addEventListener("change", draw);
    select.addEventListener("change", draw);
    strength.addEventListener("input", fade);
    draw();
    fade();
  }
}

customElements.define("colonnade-ghost", Ghost);
