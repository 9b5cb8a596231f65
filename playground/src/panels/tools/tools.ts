/** The tools of an agent. */
import { Atom } from "@effect-atom/atom-react"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type AgentId, type JsonObject, type ToolId, Tools } from "effect-julep"
import { runtime } from "../../client.js"

/** What changes when a tool does. */
const REACTIVITY = ["tools"]

/** How many tools a page of the list has. */
export const PAGE = 50

export const toolsOf = Atom.family((agent: AgentId) =>
  runtime
    .pull(Stream.unwrap(Effect.map(Tools, (tools) => tools.listAll(agent, { limit: PAGE }))))
    .pipe(Atom.withReactivity(REACTIVITY))
)

/** A tool as the form has it. Without an id it is a new one. */
export interface Draft {
  readonly agent_id: AgentId
  readonly tool_id: ToolId | undefined
  readonly name: string
  readonly description: string
  readonly parameters: JsonObject
}

export const saveTool = runtime.fn(
  ({ agent_id, description, name, parameters, tool_id }: Draft) =>
    Effect.gen(function* () {
      const tools = yield* Tools
      const definition = { name, ...(description === "" ? {} : { description }), parameters }
      if (tool_id === undefined) {
        yield* tools.create({ agent_id, tool: { type: "function", function: definition } })
      } else {
        yield* tools.update({ agent_id, tool_id, overwrite: true, function: definition })
      }
    }),
  { reactivityKeys: REACTIVITY }
)

export const deleteTool = runtime.fn(
  (path: { readonly agent_id: AgentId; readonly tool_id: ToolId }) =>
    Effect.flatMap(Tools, (tools) => tools.delete(path)),
  { reactivityKeys: REACTIVITY, concurrent: true }
)
