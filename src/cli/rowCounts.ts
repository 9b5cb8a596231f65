/** The numbers of rows of each kind, as a person reads them. */

const plural: { readonly [kind in string]?: string } = { entry: "messages", memory: "memories", reply: "replies" }
const singular: { readonly [kind in string]?: string } = { entry: "message" }

/** Numbers of rows, such as `1 agent, 2 users and 40 messages`. */
export const countsText = (counts: { readonly [kind: string]: number }): string => {
  const parts = Object.entries(counts).flatMap(([kind, count]) => {
    if (count === 0) return []
    return [`${count} ${count === 1 ? (singular[kind] ?? kind) : (plural[kind] ?? `${kind}s`)}`]
  })
  const last = parts.pop()
  if (last === undefined) return "nothing"
  return parts.length === 0 ? last : `${parts.join(", ")} and ${last}`
}
