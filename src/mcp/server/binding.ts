/** What a server of an agent is bound to when it starts. No argument of a tool reaches anything else. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as SynchronizedRef from "effect/SynchronizedRef"
import type { Agent, AgentId } from "../../schema/Agent.js"
import { type ChatError, type GetError, InvalidRequest } from "../../schema/Errors.js"
import type { SessionId } from "../../schema/Session.js"
import type { User, UserId } from "../../schema/User.js"
import { Julep } from "../../services/Julep.js"

export interface BindingOptions {
  /** The agent whose docs and memories the server offers, and who answers its tool `chat`. */
  readonly agent_id: AgentId
  /** The user whom the client speaks for. Default: none. */
  readonly user_id?: UserId | undefined
  /**
   * The session of the tool `chat`. It must be of this agent and this user. Default: one that is created at the first use
   * and kept as long as the server runs.
   */
  readonly session_id?: SessionId | undefined
}

export interface Binding {
  readonly julep: Julep.Service
  readonly agent: Agent
  readonly user: User | undefined
  /** Runs a chat in the session, which is created at its first use, and again if it was deleted. */
  readonly inSession: <A>(chat: (session: SessionId) => Effect.Effect<A, ChatError>) => Effect.Effect<A, ChatError>
}

const otherSession = (session: SessionId) => {
  const message = `The session ${session} is not of this agent and this user.`
  return new InvalidRequest({ message, issues: [{ path: "session_id", message }] })
}

/** The session of the tool `chat`, once it was created. */
export type SessionRef = SynchronizedRef.SynchronizedRef<Option.Option<SessionId>>

/**
 * Fails unless the agent, the user and the session exist and belong together. `kept`: the session of several servers of the
 * same agent and user, which takes the place of one that this server creates for itself.
 */
export const bind = (
  { agent_id, session_id, user_id }: BindingOptions,
  kept?: SessionRef
): Effect.Effect<Binding, GetError, Julep> =>
  Effect.gen(function* () {
    const julep = yield* Julep
    const agent = yield* julep.agents.get(agent_id)
    const user = user_id === undefined ? undefined : yield* julep.users.get(user_id)
    if (session_id !== undefined) {
      const session = yield* julep.sessions.get(session_id)
      if (session.agent_id !== agent.id || session.user_id !== user?.id) return yield* otherSession(session_id)
    }
    const given = Option.fromNullable(session_id)
    const created = kept !== undefined && Option.isNone(given) ? kept : yield* SynchronizedRef.make(given)
    const session = SynchronizedRef.modifyEffect(
      created,
      Option.match({
        onSome: (id) => Effect.succeed([id, Option.some(id)] as const),
        onNone: () =>
          Effect.map(
            julep.sessions.create({ agent_id: agent.id, ...(user === undefined ? {} : { user_id: user.id }) }),
            ({ id }) => [id, Option.some(id)] as const
          )
      })
    )
    return {
      julep,
      agent,
      user,
      inSession: (chat) =>
        Effect.tapErrorTag(Effect.flatMap(session, chat), "NotFound", () => SynchronizedRef.set(created, given))
    }
  })
