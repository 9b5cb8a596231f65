import * as Effect from "effect/Effect"
import { MemoriesApi } from "../../schema/api/MemoriesApi.js"
import { Memory, MemoryCreated, MemoryDeleted } from "../../schema/Memory.js"
import { Engine } from "../usecases/Engine.js"
import { answer, pagesOf, whole } from "./respond.js"
import { routes } from "./routes.js"

const many = pagesOf(whole(Memory, "user_id", "type", "last_accessed_at"))
const created = answer(MemoryCreated, { status: 201 })
const deleted = answer(MemoryDeleted, { status: 202 })

/** The operations on memories. */
export const memoriesRoutes = Effect.map(Engine, ({ memories }) =>
  routes(MemoriesApi, {
    list: ({ path, request, urlParams }) => many(request, (dev) => memories.list(dev, path.agent_id, urlParams)),
    create: ({ path, payload, request }) => created(request, (dev) => memories.create(dev, path.agent_id, payload)),
    delete: ({ path, request }) => deleted(request, (dev) => memories.remove(dev, path.agent_id, path.memory_id))
  })
)
