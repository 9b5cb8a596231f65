/** What is being written to a session. */
import { Atom } from "@effect-atom/atom-react"
import type { Content, SessionId } from "effect-julep"

export interface Draft {
  readonly text: string
  /** Images, as data URLs. */
  readonly images: ReadonlyArray<{ readonly name: string; readonly url: string }>
}

export const emptyDraft: Draft = { text: "", images: [] }

export const draft = Atom.family((_session: SessionId) => Atom.keepAlive(Atom.make(emptyDraft)))

/** The content of a message, undefined for an empty draft. */
export const contentOf = ({ images, text }: Draft): Content | undefined => {
  if (images.length === 0) return text.trim() === "" ? undefined : text
  return [
    ...(text.trim() === "" ? [] : [{ type: "text" as const, text }]),
    ...images.map(({ url }) => ({ type: "image_url" as const, image_url: { url } }))
  ]
}
