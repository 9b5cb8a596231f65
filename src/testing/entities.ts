/** Entities for mocks: what they leave out is as an engine has it. */
import * as Schema from "effect/Schema"
import type { Plain } from "../promise/Plain.js"
import { Agent } from "../schema/Agent.js"
import { Doc } from "../schema/Doc.js"
import { JobStatus } from "../schema/Job.js"
import { Memory } from "../schema/Memory.js"
import { ChatMLMessage } from "../schema/Message.js"
import { Session } from "../schema/Session.js"
import { DEFAULT_MODEL } from "../schema/Settings.js"
import { Tool } from "../schema/Tool.js"
import { User } from "../schema/User.js"

const id = (): string => crypto.randomUUID()

const stamps = () => ({ created_at: new Date(), updated_at: new Date() })

/** The members of an entity, with ids as plain strings. */
type Members<A> = { readonly [Key in keyof A]: Plain<A[Key]> }

/** Makes entities of a schema, which checks them. */
const make = <A extends object, I>(schema: Schema.Schema<A, I>, defaults: () => Members<A>) => {
  const check = Schema.validateSync(schema, { onExcessProperty: "error" })
  return (members: Partial<Members<A>> = {}): A => check({ ...defaults(), ...members })
}

/**
 * Makes entities from some of their members, with ids as plain strings. Without an `id`, each has one of its own. Throws a
 * `ParseError` if a member is not valid.
 *
 * @example
 * ```ts
 * import { Agents } from "effect-julep"
 * import { entities } from "effect-julep/testing"
 * import { Effect, Layer } from "effect"
 *
 * const agents = Layer.mock(Agents, { get: (id) => Effect.succeed(entities.agent({ id, name: "Ada" })) })
 * ```
 */
export const entities = {
  agent: make(Agent, () => ({
    id: id(),
    name: "Agent",
    model: DEFAULT_MODEL,
    about: "",
    instructions: [],
    metadata: {},
    ...stamps()
  })),
  user: make(User, () => ({ id: id(), name: "User", about: "", metadata: {}, ...stamps() })),
  session: make(Session, () => ({
    id: id(),
    agent_id: id(),
    situation: "",
    metadata: {},
    render_templates: false,
    ...stamps()
  })),
  message: make(ChatMLMessage, () => ({
    id: id(),
    role: "user",
    content: "",
    name: "",
    aborted: false,
    refused: false,
    created_at: new Date()
  })),
  doc: make(Doc, () => ({ id: id(), title: "", content: "", metadata: {}, created_at: new Date() })),
  memory: make(Memory, () => ({
    id: id(),
    agent_id: id(),
    user_id: id(),
    content: "",
    entities: [],
    sentiment: 0,
    timestamp: new Date(),
    source_message_ids: [],
    created_at: new Date()
  })),
  tool: make(Tool, () => ({
    id: id(),
    type: "function",
    function: { name: "tool", parameters: { type: "object", properties: {} } }
  })),
  job: make(JobStatus, () => ({
    id: id(),
    name: "job",
    state: "succeeded",
    reason: "Done",
    has_progress: true,
    progress: 100,
    ...stamps()
  }))
} as const
