/** Passages that are equal, title included, which count as one. */
import type { Passage } from "../../ports/Storage.js"

/** A passage that repeats another one. */
export type Copy = Pick<Passage, "rowId" | "doc_id" | "owner">

/** A passage, and those after it that repeat it. */
interface Group<P> {
  readonly passage: P
  readonly copies: Array<P>
}

/** The passages that repeat none before, each with those that repeat it. */
export const groupCopies = <P extends Pick<Passage, "title" | "text">>(
  passages: ReadonlyArray<P>
): ReadonlyArray<Group<P>> => {
  const groups: Array<Group<P>> = []
  const byText = new Map<string, Array<Group<P>>>()
  for (const passage of passages) {
    const equal = byText.get(passage.text)
    const known = equal?.find((group) => group.passage.title === passage.title)
    if (known !== undefined) known.copies.push(passage)
    else {
      const group = { passage, copies: [] }
      groups.push(group)
      if (equal === undefined) byText.set(passage.text, [group])
      else equal.push(group)
    }
  }
  return groups
}
