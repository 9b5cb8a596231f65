/** The manager of tools with effects; `promise/Tools.ts` has the one with promises. */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import type { AgentId } from "../schema/Agent.js"
import type { Page } from "../schema/api/Query.js"
import { ToolsApi } from "../schema/api/ToolsApi.js"
import type { GetError, WriteError } from "../schema/Errors.js"
import type { Created, Updated } from "../schema/Resource.js"
import { CreateTool, PatchTool, type Tool, type ToolId, type UpdateTool } from "../schema/Tool.js"
import * as ApiClient from "./ApiClient.js"
import { toGetError, toWriteError } from "./errors.js"
import type { JulepConfig } from "./JulepConfig.js"
import { merged } from "./merge.js"
import { method } from "./method.js"
import { itemsOf, listAll } from "./paging.js"

/**
 * The manager of an agent's tools.
 *
 * @example
 * ```ts
 * import { type AgentId, Tools } from "effect-julep"
 * import { Effect } from "effect"
 *
 * const addLookup = (agent: AgentId) =>
 *   Effect.flatMap(Tools, (tools) =>
 *     tools.create({
 *       agent_id: agent,
 *       tool: { type: "function", function: { name: "lookup", parameters: { type: "object", properties: {} } } }
 *     })
 *   )
 * ```
 */
export class Tools extends Context.Tag("effect-julep/Tools")<Tools, Tools.Service>() {
  /** The manager alone, over an `HttpClient` and a `JulepConfig`. */
  static readonly layer: Layer.Layer<Tools, never, HttpClient.HttpClient | JulepConfig> = Layer.effect(
    Tools,
    Effect.suspend(() => make)
  )
}

export declare namespace Tools {
  /** Identifies a tool. */
  interface Path {
    /** The agent that has the tool. */
    readonly agent_id: AgentId
    /** The tool. */
    readonly tool_id: ToolId
  }

  /** A change (PATCH: any part of the function) or, with `overwrite: true`, a replacement (PUT: all of it). */
  type UpdateInput =
    | (Path & PatchTool & { readonly overwrite?: false | undefined })
    | (Path & UpdateTool & { readonly overwrite: true })

  /** The operations on the tools of agents. */
  interface Service {
    /** One page of an agent's tools, newest first. `limit`: 1 to 10,000, default 100; `offset`: default 0. */
    readonly list: (agent_id: AgentId, query?: Page) => Effect.Effect<ReadonlyArray<Tool>, GetError>
    /**
     * Streams every tool of an agent, page by page, as it is consumed; `limit` is the page size, at most 1,000. On an
     * engine of this package it skips no item, also where you delete items as you read them. On other servers, each that you
     * delete skips another one.
     */
    readonly listAll: (agent_id: AgentId, query?: Page) => Stream.Stream<Tool, GetError>
    /** Adds a tool to an agent, also one that `list` gave. Returns the tool plus `id`, `created_at` and `jobs`. */
    readonly create: (input: {
      readonly agent_id: AgentId
      readonly tool: CreateTool | Tool
    }) => Effect.Effect<CreateTool & Created<ToolId>, WriteError>
    /** Changes a tool's function, or replaces it with `overwrite: true`. */
    readonly update: (input: UpdateInput) => Effect.Effect<PatchTool & Updated<ToolId>, WriteError>
    /** Deletes a tool. Succeeds if there is no such agent: a tool is deleted with its agent. */
    readonly delete: (input: Path) => Effect.Effect<void, GetError>
  }
}

/** Makes the manager from the client of its group. */
export const make: Effect.Effect<Tools.Service, never, HttpClient.HttpClient | JulepConfig> = Effect.gen(function* () {
  const client = yield* ApiClient.group(ToolsApi, {
    list: toGetError,
    create: toWriteError,
    update: toWriteError,
    patch: toWriteError,
    delete: toGetError
  })
  const page = method("Julep.tools.list")((agent_id: AgentId, query: Page) =>
    client.list({ path: { agent_id }, urlParams: query })
  )
  return {
    list: (agent_id, query = {}) => itemsOf(page(agent_id, query)),
    listAll: (agent_id, query) => listAll(query, (start) => page(agent_id, start)),
    create: method("Julep.tools.create")(
      ({ agent_id, tool }: { readonly agent_id: AgentId; readonly tool: CreateTool | Tool }) => {
        // Of a tool that a server sent, the schema leaves out the id, and refuses a type that v0.3 does not have.
        const payload = tool as CreateTool
        return client.create({ path: { agent_id }, payload }).pipe(merged(payload, CreateTool))
      }
    ),
    update: method("Julep.tools.update")(({ agent_id, tool_id, ...input }: Tools.UpdateInput) => {
      const path = { agent_id, tool_id }
      const sent =
        input.overwrite === true
          ? client.update({ path, payload: { function: input.function } })
          : client.patch({ path, payload: { function: input.function } })
      return merged({ function: input.function }, PatchTool)(sent)
    }),
    delete: method("Julep.tools.delete")((path: Tools.Path) => Effect.asVoid(client.delete({ path })))
  }
})
