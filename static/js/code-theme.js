// @ts-check
/** How CodeMirror looks here: the page's own colours, which reach into a shadow root. */
import { EditorView, HighlightStyle, tags } from "../vendor/codemirror/codemirror.js";

export const theme = EditorView.theme({
  "&": { backgroundColor: "var(--surface)", color: "var(--text)", fontSize: "var(--small)" },
  "&.cm-focused": { outline: "2px solid var(--focus)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55", overflow: "auto" },
  ".cm-content": { caretColor: "var(--text)", padding: "0.5rem 0" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": {
    backgroundColor: "var(--page)",
    borderRight: "1px solid var(--line)",
    color: "var(--text-faint)",
  },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--hover)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--info-line)",
  },
  ".cm-matchingBracket": { backgroundColor: "var(--selected)", outline: "1px solid var(--line-strong)" },
  ".cm-errorLine": { backgroundColor: "var(--bad-soft)", boxShadow: "inset 3px 0 var(--bad)" },
  ".cm-lintRange-error": {
    backgroundImage: "none",
    textDecoration: "underline wavy var(--bad)",
    textUnderlineOffset: "3px",
  },
  ".cm-lint-marker-error": { content: "none", borderRadius: "50%", backgroundColor: "var(--bad)" },
  ".cm-lint-marker": { width: "0.6em", height: "0.6em", margin: "0.45em 0.2em" },
  ".cm-tooltip": {
    backgroundColor: "var(--raised)",
    border: "1px solid var(--line-strong)",
    borderRadius: "var(--radius-small)",
    color: "var(--text)",
    fontSize: "var(--small)",
  },
  ".cm-tooltip .cm-diagnostic": { borderLeft: "3px solid var(--bad)", maxWidth: "30rem" },
  ".cm-tooltip-autocomplete > ul > li": { padding: "0.15rem 0.5rem" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": {
    backgroundColor: "var(--accent-strong)",
    color: "var(--on-accent)",
  },
  ".cm-completionDetail": { color: "inherit", fontStyle: "normal", opacity: "0.85" },
  ".cm-tooltip.cm-completionInfo": { padding: "0.5rem 0.625rem", maxWidth: "22rem" },
  ".cm-about": { padding: "0.5rem 0.625rem", maxWidth: "26rem" },
  ".cm-about p": { margin: "0.25rem 0 0" },
  ".cm-changedLine": { backgroundColor: "var(--good-soft) !important" },
  ".cm-deletedChunk": { backgroundColor: "var(--bad-soft) !important" },
  ".cm-changedText": { background: "var(--good-line) !important" },
  ".cm-deletedChunk .cm-deletedText": { background: "var(--bad-line) !important" },
});

export const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: "var(--json-other)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--json-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--byte-mark)" },
  { tag: tags.comment, color: "var(--text-faint)", fontStyle: "italic" },
  { tag: [tags.function(tags.variableName), tags.definition(tags.variableName)], color: "var(--json-key)" },
  { tag: tags.definition(tags.propertyName), color: "var(--json-key)" },
  { tag: tags.meta, color: "var(--warn)" },
]);
