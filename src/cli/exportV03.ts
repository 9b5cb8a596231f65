/** Everything that the API of a server of v0.3 has, as the lines of an export. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Line } from "../layers/AdminUseCases.js"
import type { Agent, AgentId } from "../schema/Agent.js"
import type { Doc } from "../schema/Doc.js"
import { NIL_DEVELOPER } from "../schema/Field.js"
import type { ChatMLMessage } from "../schema/Message.js"
import type { Session, SessionId } from "../schema/Session.js"
import type { Tool } from "../schema/Tool.js"
import type { User, UserId } from "../schema/User.js"
import type { Docs } from "../services/Docs.js"
import { Julep } from "../services/Julep.js"
import type { Failure } from "./exitCodes.js"

type Row<Kind extends Line["kind"]> = Extract<Line, { readonly kind: Kind; readonly row: unknown }>["row"]

const timeOf = (date: Date | null | undefined): number => date?.getTime() ?? 0

const times = ({ created_at, updated_at }: Pick<Agent, "created_at" | "updated_at">) => ({
  created_at: timeOf(created_at),
  updated_at: timeOf(updated_at ?? created_at)
})

/** The settings as JSON has them, without what is undefined. */
const settingsOf = ({ default_settings }: Agent): Row<"agent">["default_settings"] =>
  JSON.parse(JSON.stringify(default_settings ?? {}))

const agentRow = (agent: Agent): Row<"agent"> => ({
  id: agent.id,
  key: agent.key ?? null,
  name: agent.name,
  about: agent.about,
  instructions: [agent.instructions ?? []].flat(),
  model: agent.model,
  default_settings: settingsOf(agent),
  metadata: agent.metadata ?? {},
  ...times(agent)
})

const userRow = (user: User): Row<"user"> => ({
  id: user.id,
  name: user.name,
  about: user.about,
  metadata: user.metadata ?? {},
  ...times(user)
})

const toolRow = (agent_id: AgentId, { function: called, id, type }: Tool): Row<"tool"> => ({
  id,
  agent_id,
  type,
  name: called.name,
  description: called.description ?? null,
  parameters: called.parameters,
  strict: called.strict ?? null,
  ensured: false,
  created_at: 0,
  updated_at: 0
})

const docRow = (owner: Row<"doc">["owner"], doc: Doc): Row<"doc"> => ({
  id: doc.id,
  owner,
  key: doc.key ?? null,
  title: doc.title,
  content: doc.content,
  metadata: doc.metadata ?? {},
  created_at: timeOf(doc.created_at)
})

const sessionRow = (session: Session): Row<"session"> => ({
  id: session.id,
  agent_id: session.agent_id,
  user_id: session.user_id ?? null,
  situation: session.situation,
  summary: session.summary ?? null,
  summarized_through: null,
  render_templates: session.render_templates ?? false,
  metadata: session.metadata ?? {},
  ...times(session)
})

const entryRow = (session_id: SessionId, message: ChatMLMessage): Row<"entry"> => ({
  id: message.id,
  role: message.role,
  name: message.name || null,
  content: message.content,
  tool_call_id: message.tool_call_id ?? null,
  aborted: message.aborted ?? false,
  extra: null,
  from_model: message.role === "assistant" || message.role === "function_call",
  refused: message.refused ?? false,
  suspended: message.suspended ?? false,
  created_at: timeOf(message.created_at),
  session_id,
  shared: true,
  forgotten: false
})

/** A store numbers rows as they are imported, and takes later ones for newer. */
const OLDEST_FIRST = { order: "asc" } as const

/** What no call of v0.3 returns. */
const LACKING =
  "This server has no /admin, so its API was read, which lacks memories, the keys of docs and agents, and the order of a doc's pieces."

/** Everything that the API has for the developer of the key. `warn` is run with what it lacks. */
export const exportV03 = (warn: (text: string) => Effect.Effect<void>): Stream.Stream<Uint8Array, Failure, Julep> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const { agents, docs, sessions, tools, users } = yield* Julep
      yield* warn(LACKING)
      const counts: Record<string, number> = {}
      const agentIds: Array<AgentId> = []
      const userIds: Array<UserId> = []
      const sessionIds: Array<SessionId> = []

      const line = (value: Line): string => `${JSON.stringify(value)}\n`
      const rows = <Kind extends Exclude<Line["kind"], "header" | "end">, A>(
        kind: Kind,
        all: Stream.Stream<A, Failure>,
        toRow: (item: A) => Row<Kind>
      ): Stream.Stream<string, Failure> =>
        Stream.map(all, (item) => {
          counts[kind] = (counts[kind] ?? 0) + 1
          // The row is one of this kind.
          return line({ kind, developer_id: NIL_DEVELOPER, row: toRow(item) } as Line)
        })
      const noting = <A extends { readonly id: string }>(ids: Array<A["id"]>, all: Stream.Stream<A, Failure>) =>
        Stream.tap(all, ({ id }) => Effect.sync(() => void ids.push(id)))
      const each = <Id>(ids: ReadonlyArray<Id>, use: (id: Id) => Stream.Stream<string, Failure>) =>
        Stream.suspend(() => Stream.flatMap(Stream.fromIterable(ids), use))
      const docsOf = (owner: Docs.Owner, row: Row<"doc">["owner"]) =>
        rows("doc", docs.listAll(owner, OLDEST_FIRST), (doc) => docRow(row, doc))

      const all: ReadonlyArray<Stream.Stream<string, Failure>> = [
        Stream.make(line({ kind: "header", format: "effect-julep", version: 1 })),
        rows("agent", noting(agentIds, agents.listAll(OLDEST_FIRST)), agentRow),
        rows("user", noting(userIds, users.listAll(OLDEST_FIRST)), userRow),
        each(agentIds, (id) => rows("tool", tools.listAll(id), (tool) => toolRow(id, tool))),
        each(agentIds, (id) => docsOf({ agent_id: id }, { kind: "agent", id })),
        each(userIds, (id) => docsOf({ user_id: id }, { kind: "user", id })),
        rows("session", noting(sessionIds, sessions.listAll(OLDEST_FIRST)), sessionRow),
        each(sessionIds, (id) => rows("entry", sessions.historyAll(id), (message) => entryRow(id, message))),
        Stream.suspend(() => Stream.make(line({ kind: "end", counts })))
      ]
      return Stream.encodeText(Stream.flatten(Stream.fromIterable(all)))
    })
  )
