// @ts-check
/** What a JSON Schema says of a place: which keys can stand there, and which values. */

/**
 * @typedef {{ [key: string]: any }} Schema
 * @typedef {{ name: string, schema: Schema, isRequired: boolean }} Key
 */

/**
 * What a schema stands for: itself, or the choices that it leaves.
 * @param {Schema} root
 * @param {Schema} schema
 * @returns {Schema[]}
 */
function choices(root, schema) {
  if (schema.$ref) {
    const { $ref, ...beside } = schema;
    const meant = $ref.replace("#/", "").split("/");
    const found = meant.reduce((/** @type {any} */ at, /** @type {string} */ part) => at?.[part], root) ?? {};
    return choices(root, { ...found, ...beside });
  }
  const among = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (!among) return schema.type === "null" ? [] : [schema];
  const { anyOf, oneOf, allOf, ...beside } = schema;
  return among
    .flatMap((/** @type {Schema} */ each) => choices(root, each))
    .map((/** @type {Schema} */ each) => ({ ...each, ...(beside.description && { description: beside.description }) }));
}

/**
 * The choices that a mapping with these values leaves, where one of its keys tells them apart.
 * @param {Schema[]} among
 * @param {Record<string, string>} values
 */
function fitting(among, values) {
  const left = among.filter((each) =>
    Object.entries(values).every(([name, value]) => {
      const word = each.properties?.[name]?.const;
      return word === undefined || word === value;
    }),
  );
  return left.length ? left : among;
}

/**
 * What is said of a path.
 * @param {Schema} root
 * @param {(string | number)[]} path
 * @param {Map<string, Record<string, string>>} keys the plain values of each mapping, by the JSON of its path
 * @returns {Schema[]}
 */
export function at(root, path, keys) {
  let found = [root];
  for (const [index, part] of path.entries()) {
    const inside = found.flatMap((each) => choices(root, each));
    // What is being typed doesn't tell what can be typed.
    const { [part]: _, ...values } = keys.get(JSON.stringify(path.slice(0, index))) ?? {};
    const left = fitting(inside, values);
    found = left.flatMap((each) => {
      if (typeof part === "number") return each.prefixItems?.[part] ?? each.items ?? [];
      const other = typeof each.additionalProperties === "object" ? each.additionalProperties : undefined;
      return each.properties?.[part] ?? other ?? [];
    });
  }
  const inside = found.flatMap((each) => choices(root, each));
  return fitting(inside, keys.get(JSON.stringify(path)) ?? {});
}

/**
 * The keys that mappings of these schemas have.
 * @param {Schema[]} found
 * @returns {Key[]}
 */
export function keysOf(found) {
  const keys = new Map();
  for (const each of found) {
    for (const [name, schema] of Object.entries(each.properties ?? {})) {
      const isRequired = Boolean(each.required?.includes(name));
      if (!keys.has(name)) keys.set(name, { name, schema, isRequired });
    }
  }
  return [...keys.values()];
}

/**
 * The values that these schemas name.
 * @param {Schema[]} found
 * @returns {string[]}
 */
export function valuesOf(found) {
  const words = found.flatMap((each) => {
    if (each.const !== undefined) return [each.const];
    if (each.enum) return each.enum;
    return each.type === "boolean" ? [true, false] : [];
  });
  return [...new Set(words.map(String))];
}

/**
 * A schema in words: what it is for, and what can stand there.
 * @param {Schema} root
 * @param {Schema} schema
 */
export function describe(root, schema) {
  const found = choices(root, schema);
  const about = schema.description ?? found.find((each) => each.description)?.description ?? "";
  const types = [...new Set(found.map((each) => NAMES[each.type] ?? "").filter(Boolean))].join(" or ");
  const values = valuesOf(found.filter((each) => each.type !== "boolean")).join(", ");
  const simple = ["string", "number", "boolean"].includes(typeof schema.default) && schema.default !== "";
  const bounds = found.flatMap((each) => [
    ...(each.minimum === undefined ? [] : [`at least ${each.minimum}`]),
    ...(each.maximum === undefined ? [] : [`at most ${each.maximum}`]),
  ]);
  const facts = [types, ...bounds, values && `one of ${values}`, simple && `unless you say so ${schema.default}`];
  return { about: about.split("\n\n")[0].replaceAll("\n", " "), facts: facts.filter(Boolean).join("; ") };
}

/** @type {Record<string, string>} */
const NAMES = {
  string: "text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
};
