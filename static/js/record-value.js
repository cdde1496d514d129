// @ts-check
/** What a record's value is, before anybody shows it. */

/**
 * @typedef {{ value?: string | null, key?: string | null, encoding?: string, key_encoding?: string, is_null?: boolean,
 *   truncated?: boolean, skipped?: number, reason?: string, offset?: number,
 *   headers?: [name: string, content: string | null, encoding?: string][] }} KafkaRecord
 * @typedef {{ kind: string, text: string, keys?: string[], data?: any }} Value
 */

/** {kind, text, keys, data} of a record. Kinds: object, json, text, cut, empty, null, bytes, skipped.
    @param {KafkaRecord} record
    @returns {Value} */
export function readValue(record) {
  if (record.skipped) return { kind: "skipped", text: `${record.skipped} records: ${record.reason}` };
  if (record.is_null) return { kind: "null", text: "null: a tombstone" };
  const text = record.value ?? "";
  if (record.encoding === "base64") return { kind: "bytes", text: hex(fromBase64(text).subarray(0, 200)) };
  if (text === "") return { kind: "empty", text: "empty" };
  // The beginning of a JSON text is none: that says nothing about the whole.
  if (record.truncated) return { kind: "cut", text };
  try {
    const data = JSON.parse(text);
    const isObject = data !== null && typeof data === "object" && !Array.isArray(data);
    if (isObject) return { kind: "object", text, data, keys: Object.keys(data).sort() };
    return { kind: "json", text, data };
  } catch {
    return { kind: "text", text };
  }
}

/** How a shape is called in the legend.
    @param {Value} value */
export function shapeName(value) {
  switch (value.kind) {
    case "object":
      return value.keys?.length ? value.keys.join(", ") : "{} without keys";
    case "json":
      return "JSON, but no object";
    case "text":
      return "not JSON";
    case "cut":
      return "too large to tell";
    case "bytes":
      return "not text";
    case "skipped":
      return "not readable";
    default:
      return value.kind;
  }
}

/** Keys that say what happened, where the lab doesn't name its own. */
const TYPES = ["type", "event", "kind", "action"];

/** The key that says what happened, and what that was: ["type", "signed_up"].
    @param {Value} value */
export function eventType(value, own = "") {
  if (value.kind !== "object") return undefined;
  const key = [own, ...TYPES].find((name) => typeof value.data[name] === "string");
  return key && [key, value.data[key].slice(0, 80)];
}

/** @param {string} text */
export function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** The bytes that Kafka has, as far as they were sent.
    @param {KafkaRecord} record */
export function rawBytes(record) {
  if (record.is_null || record.value === undefined || record.value === null) return new Uint8Array();
  return record.encoding === "base64" ? fromBase64(record.value) : new TextEncoder().encode(record.value);
}

/** @param {Uint8Array} bytes */
export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/** Bytes as `hexdump -C` shows them.
    @param {Uint8Array} bytes */
export function dump(bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const part = bytes.subarray(at, at + 16);
    const letters = Array.from(part, (byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : "."));
    lines.push(
      `${at.toString(16).padStart(8, "0")}  ${hex(part).padEnd(bytes.length > 16 ? 47 : 0)}  ${letters.join("")}`,
    );
  }
  return lines.join("\n");
}

/** A field of a record, as text: for filters, which look at what is there and nothing else.
    @param {KafkaRecord} record
    @param {Value} value
    @param {string} field */
export function fieldText(record, value, field) {
  switch (field) {
    case "":
      return `${keyText(record)}\n${record.value ?? value.text}\n${headerText(record)}`;
    case "@value":
      return record.value ?? value.text;
    case "@key":
      return keyText(record);
    case "@headers":
      return headerText(record);
    case "@offset":
      return String(record.offset);
    default: {
      const found = value.data?.[field];
      return found === undefined ? undefined : typeof found === "string" ? found : JSON.stringify(found);
    }
  }
}

/** @param {KafkaRecord} record */
export function keyText(record) {
  if (record.key === null || record.key === undefined) return "";
  return record.key_encoding === "base64" ? hex(fromBase64(record.key)) : record.key;
}

/** The header by which the portal finds a record's request: shown as a link, and not among the others. */
const MARK = "traceparent";

/** @param {KafkaRecord} record */
export function headers(record) {
  const own = (record.headers ?? []).filter(([name]) => name !== MARK);
  return own.map(([name, content, encoding]) => {
    if (content === null) return [name, "null"];
    return [name, encoding === "base64" ? hex(fromBase64(content)) : content];
  });
}

const headerText = (/** @type {KafkaRecord} */ record) =>
  headers(record)
    .map(([name, content]) => `${name}: ${content}`)
    .join("\n");
