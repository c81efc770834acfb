// Turns <petition-widget campaign="slug"> into a frame of this site and lets the frame's height follow its content.
// Attributes: campaign (required), lang, theme (light, dark or auto), label (for screen readers). Without scripts the page shows what is inside the tag.

const home = new URL(document.currentScript.src).origin;
const LOWEST = 320;

class PetitionWidget extends HTMLElement {
  connectedCallback() {
    const campaign = this.getAttribute("campaign");
    if (!campaign || this.frame) return;
    const address = new URL(`/embed/${encodeURIComponent(campaign)}`, home);
    for (const name of ["lang", "theme"]) {
      if (this.hasAttribute(name)) address.searchParams.set(name, this.getAttribute(name));
    }
    address.searchParams.set("from", location.hostname);
    this.frame = document.createElement("iframe");
    this.frame.src = address;
    this.frame.title = this.getAttribute("label") ?? "Petition";
    this.frame.loading = "lazy";
    this.frame.style.cssText = `display:block;inline-size:100%;block-size:${LOWEST}px;border:0`;
    // From the second page on somebody has sent the form: what it answers stands at the top, which may be out of sight.
    this.loads = 0;
    this.frame.addEventListener("load", () => {
      this.loads += 1;
      if (this.loads > 1 && this.getBoundingClientRect().top < 0) this.scrollIntoView();
    });
    this.replaceChildren(this.frame);
    this.listen = (event) => this.follow(event);
    addEventListener("message", this.listen);
  }

  disconnectedCallback() {
    removeEventListener("message", this.listen);
    this.frame = null;
  }

  follow(event) {
    if (event.origin !== home || event.source !== this.frame.contentWindow) return;
    const height = Number(event.data?.petitionHeight);
    if (height > 0) this.frame.style.blockSize = `${Math.ceil(height)}px`;
  }
}

if (!customElements.get("petition-widget")) customElements.define("petition-widget", PetitionWidget);
