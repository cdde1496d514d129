/** A CodeMirror in a shadow root, where its styles are allowed; loaded when an editor needs it. */
import {
  Compartment,
  Decoration,
  EditorState,
  EditorView,
  bracketMatching,
  closeBrackets,
  closeBracketsKeymap,
  defaultKeymap,
  drawSelection,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  history,
  historyKeymap,
  indentLess,
  indentMore,
  indentOnInput,
  indentUnit,
  keymap,
  lineNumbers,
  python,
  sql,
  syntaxHighlighting,
  temporarilySetTabFocusMode,
  unifiedMergeView,
} from "../vendor/codemirror/codemirror.js";
import { colours, theme } from "./code-theme.js";

const LANGUAGES = { python, sql };
const INDENT = "    ";

/** Tab types spaces to the next stop, or moves the selected lines. */
function tab(view) {
  const { main } = view.state.selection;
  if (!main.empty) return indentMore(view);
  const column = main.head - view.state.doc.lineAt(main.head).from;
  view.dispatch(view.state.replaceSelection(" ".repeat(INDENT.length - (column % INDENT.length))));
  return true;
}

export class Editor {
  /** `options`: text, language, label, isReadOnly, onChange(text), onSave(), onRun(). */
  constructor(root, options) {
    this.diffing = new Compartment();
    this.marking = new Compartment();
    this.onChange = options.onChange;
    const keys = [
      { key: "Tab", run: tab, shift: indentLess },
      { key: "Escape", run: temporarilySetTabFocusMode },
      { key: "Mod-s", preventDefault: true, run: () => (options.onSave(), true) },
      { key: "Mod-Enter", run: () => (options.onRun(), true) },
    ];
    this.view = new EditorView({
      root,
      parent: root.querySelector(".mirror"),
      doc: options.text,
      extensions: [
        lineNumbers(),
        highlightSpecialChars(),
        history(),
        drawSelection(),
        indentOnInput(),
        indentUnit.of(INDENT),
        bracketMatching(),
        closeBrackets(),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        syntaxHighlighting(colours),
        theme,
        LANGUAGES[options.language]?.() ?? [],
        this.diffing.of([]),
        this.marking.of([]),
        EditorState.readOnly.of(options.isReadOnly),
        EditorView.contentAttributes.of({
          "aria-label": options.label,
          "aria-readonly": String(options.isReadOnly),
          spellcheck: "false",
          tabindex: "0",
        }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged && !this.isBeingSet) this.onChange(this.text);
        }),
        keymap.of([...keys, ...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap]),
      ],
    });
  }

  get text() {
    return this.view.state.doc.toString();
  }

  /** Put a text there without telling `onChange`; undo brings back what was there. */
  set text(text) {
    const length = this.view.state.doc.length;
    if (text === this.text) return;
    this.isBeingSet = true;
    this.view.dispatch({ changes: { from: 0, to: length, insert: text } });
    this.isBeingSet = false;
  }

  /** The lines of the selection, or of the cursor, after as many empty ones as come before them:
      so an error in them has the number of its line. */
  get selectedLines() {
    const { doc, selection } = this.view.state;
    const first = doc.lineAt(selection.main.from);
    return "\n".repeat(first.number - 1) + doc.sliceString(first.from, doc.lineAt(selection.main.to).to);
  }

  /** Show what differs from another text; null ends that. */
  diff(original) {
    const shown =
      original === null
        ? []
        : unifiedMergeView({ original, mergeControls: false, gutter: true, allowInlineDiffs: true });
    this.view.dispatch({ effects: this.diffing.reconfigure(shown) });
  }

  /** Mark the line of an error and go there; 0 marks none. */
  mark(number) {
    const { doc } = this.view.state;
    const isThere = number > 0 && number <= doc.lines;
    const line = isThere && doc.line(number);
    const marks = isThere ? Decoration.set([Decoration.line({ class: "cm-errorLine" }).range(line.from)]) : [];
    const effects = [this.marking.reconfigure(isThere ? EditorView.decorations.of(marks) : [])];
    if (isThere) effects.push(EditorView.scrollIntoView(line.from, { y: "center" }));
    this.view.dispatch({ effects });
  }

  focus() {
    this.view.focus();
  }

  destroy() {
    this.view.destroy();
  }
}
