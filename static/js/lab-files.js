import { addressOf } from "./lab-picture.js";
import { element } from "./text-nodes.js";

export const DEFINITION = "lab.yaml";
const LANGUAGES = { py: "python", yaml: "yaml", yml: "yaml", json: "json", sql: "sql" };

/** The files of a lab by path, each with an editor and a row in their list; one is shown at a time. */
export class LabFiles {
  all = new Map();

  /** `editor` is the page's `<lab-editor>`, whose addresses they are. */
  constructor(editor, isOpen) {
    this.addresses = editor.dataset;
    this.isOpen = isOpen;
    this.mirrors = editor.piece("mirrors");
    this.list = editor.piece("files");
    this.deeds = editor.querySelectorAll("[data-rename], [data-remove]");
  }

  has(path) {
    return this.all.has(path);
  }

  get(path) {
    return this.all.get(path);
  }

  get definition() {
    return this.all.get(DEFINITION);
  }

  /** All texts by path, as they are typed now. */
  get texts() {
    return Object.fromEntries([...this.all].map(([path, each]) => [path, each.area.value]));
  }

  add(path, text) {
    const area = element("textarea", "mono");
    area.setAttribute("aria-label", path);
    area.readOnly = !this.isOpen;
    area.value = text;
    const address = addressOf(text, this.addresses.pictures);
    const editor = address ? document.createElement("lab-picture") : this.editorOf(path, area);
    if (address) editor.show(address, path);
    editor.hidden = true;
    const row = element("li", "");
    const button = element("button", "quiet", path);
    button.type = "button";
    button.dataset.path = path;
    row.append(button, element("span", "lab-file-faults"));
    this.all.set(path, { editor, area, row, button });
    this.mirrors.append(editor);
    this.list.append(row);
  }

  editorOf(path, area) {
    const editor = document.createElement("code-editor");
    editor.className = "editor";
    editor.setAttribute("label", `Editor of ${path}`);
    editor.setAttribute("language", LANGUAGES[path.split(".").pop()] ?? "text");
    editor.setAttribute("margin", "");
    if (path === DEFINITION) editor.setAttribute("schema", this.addresses.schema);
    editor.append(area);
    return editor;
  }

  choose(path) {
    this.chosen = path;
    for (const [name, each] of this.all) {
      each.editor.hidden = name !== path;
      each.button.toggleAttribute("aria-current", name === path);
    }
    for (const button of this.deeds) button.disabled = path === DEFINITION;
  }

  /** Its text, which is nowhere any more. */
  remove(path) {
    const { editor, row, area } = this.all.get(path);
    editor.remove();
    row.remove();
    this.all.delete(path);
    return area.value;
  }

  /** Put a file there, and what was there before where Undo finds it. */
  put(path, text) {
    const there = this.all.get(path);
    const isPicture = Boolean(addressOf(text, this.addresses.pictures));
    if (there && !isPicture && there.editor.localName === "code-editor") there.area.value = text;
    else {
      if (there) this.remove(path);
      this.add(path, text);
    }
    this.choose(path);
  }

  /** These and no others. */
  replace(files) {
    for (const path of [...this.all.keys()]) if (!(path in files)) this.remove(path);
    for (const [path, text] of Object.entries(files)) this.put(path, text);
    this.choose(DEFINITION);
  }

  /** Say in each editor, and beside its name, what is wrong in it. */
  showFaults(faults) {
    for (const [path, { editor, row }] of this.all) {
      const own = faults.filter((each) => each.path === path);
      editor.problems = own;
      row.querySelector(".lab-file-faults").textContent = own.length || "";
    }
  }

  /** Show what each file would change of `others`; of none, hide that. */
  compare(others) {
    for (const [path, { editor }] of this.all) editor.diff(others ? (others[path] ?? "") : null);
  }
}
