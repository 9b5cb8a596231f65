import type { Created, CreateTool, FunctionDef, PageQuery, PartialFunctionDef, Tool, Updated } from "./entities.js"
import type { RequestOptions } from "./Options.js"
import { id as idOf, withIds } from "./Plain.js"
import type { Runner } from "./Runner.js"
import type { ItemStream } from "./streams.js"

/**
 * The manager of an agent's tools.
 *
 * @example
 * ```ts
 * import type { Client } from "effect-julep/promise"
 *
 * const addLookup = (client: Client, agent: string) =>
 *   client.tools.create({
 *     agent_id: agent,
 *     tool: { type: "function", function: { name: "lookup", parameters: { type: "object", properties: {} } } }
 *   })
 * ```
 */
export interface Tools {
  /** One page of an agent's tools, newest first: `limit` 1 to 1000 (100), `offset` (0). */
  list(agent_id: string, query?: PageQuery, options?: RequestOptions): Promise<ReadonlyArray<Tool>>
  /** Every tool of an agent, page by page as they are read; `limit` is the page size. */
  listAll(agent_id: string, query?: PageQuery, options?: RequestOptions): ItemStream<Tool>
  /** Adds a tool to an agent. Gives back the tool plus `id`, `created_at` and `jobs`. */
  create(
    input: { readonly agent_id: string; readonly tool: CreateTool },
    options?: RequestOptions
  ): Promise<CreateTool & Created>
  /** Replaces a tool's function (PUT). */
  update(
    input: {
      readonly agent_id: string
      readonly tool_id: string
      readonly function: FunctionDef
      readonly overwrite: true
    },
    options?: RequestOptions
  ): Promise<{ readonly function: FunctionDef } & Updated>
  /** Changes a tool's function (PATCH): what is left out stays. */
  update(
    input: {
      readonly agent_id: string
      readonly tool_id: string
      readonly function: PartialFunctionDef
      readonly overwrite?: false | undefined
    },
    options?: RequestOptions
  ): Promise<{ readonly function: PartialFunctionDef } & Updated>
  /** Deletes a tool. */
  delete(input: { readonly agent_id: string; readonly tool_id: string }, options?: RequestOptions): Promise<void>
}

/** @internal */
export const tools = (runner: Runner): Tools => ({
  list: (agent_id, query, options) => runner.call(({ tools }) => tools.list(idOf(agent_id), query), options),
  listAll: (agent_id, query, options) => runner.items(({ tools }) => tools.listAll(idOf(agent_id), query), options),
  create: (input, options) => runner.call(({ tools }) => tools.create(withIds(input)), options),
  // The service has one signature for both: the overloads only say that what comes back is as whole as what was sent.
  update: ((input, options) => runner.call(({ tools }) => tools.update(withIds(input)), options)) as Tools["update"],
  delete: (input, options) => runner.call(({ tools }) => tools.delete(withIds(input)), options)
})
