/** The jobs that embed what was said and what is remembered. Without an embedder there are none. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Embedder } from "../../ports/Embedder.js"
import type { Work } from "../JobQueue.js"

/** The job that embeds the turns of a session, and the memories that it can recall. */
export const ofSession = (session_id: string): Work => ({ name: "embed_messages", payload: { session_id } })

/** The job that embeds the memories of an agent that are of one user, or of none. */
export const ofMemories = (agent_id: string, user_id: string | null): Work => ({
  name: "embed_memories",
  payload: { agent_id, user_id }
})

/** The jobs to leave, which are none where there is no embedder. */
export const make: Effect.Effect<(work: Work) => ReadonlyArray<Work>, never, Embedder> = Effect.map(
  Embedder,
  (embedder) => (work) => (Option.isSome(embedder) ? [work] : [])
)
