/** What a part of a prompt was made of, or what a memory came from. */
import type { PromptPart } from "effect-julep"

export type SourceKind = "agent" | "user" | "session" | "doc" | "memory" | "message" | "tool"

export interface Source {
  readonly kind: SourceKind
  readonly id: string
  /** The text that was taken from it, to be marked in it. */
  readonly text?: string | undefined
}

/** The kind of the sources of a part. */
export const sourceKindOf = (kind: PromptPart["kind"]): SourceKind => {
  switch (kind) {
    case "agent":
    case "instructions":
      return "agent"
    case "user":
      return "user"
    case "doc":
      return "doc"
    case "memory":
      return "memory"
    case "tool":
      return "tool"
    case "situation":
    case "summary":
      return "session"
    default:
      return "message"
  }
}
