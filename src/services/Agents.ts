/** The manager of agents with effects; `promise/Agents.ts` has the one with promises. */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import {
  type Agent,
  type AgentEnsured,
  type AgentId,
  CreateAgent,
  EnsureAgent,
  PatchAgent,
  type UpdateAgent
} from "../schema/Agent.js"
import { AgentsApi } from "../schema/api/AgentsApi.js"
import type { FilteredPage } from "../schema/api/Query.js"
import { type CreateError, type GetError, type InvalidRequest, type ListError, notSent } from "../schema/Errors.js"
import type { Created, Updated } from "../schema/Resource.js"
import type { FunctionDef } from "../schema/Tool.js"
import * as ApiClient from "./ApiClient.js"
import { toCreateError, toGetError, toListError, toWriteError } from "./errors.js"
import type { JulepConfig } from "./JulepConfig.js"
import { merged } from "./merge.js"
import { method } from "./method.js"
import { itemsOf, listAll } from "./paging.js"
import { type Update, update } from "./update.js"

/**
 * The manager of agents.
 *
 * @example
 * ```ts
 * import { Agents } from "effect-julep"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   const agents = yield* Agents
 *   const ada = yield* agents.create({ name: "Ada", instructions: ["Be brief."] })
 *   return yield* agents.get(ada.id)
 * })
 * ```
 */
export class Agents extends Context.Tag("effect-julep/Agents")<Agents, Agents.Service>() {
  /** The manager alone, over an `HttpClient` and a `JulepConfig`. */
  static readonly layer: Layer.Layer<Agents, never, HttpClient.HttpClient | JulepConfig> = Layer.effect(
    Agents,
    Effect.suspend(() => make)
  )
}

export declare namespace Agents {
  /** The input to create an agent. `functions` is short for function tools; give either `functions` or `tools`. */
  interface CreateInput extends CreateAgent {
    /** Short for tools of the type `function`. Default: none. */
    readonly functions?: ReadonlyArray<FunctionDef> | undefined
  }

  /** The input to ensure an agent: as to create one, with keys of docs. */
  type EnsureInput = Omit<EnsureAgent, "key"> & { readonly functions?: ReadonlyArray<FunctionDef> | undefined }

  /** The operations on agents. */
  interface Service {
    /** The agent with this id. Fails with `NotFound` if there is none. */
    readonly get: (id: AgentId) => Effect.Effect<Agent, GetError>
    /** Creates an agent with its docs and tools. Returns the input plus `id`, `created_at` and `jobs`. */
    readonly create: (input: CreateInput) => Effect.Effect<CreateInput & Created<AgentId>, CreateError>
    /**
     * Beyond v0.3: the agent of a key of yours, of 1 to 200 characters, as this input says, for a program that runs it at
     * each start. It is created if there is none. Else the members that the input names are set, so what others changed
     * in them is reset; those that it leaves out stay as they are. `metadata` and `default_settings` are set
     * as a whole. If everything is as the input says, nothing is written.
     *
     * - `tools` are matched by the names of their functions, which must differ. Tools of an earlier ensure that the input
     *   no longer has are deleted; those of `tools.create` stay, and one with the name of one of these is
     *   changed in its place.
     * - `docs`, at most 500, are written as by `docs.sync`, under their `key`, which defaults to the title: one that is the
     *   same is not embedded again. None is deleted: for that, use `docs.sync` with `prune`.
     *
     * All of it is one transaction, and two programs that ensure the same key at once get the same agent. Returns the input
     * plus `id`, `created_at`, `updated_at`, `jobs`, and `outcome`: `created`, `updated` or `unchanged`. Only an engine of
     * this package has it.
     *
     * @example
     * ```ts
     * import { Agents } from "effect-julep"
     * import { Effect } from "effect"
     *
     * const support = Effect.flatMap(Agents, (agents) =>
     *   agents.ensure("support", {
     *     name: "Ada",
     *     instructions: ["Be brief."],
     *     docs: [{ title: "Refunds", content: "Refunds take 14 days." }]
     *   })
     * )
     * ```
     */
    readonly ensure: (
      key: string,
      input: EnsureInput
    ) => Effect.Effect<EnsureInput & typeof AgentEnsured.Type, CreateError>
    /** One page of agents, newest first. `limit`: 1 to 10,000, default 100; `offset`: default 0. */
    readonly list: (query?: FilteredPage) => Effect.Effect<ReadonlyArray<Agent>, ListError>
    /**
     * Streams every agent, page by page, as it is consumed; `limit` is the page size, at most 1,000. On an
     * engine of this package it skips no item, also where you delete items as you read them. On other servers, each that you
     * delete skips another one.
     */
    readonly listAll: (query?: FilteredPage) => Stream.Stream<Agent, ListError>
    /** Changes an agent (PATCH), or replaces it with `{ overwrite: true }` (PUT). */
    readonly update: Update<AgentId, UpdateAgent, PatchAgent, Updated<AgentId>>
    /** Deletes an agent with its tools, docs, sessions and memories. */
    readonly delete: (id: AgentId) => Effect.Effect<void, GetError>
  }
}

const withTools = <Input extends Pick<Agents.CreateInput, "functions" | "tools">>({
  functions,
  ...agent
}: Input): Effect.Effect<Omit<Input, "functions">, InvalidRequest> => {
  if (functions === undefined) return Effect.succeed(agent)
  if (agent.tools !== undefined) {
    return Effect.fail(notSent("functions", "Give either functions or tools, not both"))
  }
  return Effect.succeed({ ...agent, tools: functions.map((def) => ({ type: "function" as const, function: def })) })
}

/** Makes the manager from the client of its group. */
export const make: Effect.Effect<Agents.Service, never, HttpClient.HttpClient | JulepConfig> = Effect.gen(function* () {
  const client = yield* ApiClient.group(AgentsApi, {
    get: toGetError,
    create: toCreateError,
    ensure: toCreateError,
    list: toListError,
    update: toWriteError,
    patch: toWriteError,
    delete: toGetError
  })
  const page = method("Julep.agents.list")((query: FilteredPage) => client.list({ urlParams: query }))
  return {
    get: method("Julep.agents.get")((id: AgentId) => client.get({ path: { agent_id: id } })),
    create: method("Julep.agents.create")((input: Agents.CreateInput) =>
      Effect.flatMap(withTools(input), (payload) => client.create({ payload })).pipe(
        merged(input, CreateAgent, "functions")
      )
    ),
    ensure: method("Julep.agents.ensure")((key: string, input: Agents.EnsureInput) =>
      Effect.flatMap(withTools(input), (agent) => client.ensure({ payload: { ...agent, key } })).pipe(
        merged(input, EnsureAgent, "functions")
      )
    ),
    list: (query = {}) => itemsOf(page(query)),
    listAll: (query) => listAll(query, (start) => page({ ...query, ...start })),
    update: update(
      "Julep.agents.update",
      PatchAgent,
      (id: AgentId, payload: UpdateAgent) => client.update({ path: { agent_id: id }, payload }),
      (id: AgentId, payload: PatchAgent) => client.patch({ path: { agent_id: id }, payload })
    ),
    delete: method("Julep.agents.delete")((id: AgentId) => Effect.asVoid(client.delete({ path: { agent_id: id } })))
  }
})
