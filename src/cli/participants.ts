/** Who talks with whom in a conversation: the options of `chat` and `mcp`. */
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Agent } from "../schema/Agent.js"
import type { SessionId } from "../schema/Session.js"
import type { UserId } from "../schema/User.js"
import type { Julep } from "../services/Julep.js"
import { type Failure, UsageError } from "./exitCodes.js"
import { agentId, optionalId, owner, sessionOption, userId } from "./names.js"
import { sanitizeForTerminal } from "./table.js"

/** An agent, and the user whom it talks with. */
export interface Participants {
  readonly julep: Julep.Service
  readonly agent: Agent
  readonly user: Option.Option<UserId>
  /** The session of `--session`. Default: one that is created for the first message. */
  readonly session: Option.Option<SessionId>
}

/** The options that say who they are. */
export const participants = {
  ...owner,
  session: Options.text("session").pipe(
    Options.withPseudoName("ID"),
    Options.withDescription("A session to go on with, in place of --agent and --user. Default: a new one."),
    Options.optional
  )
}

interface Given {
  readonly agent: Option.Option<string>
  readonly user: Option.Option<string>
  readonly session: Option.Option<string>
}

/** The key under which the default agent is made, once for a store. */
const DEFAULT_AGENT = "effect-julep/default"

/** How many agents an error lists. */
const SHOWN = 5

/** The agent that is given, else the only one there is. Where there is none, a default agent is made. */
const anyAgent = (julep: Julep.Service, given: Option.Option<string>): Effect.Effect<Agent, Failure> =>
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
    const names = agents.slice(0, SHOWN).map(({ name }) => JSON.stringify(sanitizeForTerminal(name)))
    const message = `There are several agents, so give one with --agent: ${names.join(", ")}${agents.length > SHOWN ? ", …" : ""}.`
    return yield* new UsageError({ message })
  })

/** Who the options of {@link participants} name. */
export const participantsOf = (
  julep: Julep.Service,
  { agent, session, user }: Given
): Effect.Effect<Participants, Failure> =>
  Effect.gen(function* () {
    if (Option.isNone(session)) {
      const id = yield* optionalId(user, (given) => userId(julep, given))
      return { julep, agent: yield* anyAgent(julep, agent), user: id, session: Option.none() }
    }
    if (Option.isSome(agent) || Option.isSome(user)) {
      const message = "A session has its agent and its user: give --session without --agent and --user."
      return yield* new UsageError({ message })
    }
    const { agent_id, id, user_id } = yield* Effect.flatMap(sessionOption(session.value), julep.sessions.get)
    if (!agent_id) return yield* new UsageError({ message: `The session ${id} has no agent.` })
    const found = yield* julep.agents.get(agent_id)
    return { julep, agent: found, user: Option.fromNullable(user_id), session: Option.some(id) }
  })
