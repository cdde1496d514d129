/** A CodeMirror in a shadow root, where its styles are allowed; loaded when an editor needs it. */
import {
  bracketMatching,
  Compartment,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  Decoration,
  defaultKeymap,
  drawSelection,
  EditorState,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  history,
  historyKeymap,
  indentLess,
  indentMore,
  indentOnInput,
  indentUnit,
  json,
  keymap,
  lineNumbers,
  lintGutter,
  lintKeymap,
  python,
  setDiagnostics,
  sql,
  syntaxHighlighting,
  temporarilySetTabFocusMode,
  unifiedMergeView,
  yaml,
} from "../vendor/codemirror/codemirror.js";
import { colours, theme } from "./code-theme.js";
import { schemaHelp } from "./lab-language.js";

const LANGUAGES = { python, sql, yaml, json };
const INDENTS = { yaml: "  ", json: "  " };

/** A key that is taken, whatever comes of it. */
const said = (command) => () => {
  command();
  return true;
};

/** Tab types spaces to the next stop, or moves the selected lines. */
function tab(view) {
  const { main } = view.state.selection;
  if (!main.empty) return indentMore(view);
  const column = main.head - view.state.doc.lineAt(main.head).from;
  const width = view.state.facet(indentUnit).length;
  view.dispatch(view.state.replaceSelection(" ".repeat(width - (column % width))));
  return true;
}

export class Editor {
  /** `options`: text, language, label, isReadOnly, onChange(text), onMove(), onSave(), onRun();
      `schema`, the address of a JSON Schema that helps with YAML; hasMargin, a margin for problems. */
  constructor(root, options) {
    this.diffing = new Compartment();
    this.marking = new Compartment();
    this.onChange = options.onChange;
    const keys = [
      { key: "Tab", run: tab, shift: indentLess },
      { key: "Escape", run: temporarilySetTabFocusMode },
      { key: "Mod-s", preventDefault: true, run: said(options.onSave) },
      { key: "Mod-Enter", run: said(options.onRun) },
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
        indentUnit.of(INDENTS[options.language] ?? "    "),
        bracketMatching(),
        closeBrackets(),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        syntaxHighlighting(colours),
        theme,
        LANGUAGES[options.language]?.() ?? [],
        options.schema ? schemaHelp(options.schema) : [],
        options.hasMargin ? lintGutter() : [],
        this.diffing.of([]),
        this.marking.of([]),
        // A mark stands at a place in the text, which another text may be too short to have.
        EditorState.transactionExtender.of((change) =>
          change.docChanged ? { effects: this.marking.reconfigure([]) } : null,
        ),
        EditorState.readOnly.of(options.isReadOnly),
        EditorView.contentAttributes.of({
          "aria-label": options.label,
          "aria-readonly": String(options.isReadOnly),
          spellcheck: "false",
          tabindex: "0",
        }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged && !this.isBeingSet) this.onChange(this.text);
          if (update.selectionSet) options.onMove();
        }),
        keymap.of([
          ...(options.schema ? completionKeymap : []),
          ...keys,
          ...closeBracketsKeymap,
          ...lintKeymap,
          ...defaultKeymap,
          ...historyKeymap,
        ]),
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

  /** Mark what is wrong, each at its line and column: in the text, and in the margin. */
  set problems(found) {
    const { state } = this.view;
    const marks = found.map(({ line, column, said }) => {
      const { from, to } = state.doc.line(Math.min(Math.max(line, 1), state.doc.lines));
      const start = Math.min(from + column - 1, to);
      const word = /^[\w.-]+/.exec(state.sliceDoc(start, to))?.[0].length ?? 1;
      const place = `Line ${line}, column ${column}: `;
      return { from: start, to: Math.min(start + word, to), severity: "error", message: place + said };
    });
    this.view.dispatch(setDiagnostics(state, marks));
  }

  /** Where the cursor is, in characters from the beginning. */
  get position() {
    return this.view.state.selection.main.head;
  }

  /** Put the cursor at a line and column, in the middle of what is seen. */
  go(line, column) {
    const { from, to } = this.view.state.doc.line(Math.min(Math.max(line, 1), this.view.state.doc.lines));
    const anchor = Math.min(from + column - 1, to);
    const effects = EditorView.scrollIntoView(anchor, { y: "center" });
    this.view.dispatch({ selection: { anchor }, effects });
    this.view.focus();
  }

  focus() {
    this.view.focus();
  }

  destroy() {
    this.view.destroy();
  }
}
