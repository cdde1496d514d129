/**
 * `<lab-editor data-save data-check data-schema>`: a lab's definition and the files beside it, one
 * shown at a time. What is typed is saved by itself a moment later, or by control-S; what is wrong
 * with it, and how the page of a step will look, is asked for as soon as somebody pauses. A text
 * that was saved elsewhere meanwhile is never overwritten unasked.
 */
import { KeptText } from "./kept-text.js";
import { DEFINITION, LabFiles } from "./lab-files.js";
import { element } from "./text-nodes.js";
import { placeAt } from "./yaml-place.js";

const CHECK_MS = 350;
const MOST_BYTES = 256 * 1024;
const MOST_PICTURE_BYTES = 512 * 1024;
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** A row of the list of faults, which leads to its place. */
function faultRow({ path, line, column, said }) {
  const button = element("button", "quiet");
  button.type = "button";
  Object.assign(button.dataset, { path, line, column });
  button.append(element("b", "", `${path} ${line}:${column}`), ` ${said}`);
  const row = element("li", "");
  row.append(button);
  return row;
}

class LabEditor extends HTMLElement {
  step = 0;

  connectedCallback() {
    const data = JSON.parse(document.getElementById("lab-text").textContent);
    this.files = new LabFiles(this, data.isOpen);
    for (const [path, text] of Object.entries(data.files)) this.files.add(path, text);
    this.kept = new KeptText(this.dataset.save, data.base, () => this.files.texts, {
      told: (words, isWrong) => this.tell(words, isWrong),
      overtaken: (newest) => this.onOvertaken(newest),
    });
    this.files.choose(DEFINITION);
    this.addEventListener("click", this.onClick);
    if (!data.isOpen) return;
    this.addEventListener("input", this.onInput);
    this.addEventListener("code:moved", this.onMoved);
    this.addEventListener("keydown", this.onKey);
    this.piece("naming").addEventListener("close", this.onNamed);
    this.piece("upload").addEventListener("change", this.onUpload);
    document.addEventListener("submit", this.onSubmit, true);
    window.addEventListener("beforeunload", this.onLeave);
    this.check();
  }

  disconnectedCallback() {
    clearTimeout(this.pause);
    this.checking?.abort();
    this.kept.stop();
    document.removeEventListener("submit", this.onSubmit, true);
    window.removeEventListener("beforeunload", this.onLeave);
  }

  /** What the page marks by `data-name`; `part` is an element's own word for something else. */
  piece(name) {
    return this.querySelector(`[data-${name}]`);
  }

  // What somebody does

  onInput = () => this.changed();

  changed() {
    this.kept.later();
    this.checkSoon();
  }

  onMoved = () => {
    if (this.files.chosen !== DEFINITION) return;
    const { area, editor } = this.files.definition;
    const [part, number] = placeAt(area.value, editor.position)?.path ?? [];
    if (part !== "steps" || typeof number !== "number" || number === this.step) return;
    this.step = number;
    this.checkSoon();
  };

  onKey = (event) => {
    if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    this.kept.save();
  };

  onClick = (event) => {
    const at = event.target;
    if (at.closest("[data-preview]")) return this.onPreview(event);
    const button = at.closest("button");
    if (!button) return;
    const { path, line, column } = button.dataset;
    if (line) {
      this.files.choose(path);
      this.files.get(path).editor.go(Number(line), Number(column));
    } else if (path) {
      this.files.choose(path);
      this.files.get(path).editor.focus();
    } else if ("saves" in button.dataset) this.kept.save();
    else if ("closes" in button.dataset) this.piece("naming").close();
    else if ("new" in button.dataset) this.ask("");
    else if ("rename" in button.dataset) this.ask(this.files.chosen);
    else if ("remove" in button.dataset) this.onRemove();
    else if ("undo" in button.dataset) this.onUndo();
    else if ("uploads" in button.dataset) this.piece("upload").click();
    else if ("mine" in button.dataset) this.settle((newest) => this.kept.go(newest.base));
    else if ("theirs" in button.dataset) this.settle((newest) => this.take(newest));
    else if ("differs" in button.dataset) this.compare(button.getAttribute("aria-pressed") !== "true");
  };

  /** Nothing works in a preview; a step in its list leads to where it is written. */
  onPreview(event) {
    const link = event.target.closest("a, button");
    if (!link) return;
    event.preventDefault();
    const { step } = link.dataset;
    const { area, editor } = this.files.definition;
    const lines = area.value.split("\n");
    const at = lines.findIndex((line) => line.replace(/#.*/, "").trim() === `- id: ${step}`);
    if (!step || at < 0) return;
    this.files.choose(DEFINITION);
    editor.go(at + 1, lines[at].indexOf("id:") + 1);
  }

  /** Ask for a file's name: of a new one, or another of one that is there. */
  ask(path) {
    const dialog = this.piece("naming");
    this.named = path;
    dialog.querySelector("h2").textContent = path ? `Rename ${path}` : "A new file";
    dialog.querySelector("input").value = path;
    dialog.returnValue = "";
    dialog.showModal();
    dialog.querySelector("input").select();
  }

  onNamed = () => {
    const dialog = this.piece("naming");
    const path = dialog.querySelector("input").value.trim();
    if (dialog.returnValue !== "yes" || !path || path === this.named) return;
    if (this.files.has(path)) return this.tell(`There is a file ${path} already: nothing was changed.`, true);
    this.files.put(path, this.named ? this.files.remove(this.named) : "");
    this.changed();
    this.files.get(path).editor.focus();
  };

  onRemove() {
    const path = this.files.chosen;
    this.removed = { path, text: this.files.remove(path) };
    this.files.choose(DEFINITION);
    this.changed();
    const undo = this.piece("undo");
    undo.textContent = `Bring ${path} back`;
    undo.hidden = false;
    undo.focus();
  }

  onUndo() {
    const { path, text } = this.removed;
    this.piece("undo").hidden = true;
    if (this.files.has(path)) return this.tell(`There is another ${path} now: rename it first.`, true);
    this.files.put(path, text);
    this.changed();
    this.files.get(path).editor.focus();
  }

  onUpload = async () => {
    const input = this.piece("upload");
    const refused = [];
    for (const file of input.files) {
      const why = await this.takeIn(file);
      if (why) refused.push(`${file.name} ${why}. It was not taken.`);
      else this.changed();
    }
    input.value = "";
    this.piece("refused").textContent = refused.join(" ");
    this.piece("refused").hidden = !refused.length;
  };

  /** Put a file beside the others; or why that can't be, in words that go on from its name. */
  async takeIn(file) {
    const isPicture = file.type.startsWith("image/");
    const most = isPicture ? MOST_PICTURE_BYTES : MOST_BYTES;
    if (file.size > most) return `is larger than ${most / 1024} KB`;
    try {
      const text = isPicture ? await this.sendPicture(file) : utf8.decode(await file.arrayBuffer());
      this.files.put(file.name, text.replaceAll("\r\n", "\n"));
    } catch (error) {
      return isPicture ? error.message : "is no text in UTF-8";
    }
  }

  /** What stands for a picture among texts. Throws an error in words where it wasn't kept. */
  async sendPicture(file) {
    const form = new FormData();
    form.set("file", file);
    const response = await this.kept.post(this.dataset.addPicture, form).catch(() => {
      throw new Error("did not get to the portal, which can’t be reached");
    });
    const answer = await response.json().catch(() => ({ said: "was refused: are you still logged in?" }));
    if (!answer.text) throw new Error(answer.said);
    return answer.text;
  }

  /** What is done with a draft is done with what is written, so that is saved first. */
  onSubmit = async (event) => {
    const form = event.target;
    if (form.method === "dialog" || this.isSure) return;
    if (!this.kept.isChanged) return;
    event.preventDefault();
    if (!(await this.kept.save())) return;
    this.isSure = true;
    form.requestSubmit(event.submitter);
    this.isSure = false;
  };

  onLeave = (event) => {
    if (this.kept.isChanged) event.preventDefault();
  };

  // A text that was saved elsewhere

  onOvertaken(newest) {
    this.newest = newest;
    this.piece("overtaken").hidden = false;
  }

  settle(how) {
    this.compare(false);
    this.piece("overtaken").hidden = true;
    how(this.newest);
    this.check();
  }

  take({ base, files }) {
    this.files.replace(files);
    this.kept.take(base);
  }

  compare(isWanted) {
    this.piece("differs").setAttribute("aria-pressed", String(isWanted));
    this.files.compare(isWanted ? this.newest.files : null);
  }

  // What the portal says of the text

  checkSoon() {
    clearTimeout(this.pause);
    this.checking?.abort(); // What it would say is of an older text.
    this.pause = setTimeout(() => this.check(), CHECK_MS);
  }

  async check() {
    clearTimeout(this.pause);
    this.checking?.abort();
    this.checking = new AbortController();
    const { signal } = this.checking;
    try {
      const response = await this.kept.post(this.dataset.check, { files: this.files.texts, step: this.step }, signal);
      const answer = await response.json();
      if (signal.aborted) return;
      if (answer.said) this.showFaults([{ path: DEFINITION, line: 1, column: 1, said: answer.said }]);
      else this.showFaults(answer.faults);
      this.showPreview(answer.preview);
    } catch {
      // Aborted, or the portal is away: saving says so.
    }
  }

  showFaults(faults) {
    this.piece("faults").replaceChildren(...faults.map(faultRow));
    const count = faults.length;
    this.piece("verdict").textContent = count ? `${count} fault${count === 1 ? "" : "s"}` : "It can be launched";
    this.piece("verdict").toggleAttribute("data-wrong", count > 0);
    this.files.showFaults(faults);
  }

  /** Of a text that can't be read there is none: the last one stays, and says so. */
  showPreview(html) {
    const preview = this.piece("preview");
    this.piece("stale").hidden = Boolean(html) || !preview.firstChild;
    if (html) preview.innerHTML = html;
  }

  tell(words, isWrong = false) {
    const place = this.piece("told");
    place.textContent = words;
    place.toggleAttribute("data-wrong", isWrong);
  }
}

customElements.define("lab-editor", LabEditor);
