import { sparkWords } from "./progress-words.js";

/** `<spark-progress data-url>`: the stages and tasks that Spark works on, while a run goes on. */
const PAUSE = 700;

class SparkProgress extends HTMLElement {
  connectedCallback() {
    this.bar = document.createElement("progress");
    this.bar.setAttribute("aria-label", "Spark's tasks that are done");
    this.text = document.createElement("span");
    this.text.className = "small muted";
    this.text.title = "A task is one part of the work, which one core does at a time.";
    this.replaceChildren(this.bar, this.text);
    this.bar.hidden = true;
    this.timer = setInterval(this.ask, PAUSE);
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  ask = async () => {
    if (this.isAsking) return;
    this.isAsking = true;
    try {
      const response = await fetch(this.dataset.url);
      if (response.ok) this.tell(await response.json());
    } catch {
      // The network comes back, or the page's own signs say that it is away.
    } finally {
      this.isAsking = false;
    }
  };

  tell(at) {
    const { tasks, done } = at;
    if (!tasks) return;
    this.bar.hidden = false;
    this.bar.max = tasks;
    this.bar.value = done;
    this.text.textContent = sparkWords(at);
  }
}

customElements.define("spark-progress", SparkProgress);
