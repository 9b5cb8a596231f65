import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Agent, AgentCreated, AgentDeleted, AgentUpdated } from "../../schema/Agent.js"
import { Engine } from "../usecases/Engine.js"
import { EngineApi } from "./EngineApi.js"
import { answer, itemsOf } from "./respond.js"

const whole = Schema.required(Agent)
const one = answer(whole)
const many = itemsOf(whole)
const created = answer(AgentCreated, { status: 201 })
const updated = answer(AgentUpdated)
const deleted = answer(AgentDeleted, { status: 202 })

/** The operations on agents. */
export const AgentsHandlers = HttpApiBuilder.group(EngineApi, "agents", (handlers) =>
  Effect.map(Engine, ({ agents }) =>
    handlers
      .handle("create", ({ payload, request }) => created(request, (dev) => agents.create(dev, payload)))
      .handle("list", ({ request, urlParams }) => many(request, (dev) => agents.list(dev, urlParams)))
      .handle("get", ({ path, request }) => one(request, (dev) => agents.get(dev, path.agent_id)))
      .handle("update", ({ path, payload, request }) =>
        updated(request, (dev) => agents.update(dev, path.agent_id, payload))
      )
      .handle("patch", ({ path, payload, request }) =>
        updated(request, (dev) => agents.patch(dev, path.agent_id, payload))
      )
      .handle("delete", ({ path, request }) => deleted(request, (dev) => agents.remove(dev, path.agent_id)))
  )
)
