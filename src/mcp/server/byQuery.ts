/** The agent, the user and the session that the query of a request names. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { AgentId } from "../../schema/Agent.js"
import { BadRequest, type CallError, NotFound } from "../../schema/Errors.js"
import { canonicalUuid, isUuid } from "../../schema/Field.js"
import type { SessionId } from "../../schema/Session.js"
import type { UserId } from "../../schema/User.js"
import { Julep } from "../../services/Julep.js"
import type { BindingOptions } from "./binding.js"

interface Named {
  readonly id: string
  readonly name: string
  readonly key?: string | null | undefined
}

const wrong = (message: string) => new BadRequest({ message, code: "BAD_QUERY", status: 400 })

/** The id of what a query names by its id, its key or its name. */
const idOf = <A extends Named, E>(
  kind: "agent" | "user",
  given: string,
  all: Stream.Stream<A, E>
): Effect.Effect<string, E | BadRequest | NotFound> => {
  const id = canonicalUuid(given)
  if (isUuid(id)) return Effect.succeed(id)
  const named = Stream.filter(all, ({ key, name }) => name === given || key === given)
  // Users have no keys.
  const names = kind === "agent" ? "id, key or name" : "id or name"
  return Effect.gen(function* () {
    const found = yield* Stream.runCollect(Stream.take(named, 2))
    const [first, second] = Chunk.toReadonlyArray(found)
    if (first === undefined) {
      const message = `There is no ${kind} with the ${names} ${JSON.stringify(given)}.`
      return yield* new NotFound({ message, resource: kind, id: given, code: "NOT_FOUND", status: 404 })
    }
    if (second === undefined) return first.id
    return yield* wrong(`Several ${kind}s match ${JSON.stringify(given)}. Give the id of one.`)
  })
}

/** The agent of a query without one: the only agent there is. */
const only = ({ agents }: Julep.Service): Effect.Effect<string, BadRequest | CallError> =>
  Effect.flatMap(agents.list({ limit: 2 }), ([first, second]) =>
    first !== undefined && second === undefined
      ? Effect.succeed(first.id)
      : Effect.fail(wrong("The agent is missing. Add its id, key or name to the URL, such as /mcp?agent=Ada."))
  )

/** What a server is bound to for a query. */
export const bindingOf = (
  query: URLSearchParams
): Effect.Effect<BindingOptions, BadRequest | NotFound | CallError, Julep> =>
  Effect.gen(function* () {
    const julep = yield* Julep
    const unknown = [...query.keys()].find((name) => !["agent", "user", "session"].includes(name))
    if (unknown !== undefined) {
      return yield* wrong(`/mcp takes agent, user and session, not ${JSON.stringify(unknown)}.`)
    }
    const [agent, user, session] = ["agent", "user", "session"].map((name) => query.get(name))
    const agent_id = agent ? yield* idOf("agent", agent, julep.agents.listAll()) : yield* only(julep)
    const user_id = user ? yield* idOf("user", user, julep.users.listAll()) : undefined
    if (session && !isUuid(canonicalUuid(session))) return yield* wrong("session must be the id of a session.")
    // They are UUIDs. Whether there are such is found when the server is bound to them.
    return {
      agent_id: agent_id as AgentId,
      user_id: user_id as UserId | undefined,
      session_id: session ? (canonicalUuid(session) as SessionId) : undefined
    }
  })
