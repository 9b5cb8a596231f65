/**
 * The part of a doc that is a passage of it. A passage begins with the headings above it, which the doc may have further up.
 */
export const passageIn = (doc: string, passage: string): string => {
  const lines = passage.trim().split("\n")
  for (let first = 0; first < lines.length; first++) {
    const rest = lines.slice(first).join("\n").trim()
    if (rest !== "" && doc.includes(rest)) return rest
  }
  return ""
}
