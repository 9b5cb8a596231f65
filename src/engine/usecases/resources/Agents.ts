/** The use cases of agents, which answer the calls of the manager in `services/Agents.ts`. */
import * as Brand from "effect/Brand"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Agent, AgentId, CreateAgent, PatchAgent, UpdateAgent } from "../../../schema/Agent.js"
import type { FilteredCursorPage } from "../../../schema/api/Query.js"
import { type AgentDefaultSettings, DEFAULT_MODEL, DEFAULT_SETTINGS } from "../../../schema/Settings.js"
import { Ids } from "../../ports/Ids.js"
import { type AgentRow, Storage } from "../../ports/Storage.js"
import { found, orNotFound } from "../Failure.js"
import type { make as makeDocs } from "./Docs.js"
import { trimmedFirst } from "./Histories.js"
import { checkCounts, checkName } from "./Limits.js"
import { checkMetadata, mergeMetadata } from "./Metadata.js"
import { listed, listOf } from "./Paging.js"
import { created, deleted, updated } from "./Receipts.js"
import type { make as makeTools } from "./Tools.js"

const agentId = Brand.nominal<AgentId>()

/** Only members of the request are stored. Reading an agent fills in the defaults of the API. */
const toAgent = (row: AgentRow): Required<Agent> => ({
  id: agentId(row.id),
  name: row.name,
  about: row.about,
  instructions: row.instructions,
  model: row.model ?? DEFAULT_MODEL,
  default_settings: { ...DEFAULT_SETTINGS, ...row.default_settings },
  metadata: row.metadata,
  created_at: new Date(row.created_at),
  updated_at: new Date(row.updated_at)
})

const listOfInstructions = (instructions: string | ReadonlyArray<string>) =>
  typeof instructions === "string" ? [instructions] : instructions

/**
 * The settings of a request. Settings that come back complete, as `get` reports them, set only what is not the default that
 * `get` filled in: a model is sent no setting that nobody chose.
 */
const settingsSent = (settings: AgentDefaultSettings, stored: AgentDefaultSettings = {}): AgentDefaultSettings => {
  const sent = new Map<string, unknown>(Object.entries(settings).filter(([, value]) => value !== undefined))
  const defaults = Object.entries(DEFAULT_SETTINGS)
  if (defaults.every(([name]) => sent.has(name))) {
    for (const [name, value] of defaults)
      if (sent.get(name) === value && !Object.hasOwn(stored, name)) sent.delete(name)
  }
  return Object.fromEntries(sent)
}

/** Agents. */
export const make = (docs: Effect.Effect.Success<typeof makeDocs>, tools: Effect.Effect.Success<typeof makeTools>) =>
  Effect.gen(function* () {
    const storage = yield* Storage
    const ids = yield* Ids
    const get = (developer: string, id: AgentId) => found("agent", id)(storage.agents.get(developer, id))

    const change = (developer: string, id: AgentId, next: (row: AgentRow) => Partial<AgentRow>) =>
      Effect.gen(function* () {
        const row = yield* get(developer, id)
        const at = yield* Clock.currentTimeMillis
        const changed = { ...row, ...next(row), updated_at: at }
        yield* checkName(changed.name)
        yield* checkMetadata(changed.metadata)
        yield* storage.agents.update(developer, changed)
        return updated(id, at)
      }).pipe(storage.transaction)

    return {
      create: (developer: string, input: CreateAgent) =>
        Effect.gen(function* () {
          yield* checkName(input.name)
          yield* checkCounts(input)
          yield* checkMetadata(input.metadata)
          const id = yield* ids.next
          const at = yield* Clock.currentTimeMillis
          yield* storage.agents.insert(developer, {
            id,
            name: input.name,
            about: input.about ?? "",
            instructions: listOfInstructions(input.instructions ?? []),
            model: input.model ?? null,
            default_settings: settingsSent(input.default_settings ?? {}),
            metadata: { ...input.metadata },
            created_at: at,
            updated_at: at
          })
          yield* Effect.forEach(input.tools ?? [], (tool) => tools.insert(developer, id, tool, at))
          const jobs = yield* docs.insertAll(developer, { kind: "agent", id }, input.docs ?? [], at)
          return created(agentId(id), at, jobs)
        }).pipe(storage.transaction),
      get: (developer: string, id: AgentId) => Effect.map(get(developer, id), toAgent),
      list: (developer: string, query: FilteredCursorPage) =>
        listOf(query).pipe(
          Effect.flatMap((page) => storage.agents.list(developer, page)),
          Effect.map(listed(toAgent))
        ),
      update: (developer: string, id: AgentId, input: UpdateAgent) =>
        change(developer, id, (row) => ({
          name: input.name,
          about: input.about,
          instructions: listOfInstructions(input.instructions ?? []),
          model: input.model ?? null,
          default_settings: settingsSent(input.default_settings ?? {}, row.default_settings),
          metadata: { ...input.metadata }
        })),
      patch: (developer: string, id: AgentId, input: PatchAgent) =>
        change(developer, id, (row) => ({
          name: input.name ?? row.name,
          about: input.about ?? row.about,
          instructions: input.instructions === undefined ? row.instructions : listOfInstructions(input.instructions),
          model: input.model ?? row.model,
          default_settings: {
            ...row.default_settings,
            ...settingsSent(input.default_settings ?? {}, row.default_settings)
          },
          metadata: input.metadata === undefined ? row.metadata : mergeMetadata(row.metadata, input.metadata)
        })),
      remove: (developer: string, id: AgentId) =>
        storage.agents
          .remove(developer, id)
          .pipe(
            trimmedFirst(storage, developer, { kind: "agent", id }),
            orNotFound("agent", id),
            Effect.zipRight(deleted(id))
          )
    }
  })
