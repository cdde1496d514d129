/** Completes the keys and values of lab.yaml and tells what they are, by the lab's JSON Schema. */
import { autocompletion, hoverTooltip } from "../vendor/codemirror/codemirror.js";
import { at, describe, keysOf, valuesOf } from "./schema-place.js";
import { element } from "./text-nodes.js";
import { placeAt } from "./yaml-place.js";

const WORD = /[\w.-]*$/;

/** Extensions of an editor; the schema is fetched when it is first asked for. */
export function schemaHelp(url) {
  let fetched;
  const schema = () => {
    fetched ??= fetch(url)
      .then((response) => (response.ok ? response.json() : null))
      .catch(() => null);
    return fetched;
  };
  const source = async (context) => {
    const text = context.state.doc.toString();
    const place = placeAt(text, context.pos);
    const root = place && (await schema());
    if (!root || context.aborted) return null;
    const isWanted = context.explicit || place.typed || place.kind === "value";
    const options = isWanted ? optionsAt(root, place) : [];
    return options.length ? { from: place.from, options, validFor: WORD } : null;
  };
  return [
    autocompletion({ override: [source], icons: false }),
    hoverTooltip(async (view, position) => {
      const found = keyAt(view.state, position);
      const root = found && (await schema());
      return root ? tooltipOf(root, found) : null;
    }),
  ];
}

/** What can be typed at a place. */
function optionsAt(root, place) {
  const found = at(root, place.path, place.keys);
  if (place.kind === "value") return valuesOf(found).map((label) => ({ label, type: "enum" }));
  const there = place.keys.get(JSON.stringify(place.path)) ?? {};
  const keys = keysOf(found).filter((each) => !(each.name in there) || each.name === place.typed);
  // An item of a list of words.
  if (!keys.length) return valuesOf(found).map((label) => ({ label, type: "enum" }));
  return keys.map(({ name, schema, isRequired }) => {
    const { about, facts } = describe(root, schema);
    return {
      label: name,
      apply: `${name}: `,
      type: "property",
      detail: isRequired ? "needed" : "",
      info: [about, facts].filter(Boolean).join(" — ") || undefined,
      boost: isRequired ? 1 : 0,
    };
  });
}

/** The key at a position of the text: its word, where it stands, and what holds it. */
function keyAt(state, position) {
  const line = state.doc.lineAt(position);
  for (const match of line.text.matchAll(/[A-Za-z_][\w-]*(?=:(\s|$))/g)) {
    const from = line.from + match.index;
    const to = from + match[0].length;
    if (position < from || position > to) continue;
    const place = placeAt(state.doc.toString(), to);
    return place?.kind === "key" && place.from === from ? { name: match[0], from, to, place } : null;
  }
  return null;
}

function tooltipOf(root, { name, from, to, place }) {
  const key = keysOf(at(root, place.path, place.keys)).find((each) => each.name === name);
  if (!key) return null;
  const { about, facts } = describe(root, key.schema);
  const create = () => {
    const dom = element("div", "cm-about");
    dom.append(element("b", "", name), ` ${key.isRequired ? "(needed)" : ""}`);
    for (const words of [about, facts]) if (words) dom.append(element("p", "", words));
    return { dom };
  };
  return { pos: from, end: to, above: true, create };
}
