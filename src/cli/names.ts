/** Agents by their ids, keys or names, and users by their ids or names. */
import * as Args from "@effect/cli/Args"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { AgentId } from "../schema/Agent.js"
import { canonicalUuid, isUuid } from "../schema/Field.js"
import type { SessionId } from "../schema/Session.js"
import type { UserId } from "../schema/User.js"
import type { Docs } from "../services/Docs.js"
import type { Julep } from "../services/Julep.js"
import { type Failure, Missing, UsageError } from "./exitCodes.js"

interface Named {
  readonly id: string
  readonly name: string
  readonly key?: string | null | undefined
}

/** How many namesakes an error lists. */
const SHOWN = 5

/** The id of a resource that is given by its id, its key or its name. Fails if several match. */
const idOf = <A extends Named>(
  kind: "agent" | "user",
  given: string,
  all: Stream.Stream<A, Failure>
): Effect.Effect<A["id"], Failure> => {
  const id = canonicalUuid(given)
  if (isUuid(id)) return Effect.succeed(id)
  // Users have no keys.
  const names = kind === "agent" ? "id, key or name" : "id or name"
  return Effect.gen(function* () {
    const matching = all.pipe(Stream.filter(({ key, name }) => name === given || key === given))
    const found = Chunk.toReadonlyArray(yield* Stream.runCollect(Stream.take(matching, SHOWN + 1)))
    const [first, second] = found
    if (first === undefined) {
      const message = `There is no ${kind} with the ${names} ${JSON.stringify(given)}. \`effect-julep ${kind}s list\` shows all.`
      return yield* new Missing({ message })
    }
    if (second === undefined) return first.id
    const ids = found.slice(0, SHOWN).map(({ id }) => id)
    const message = `Several ${kind}s match ${JSON.stringify(given)}. Give the id of one: ${ids.join(", ")}${found.length > SHOWN ? ", …" : ""}.`
    return yield* new UsageError({ message })
  })
}

/** The id of the agent that is given by its id, its key or its name. The manager checks it. */
export const agentId = ({ agents }: Julep.Service, given: string): Effect.Effect<AgentId, Failure> =>
  Effect.map(idOf("agent", given, agents.listAll()), (id) => id as AgentId)

/** The id of the user who is given by id or name. The manager checks it. */
export const userId = ({ users }: Julep.Service, given: string): Effect.Effect<UserId, Failure> =>
  Effect.map(idOf("user", given, users.listAll()), (id) => id as UserId)

/** The id of an option that may be absent. */
export const optionalId = <Id>(
  given: Option.Option<string>,
  find: (given: string) => Effect.Effect<Id, Failure>
): Effect.Effect<Option.Option<Id>, Failure> =>
  Option.isSome(given) ? Effect.map(find(given.value), Option.some) : Effect.succeed(Option.none())

/** The id of the session that `--session` gives. */
export const sessionOption = (given: string): Effect.Effect<SessionId, UsageError> => {
  const id = canonicalUuid(given)
  const message = `--session must be a UUID, not ${JSON.stringify(given)}. \`effect-julep sessions list\` shows all.`
  return isUuid(id) ? Effect.succeed(id as SessionId) : Effect.fail(new UsageError({ message }))
}

/** The option for the agent that something belongs to. */
export const agent = {
  agent: Options.text("agent").pipe(
    Options.withPseudoName("ID"),
    Options.withDescription("The id, the key or the name of the agent.")
  )
}

/** The options for the agent or the user that docs belong to. */
export const owner = {
  agent: agent.agent.pipe(Options.optional),
  user: Options.text("user").pipe(
    Options.withPseudoName("ID"),
    Options.withDescription("The id or the name of the user."),
    Options.optional
  )
}

/** The owner that {@link owner} names. Fails unless it is exactly one. */
export const ownerOf = (
  julep: Julep.Service,
  { agent, user }: { readonly agent: Option.Option<string>; readonly user: Option.Option<string> }
): Effect.Effect<Docs.Owner, Failure> => {
  if (Option.isSome(agent) && Option.isNone(user)) {
    return Effect.map(agentId(julep, agent.value), (agent_id) => ({ agent_id }))
  }
  if (Option.isSome(user) && Option.isNone(agent)) {
    return Effect.map(userId(julep, user.value), (user_id) => ({ user_id }))
  }
  return Effect.fail(new UsageError({ message: "Give either --agent or --user: docs belong to one of them." }))
}

/** An argument that is an id. `group`: the commands that list such ids, if any does. */
export const idArgument = (kind: string, group?: string) => {
  const advice = group === undefined ? "" : `: \`effect-julep ${group} list\` shows all`
  return Args.text({ name: "id" }).pipe(
    Args.withDescription(`The id of the ${kind}.`),
    Args.mapEffect((given) => {
      const id = canonicalUuid(given)
      return isUuid(id)
        ? Effect.succeed(id)
        : Effect.fail(HelpDoc.p(`The id of a ${kind} must be a UUID, not ${JSON.stringify(given)}${advice}`))
    })
  )
}

/** An argument that is an id, the key of an agent, or a name. */
export const nameArgument = (kind: string) =>
  Args.text({ name: "id-or-name" }).pipe(
    Args.withDescription(
      kind === "agent" ? "The id, the key or the name of the agent." : `The id or the name of the ${kind}.`
    )
  )
