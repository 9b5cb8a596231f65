import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Memory, MemoryDeleted } from "../../schema/Memory.js"
import { Engine } from "../usecases/Engine.js"
import { EngineApi } from "./EngineApi.js"
import { answer, itemsOf } from "./respond.js"

const many = itemsOf(Schema.required(Memory))
const deleted = answer(MemoryDeleted, { status: 202 })

/** The operations on memories. */
export const MemoriesHandlers = HttpApiBuilder.group(EngineApi, "memories", (handlers) =>
  Effect.map(Engine, ({ memories }) =>
    handlers
      .handle("list", ({ path, request, urlParams }) =>
        many(request, (dev) => memories.list(dev, path.agent_id, urlParams))
      )
      .handle("delete", ({ path, request }) =>
        deleted(request, (dev) => memories.remove(dev, path.agent_id, path.memory_id))
      )
  )
)
