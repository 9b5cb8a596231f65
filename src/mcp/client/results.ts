/** The result of a tool as the text that a model reads. */
import * as Predicate from "effect/Predicate"

/** The members of a result that are read. */
export interface CallResult {
  readonly content: ReadonlyArray<{ readonly type: string }>
  readonly structuredContent?: unknown
  readonly isError?: boolean | undefined
}

const textMember = (value: unknown, name: string): string | undefined => {
  const member = Predicate.isRecord(value) ? value[name] : undefined
  return typeof member === "string" ? member : undefined
}

/** A part of a result: texts as they are, addresses of resources, and a note for what a tool message cannot have. */
const partText = (part: { readonly type: string }): string => {
  const text = textMember(part, "text")
  if (part.type === "text" && text !== undefined) return text
  if (part.type === "resource_link")
    return `[resource ${textMember(part, "name") ?? ""}: ${textMember(part, "uri") ?? ""}]`
  const resource = Predicate.isRecord(part) && "resource" in part ? part.resource : undefined
  const inside = textMember(resource, "text")
  if (inside !== undefined) return inside
  const mediaType = textMember(part, "mimeType") ?? textMember(resource, "mimeType") ?? "unknown type"
  return `[${part.type} of type ${mediaType}, which cannot be shown here]`
}

export const resultText = ({ content, isError = false, structuredContent }: CallResult): string => {
  const parts = content.map(partText)
  // Servers repeat structured content as text; one that does not has it here alone.
  if (structuredContent !== undefined && content.every(({ type }) => type !== "text")) {
    parts.unshift(JSON.stringify(structuredContent))
  }
  const text = parts.length === 0 ? "The tool returned nothing." : parts.join("\n")
  return isError ? `The tool failed: ${text}` : text
}
