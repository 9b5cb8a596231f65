/** The agent of commands that do without `--agent`. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Agent } from "../schema/Agent.js"
import type { Julep } from "../services/Julep.js"
import { type Failure, UsageError } from "./exitCodes.js"
import { agentId } from "./names.js"
import { shown } from "./table.js"

/** The key under which the default agent is made, once for a store. */
const DEFAULT_AGENT = "effect-julep/default"

/** How many agents an error lists. */
const SHOWN = 5

/** The agent that is given, else the only one there is. Where there is none, a default agent is made. */
export const anyAgent = (julep: Julep.Service, given: Option.Option<string>): Effect.Effect<Agent, Failure> =>
  Effect.gen(function* () {
    if (Option.isSome(given)) return yield* Effect.flatMap(agentId(julep, given.value), julep.agents.get)
    const agents = yield* julep.agents.list({ limit: SHOWN + 1 })
    const [only, ...others] = agents
    if (only === undefined) {
      const { id } = yield* julep.agents.ensure(DEFAULT_AGENT, {
        name: "Assistant",
        about: "A helpful assistant.",
        instructions: ["Answer briefly, and from the docs where they have the answer."]
      })
      return yield* julep.agents.get(id)
    }
    if (others.length === 0) return only
    const names = agents.slice(0, SHOWN).map(({ name }) => JSON.stringify(shown(name)))
    const message = `There are several agents, so give one with --agent: ${names.join(", ")}${agents.length > SHOWN ? ", …" : ""}.`
    return yield* new UsageError({ message })
  })
