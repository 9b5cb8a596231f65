/** The use cases of agents, which answer the calls of the manager in `services/Agents.ts`. */
import * as Brand from "effect/Brand"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Agent, AgentId, CreateAgent, EnsureAgent, PatchAgent, UpdateAgent } from "../../../schema/Agent.js"
import type { FilteredCursorPage } from "../../../schema/api/Query.js"
import { type AgentDefaultSettings, DEFAULT_MODEL, DEFAULT_SETTINGS } from "../../../schema/Settings.js"
import { Ids } from "../../ports/Ids.js"
import { type AgentRow, Storage } from "../../ports/Storage.js"
import { found, orNotFound } from "../Failure.js"
import type { make as makeDocs } from "./Docs.js"
import { trimmedFirst } from "./Histories.js"
import { checkCounts, checkDistinct, checkName, checkSyncDocs } from "./Limits.js"
import { checkMetadata, isSame, mergeMetadata } from "./Metadata.js"
import { filtered } from "./Paging.js"
import { created, deleted, updated } from "./Receipts.js"
import type { make as makeTools } from "./Tools.js"

const agentId = Brand.nominal<AgentId>()

/** Only members of the request are stored. Reading an agent fills in the defaults of the API. */
const toAgent = (row: AgentRow): Required<Omit<Agent, "key">> & Pick<Agent, "key"> => ({
  id: agentId(row.id),
  ...(row.key === null ? {} : { key: row.key }),
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
 * `get` filled in: a model is sent only settings that a caller chose.
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

    const change = Effect.fnUntraced(function* (
      developer: string,
      id: AgentId,
      next: (row: AgentRow) => Partial<AgentRow>
    ) {
      const row = yield* found("agent", id)(storage.agents.getForUpdate(developer, id))
      const at = yield* Clock.currentTimeMillis
      const changed = { ...row, ...next(row), updated_at: at }
      yield* checkName(changed.name)
      yield* checkMetadata(changed.metadata)
      yield* storage.agents.update(developer, changed)
      return updated(id, at)
    }, storage.transaction)

    /** Writes a new agent in the caller's transaction. */
    const insert = Effect.fnUntraced(function* (
      developer: string,
      input: Omit<CreateAgent, "docs" | "tools">,
      at: number,
      key: string | null
    ) {
      const row: AgentRow = {
        id: yield* ids.next,
        key,
        name: input.name,
        about: input.about ?? "",
        instructions: listOfInstructions(input.instructions ?? []),
        model: input.model ?? null,
        default_settings: settingsSent(input.default_settings ?? {}),
        metadata: { ...input.metadata },
        created_at: at,
        updated_at: at
      }
      yield* storage.agents.insert(developer, row)
      return row
    })

    /** Sets the members that are given, and writes the agent if it is not as they say, in the caller's transaction. */
    const setMembers = Effect.fnUntraced(function* (developer: string, row: AgentRow, input: EnsureAgent, at: number) {
      const { about, default_settings, instructions, metadata, model, name } = input
      const next: AgentRow = {
        ...row,
        name,
        about: about ?? row.about,
        instructions: instructions === undefined ? row.instructions : listOfInstructions(instructions),
        model: model ?? row.model,
        default_settings:
          default_settings === undefined ? row.default_settings : settingsSent(default_settings, row.default_settings),
        metadata: metadata === undefined ? row.metadata : { ...metadata }
      }
      if (isSame(row, next)) return row
      const changed = { ...next, updated_at: at }
      yield* storage.agents.update(developer, changed)
      return changed
    })

    return {
      create: Effect.fnUntraced(function* (developer: string, input: CreateAgent) {
        yield* checkName(input.name)
        yield* checkCounts(input)
        yield* checkMetadata(input.metadata)
        const at = yield* Clock.currentTimeMillis
        const { id } = yield* insert(developer, input, at, null)
        yield* Effect.forEach(input.tools ?? [], (tool) => tools.insert(developer, id, tool, at))
        const jobs = yield* docs.insertAll(developer, { kind: "agent", id }, input.docs ?? [], at)
        return created(agentId(id), at, jobs)
      }, storage.transaction),
      /** Finds or creates the agent of a key, and makes it as the input says: see `Agents.ensure` of the services. */
      ensure: Effect.fnUntraced(function* (developer: string, input: EnsureAgent) {
        yield* checkName(input.name)
        yield* checkCounts({ tools: input.tools })
        yield* checkMetadata(input.metadata)
        yield* checkSyncDocs(input.docs ?? [])
        const names = (input.tools ?? []).map((tool) => tool.function.name)
        yield* checkDistinct(names, (index) => `tools[${index}].function.name`)
        const at = yield* Clock.currentTimeMillis
        const known = Option.getOrUndefined(yield* storage.agents.byKey(developer, input.key))
        const row =
          known === undefined
            ? yield* insert(developer, input, at, input.key)
            : yield* setMembers(developer, known, input, at)
        const wroteTools = input.tools !== undefined && (yield* tools.ensure(developer, row.id, input.tools, at))
        const items = yield* docs.writeAll(developer, { kind: "agent", id: row.id }, input.docs ?? [], at)
        const wrote = row !== known || wroteTools || items.some(({ outcome }) => outcome !== "unchanged")
        return {
          id: agentId(row.id),
          outcome: known === undefined ? ("created" as const) : wrote ? ("updated" as const) : ("unchanged" as const),
          created_at: new Date(row.created_at),
          updated_at: new Date(row.updated_at),
          jobs: items.flatMap(({ jobs }) => jobs)
        }
      }, storage.transaction),
      get: (developer: string, id: AgentId) => Effect.map(get(developer, id), toAgent),
      list: (developer: string, query: FilteredCursorPage) =>
        filtered("agents", query, toAgent, (page) => storage.agents.list(developer, page)),
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
