export { EditorState, Compartment, StateEffect, StateField, RangeSet } from "@codemirror/state";
export { EditorView, Decoration, keymap, lineNumbers, highlightActiveLine, highlightActiveLineGutter, drawSelection, highlightSpecialChars, rectangularSelection, gutter, GutterMarker } from "@codemirror/view";
export { defaultKeymap, history, historyKeymap, indentMore, indentLess, temporarilySetTabFocusMode, toggleTabFocusMode } from "@codemirror/commands";
export { HighlightStyle, syntaxHighlighting, bracketMatching, indentOnInput, indentUnit } from "@codemirror/language";
export { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
export { python } from "@codemirror/lang-python";
export { sql } from "@codemirror/lang-sql";
export { unifiedMergeView, MergeView } from "@codemirror/merge";
export { tags } from "@lezer/highlight";
