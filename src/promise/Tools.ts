/** The manager of tools with promises; `services/Tools.ts` has the one with effects. */
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
  /** One page of an agent's tools, newest first. `limit`: 1 to 10,000, default 100; `offset`: default 0. */
  list(agent_id: string, query?: PageQuery, options?: RequestOptions): Promise<ReadonlyArray<Tool>>
  /**
   * Streams every tool of an agent, page by page; `limit` is the page size, at most 1,000. On an
   * engine of this package it skips no item, also where you delete items as you read them. On other servers, each that you
   * delete skips another one.
   */
  listAll(agent_id: string, query?: PageQuery, options?: RequestOptions): ItemStream<Tool>
  /** Adds a tool to an agent, also one that `list` gave. Resolves to the tool plus `id`, `created_at` and `jobs`. */
  create(
    input: { readonly agent_id: string; readonly tool: CreateTool | Tool },
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
  /** Changes a tool's function (PATCH): omitted members stay. */
  update(
    input: {
      readonly agent_id: string
      readonly tool_id: string
      readonly function: PartialFunctionDef
      readonly overwrite?: false | undefined
    },
    options?: RequestOptions
  ): Promise<{ readonly function: PartialFunctionDef } & Updated>
  /** Deletes a tool. Succeeds if there is no such agent: a tool is deleted with its agent. */
  delete(input: { readonly agent_id: string; readonly tool_id: string }, options?: RequestOptions): Promise<void>
}

/** @internal */
export const tools = (runner: Runner): Tools => ({
  list: (agent_id, query, options) => runner.call(({ tools }) => tools.list(idOf(agent_id), query), options),
  listAll: (agent_id, query, options) => runner.items(({ tools }) => tools.listAll(idOf(agent_id), query), options),
  create: (input, options) => runner.call(({ tools }) => tools.create(withIds(input)), options),
  // The service has one signature for both: the overloads add that the result is as complete as the input.
  update: ((input, options) => runner.call(({ tools }) => tools.update(withIds(input)), options)) as Tools["update"],
  delete: (input, options) => runner.call(({ tools }) => tools.delete(withIds(input)), options)
})
