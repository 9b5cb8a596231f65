/** The methods that the managers of agents, users and sessions share, for callers without types. */
import type * as Effect from "effect/Effect"
import type { Julep } from "../../src/layers/Julep.js"
import type { RequestError } from "../../src/schema/Errors.js"

type Call = Effect.Effect<unknown, RequestError>

export interface Crud {
  readonly create: (body: never) => Call
  readonly list: (query: never) => Call
  readonly get: (id: never) => Call
  readonly update: (id: never, body: never, options: never) => Call
  readonly delete: (id: never) => Call
}

export const crudOf = (julep: Julep.Service, name: "agents" | "users" | "sessions"): Crud => julep[name]
