/**
 * The tag of the client and its assembly from managers. `layers/Julep.ts` subclasses the tag under the same key and adds
 * the layers that users import.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { Agents } from "./Agents.js"
import { Chat } from "./Chat.js"
import { Completions } from "./Completions.js"
import { Docs } from "./Docs.js"
import { Jobs } from "./Jobs.js"
import { Memories } from "./Memories.js"
import { Sessions } from "./Sessions.js"
import { Tools } from "./Tools.js"
import { Users } from "./Users.js"

/** The assembled client: every manager under its name. */
export class Julep extends Context.Tag("effect-julep/Julep")<Julep, Julep.Service>() {}

export declare namespace Julep {
  /** The managers the client is made of. */
  type Managers = Agents | Users | Sessions | Docs | Memories | Tools | Jobs | Chat | Completions

  /** The managers by name. */
  interface Service {
    readonly agents: Agents.Service
    readonly users: Users.Service
    readonly sessions: Sessions.Service
    readonly docs: Docs.Service
    readonly memories: Memories.Service
    readonly tools: Tools.Service
    readonly jobs: Jobs.Service
    readonly chat: Chat.Service
    readonly completions: Completions.Service
  }
}

/** Assembles the client from its managers. */
export const make: Effect.Effect<Julep.Service, never, Julep.Managers> = Effect.all({
  agents: Agents,
  users: Users,
  sessions: Sessions,
  docs: Docs,
  memories: Memories,
  tools: Tools,
  jobs: Jobs,
  chat: Chat,
  completions: Completions
})
