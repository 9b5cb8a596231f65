/** The use cases of tools, which answer the calls of the manager in `services/Tools.ts`. */
import * as Brand from "effect/Brand"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { CursorPage } from "../../../schema/api/Query.js"
import type { CreateTool, FunctionDef, PartialFunctionDef, Tool, ToolId } from "../../../schema/Tool.js"
import { Ids } from "../../ports/Ids.js"
import { Storage, type ToolRow } from "../../ports/Storage.js"
import { found, orNotFound, orNotFoundUnder } from "../Failure.js"
import { isSame } from "./Metadata.js"
import { paged } from "./Paging.js"
import { created, deleted, updated } from "./Receipts.js"

const toolId = Brand.nominal<ToolId>()

const toTool = (row: ToolRow): Tool => ({
  id: toolId(row.id),
  type: row.type,
  function: {
    name: row.name,
    ...(row.description === null ? {} : { description: row.description }),
    parameters: row.parameters,
    ...(row.strict === null ? {} : { strict: row.strict })
  }
})

/** The tools of an agent. */
export const make = Effect.gen(function* () {
  const storage = yield* Storage
  const ids = yield* Ids
  const agentExists = (developer: string, agent_id: string) =>
    orNotFound("agent", agent_id)(storage.agents.exists(developer, agent_id))

  /** Writes a tool in the caller's transaction. */
  const insert = Effect.fnUntraced(function* (
    developer: string,
    agent_id: string,
    tool: CreateTool,
    at: number,
    ensured = false
  ) {
    const id = yield* ids.next
    yield* storage.tools.insert(developer, {
      id,
      agent_id,
      type: tool.type,
      name: tool.function.name,
      description: tool.function.description ?? null,
      parameters: { ...tool.function.parameters },
      strict: tool.function.strict ?? null,
      ensured,
      created_at: at,
      updated_at: at
    })
    return toolId(id)
  })

  const change = Effect.fnUntraced(function* (
    developer: string,
    agent_id: string,
    id: ToolId,
    next: (row: ToolRow) => Partial<ToolRow>
  ) {
    yield* agentExists(developer, agent_id)
    const row = yield* found("tool", id)(storage.tools.getForUpdate(developer, agent_id, id))
    const at = yield* Clock.currentTimeMillis
    yield* storage.tools.update(developer, { ...row, ...next(row), updated_at: at })
    return updated(id, at)
  }, storage.transaction)

  /**
   * Makes one of an agent's tools as it is given, in the caller's transaction; returns whether it was not. One that
   * `tools.create` made stays one of its own, which no later ensure deletes.
   */
  const ensureOne = Effect.fnUntraced(function* (
    developer: string,
    agent_id: string,
    { function: def, type }: CreateTool,
    rows: ReadonlyArray<ToolRow>,
    at: number
  ) {
    const named = rows.filter(({ name }) => name === def.name)
    const row = named.find(({ ensured }) => ensured) ?? named[0]
    if (row === undefined) {
      yield* insert(developer, agent_id, { type, function: def }, at, true)
      return true
    }
    const given = {
      type,
      description: def.description ?? null,
      parameters: { ...def.parameters },
      strict: def.strict ?? null
    }
    if (isSame({ ...row, ...given }, row)) return false
    yield* storage.tools.update(developer, { ...row, ...given, updated_at: at })
    return true
  })

  return {
    insert,
    /**
     * Makes the tools of an agent as they are given, by their names, in the caller's transaction. Others that were ensured
     * before are deleted. Returns whether any was written.
     */
    ensure: Effect.fnUntraced(function* (
      developer: string,
      agent_id: string,
      wanted: ReadonlyArray<CreateTool>,
      at: number
    ) {
      const all = { limit: Number.MAX_SAFE_INTEGER, offset: 0 }
      const { rows } = yield* storage.tools.list(developer, agent_id, all)
      const written = yield* Effect.forEach(wanted, (tool) => ensureOne(developer, agent_id, tool, rows, at))
      const names = new Set(wanted.map((tool) => tool.function.name))
      const gone = rows.filter(({ ensured, name }) => ensured && !names.has(name))
      yield* Effect.forEach(gone, ({ id }) => storage.tools.remove(developer, agent_id, id), { discard: true })
      return gone.length > 0 || written.includes(true)
    }),
    create: Effect.fnUntraced(function* (developer: string, agent_id: string, tool: CreateTool) {
      yield* orNotFound("agent", agent_id)(storage.agents.existsForShare(developer, agent_id))
      const at = yield* Clock.currentTimeMillis
      return created(yield* insert(developer, agent_id, tool, at), at)
    }, storage.transaction),
    list: (developer: string, agent_id: string, query: CursorPage) =>
      Effect.zipRight(
        agentExists(developer, agent_id),
        paged(`tools of ${agent_id}`, query, toTool, (page) => storage.tools.list(developer, agent_id, page))
      ),
    update: (developer: string, agent_id: string, id: ToolId, def: FunctionDef) =>
      change(developer, agent_id, id, () => ({
        name: def.name,
        description: def.description ?? null,
        parameters: { ...def.parameters },
        strict: def.strict ?? null
      })),
    patch: (developer: string, agent_id: string, id: ToolId, def: PartialFunctionDef) =>
      change(developer, agent_id, id, (row) => ({
        name: def.name ?? row.name,
        description: def.description ?? row.description,
        parameters: { ...(def.parameters ?? row.parameters) },
        strict: def.strict ?? row.strict
      })),
    /** A tool of an agent that does not exist is deleted: deleting the agent has deleted it. */
    remove: (developer: string, agent_id: string, id: ToolId) =>
      storage.tools
        .remove(developer, agent_id, id)
        .pipe(orNotFoundUnder(storage.agents.exists(developer, agent_id), "tool", id), Effect.zipRight(deleted(id)))
  }
})
