/** From a method, path and body of the API to the manager call that sends them. */
import type * as Effect from "effect/Effect"
import type { Julep } from "../../src/layers/Julep.js"
import type { RequestError } from "../../src/schema/Errors.js"
import { crudOf } from "./crud.js"

export interface ApiRequest {
  readonly method: string
  readonly path: string
  readonly body?: unknown
}

/** A recorded value is passed as it is: the managers check it, as they do for callers without types. */
type Given = never
type Query = Readonly<Record<string, unknown>>
type Route = (julep: Julep.Service, ids: ReadonlyArray<Given>, body: Given, query: Given) => Call
type Call = Effect.Effect<unknown, RequestError>

const given = (value: unknown): Given => value as Given
const join = (...parts: ReadonlyArray<unknown>): Given => given(Object.assign({}, ...parts))

const crud = (name: "agents" | "users" | "sessions"): Readonly<Record<string, Route>> => {
  const manager = (julep: Julep.Service) => crudOf(julep, name)
  return {
    [`POST /${name}`]: (julep, _, body) => manager(julep).create(body),
    [`GET /${name}`]: (julep, _ids, _body, query) => manager(julep).list(query),
    [`GET /${name}/*`]: (julep, [id]) => manager(julep).get(given(id)),
    [`PUT /${name}/*`]: (julep, [id], body) => manager(julep).update(given(id), body, given({ overwrite: true })),
    [`PATCH /${name}/*`]: (julep, [id], body) => manager(julep).update(given(id), body, given({})),
    [`DELETE /${name}/*`]: (julep, [id]) => manager(julep).delete(given(id))
  }
}

const docs = (owner: "agent" | "user"): Readonly<Record<string, Route>> => ({
  [`GET /${owner}s/*/docs`]: (julep, [id], _, query) => julep.docs.list(join({ [`${owner}_id`]: id }), query),
  [`POST /${owner}s/*/docs`]: (julep, [id], doc) => julep.docs.create(join({ [`${owner}_id`]: id, doc })),
  [`DELETE /${owner}s/*/docs/*`]: (julep, [id, doc_id]) => julep.docs.delete(join({ [`${owner}_id`]: id, doc_id }))
})

const routes: Readonly<Record<string, Route>> = {
  ...crud("agents"),
  ...crud("users"),
  ...crud("sessions"),
  ...docs("agent"),
  ...docs("user"),
  "GET /sessions/*/suggestions": (julep, [id], _, query) => julep.sessions.suggestions(given(id), query),
  "GET /sessions/*/history": (julep, [id], _, query) => julep.sessions.history(given(id), query),
  "DELETE /sessions/*/history": (julep, [id]) => julep.sessions.deleteHistory(given(id)),
  "POST /sessions/*/chat": (julep, [id], body) => julep.sessions.chat(given(id), body),
  "GET /agents/*/memories": (julep, [agent_id], _, query) => julep.memories.list(join({ agent_id }, query)),
  "DELETE /agents/*/memories/*": (julep, [agent_id, memory_id]) => julep.memories.delete(join({ agent_id, memory_id })),
  "GET /agents/*/tools": (julep, [agent_id], _, query) => julep.tools.list(given(agent_id), query),
  "POST /agents/*/tools": (julep, [agent_id], tool) => julep.tools.create(join({ agent_id, tool })),
  "PUT /agents/*/tools/*": (julep, [agent_id, tool_id], body) =>
    julep.tools.update(join({ agent_id, tool_id }, body, { overwrite: true })),
  "PATCH /agents/*/tools/*": (julep, [agent_id, tool_id], body) =>
    julep.tools.update(join({ agent_id, tool_id }, body)),
  "DELETE /agents/*/tools/*": (julep, [agent_id, tool_id]) => julep.tools.delete(join({ agent_id, tool_id })),
  "GET /jobs/*": (julep, [id]) => julep.jobs.get(given(id))
}

const numeric = new Set(["limit", "offset"])

/** The query as a caller writes it; `undefined` where no caller could (a filter that is not JSON). */
const queryOf = (url: URL): Query | undefined => {
  const query: Record<string, unknown> = {}
  for (const [name, value] of url.searchParams) {
    try {
      query[name] = name === "metadata_filter" ? JSON.parse(value) : numeric.has(name) ? Number(value) : value
    } catch {
      return undefined
    }
  }
  return query
}

/** The call that sends this, or `undefined` where no manager has one. */
export const managerCall = (julep: Julep.Service, { method, path, body }: ApiRequest): Call | undefined => {
  const url = new URL(path, "https://julep.test")
  const segments = url.pathname.slice(1).split("/")
  const pattern = segments.map((segment, index) => (index % 2 === 0 ? segment : "*")).join("/")
  const route = routes[`${method} /${pattern}`]
  const query = queryOf(url)
  const bodyless = method === "GET" || method === "DELETE"
  if (route === undefined || query === undefined || (!bodyless && typeof body !== "object")) return undefined
  const ids = segments.filter((_, index) => index % 2 === 1)
  return route(julep, ids.map(given), given(body), given(query))
}
