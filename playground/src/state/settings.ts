/** The settings of the next turns, which are those of a chat beside its messages. */
import { Atom } from "@effect-atom/atom-react"
import type { ChatInput } from "effect-julep"

export type TurnSettings = Omit<ChatInput, "messages" | "explain" | "tools">

export const settings = Atom.keepAlive(Atom.make<TurnSettings>({}))
