/** The settings of the next turns, which are those of a chat beside its messages. */
import { Atom } from "@effect-atom/atom-react"
import type { ChatInput, JsonObject } from "effect-julep"

export type TurnSettings = Omit<ChatInput, "messages" | "explain">

/** Those that have a field of their own. */
export const settings = Atom.keepAlive(Atom.make<TurnSettings>({}))

/** Any others, by their names. */
export const otherSettings = Atom.keepAlive(Atom.make<JsonObject>({}))

/** All of them. */
export const allSettings = Atom.make(
  // The client checks the others before it sends them, and names what is wrong.
  (get): TurnSettings => ({ ...(get(otherSettings) as TurnSettings), ...get(settings) })
)
