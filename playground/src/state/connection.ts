/** Whether the server takes the key. */
import * as Effect from "effect/Effect"
import { Agents } from "effect-julep"
import { runtime } from "../client.js"

/** Asks for a list of agents, which any key may read. */
export const connection = runtime.atom(Effect.flatMap(Agents, (agents) => agents.list({ limit: 1 })))
