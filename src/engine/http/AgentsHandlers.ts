import * as Effect from "effect/Effect"
import { Agent, AgentCreated, AgentDeleted, AgentEnsured, AgentUpdated } from "../../schema/Agent.js"
import { AgentsApi } from "../../schema/api/AgentsApi.js"
import { Engine } from "../usecases/Engine.js"
import { answer, pagesOf, whole } from "./respond.js"
import { routes } from "./routes.js"

const sent = whole(Agent, "key")
const one = answer(sent)
const many = pagesOf(sent)
const ensured = answer(AgentEnsured)
const created = answer(AgentCreated, { status: 201 })
const updated = answer(AgentUpdated)
const deleted = answer(AgentDeleted, { status: 202 })

/** The operations on agents. */
export const agentsRoutes = Effect.map(Engine, ({ agents }) =>
  routes(AgentsApi, {
    create: ({ payload, request }) => created(request, (dev) => agents.create(dev, payload)),
    ensure: ({ payload, request }) => ensured(request, (dev) => agents.ensure(dev, payload)),
    list: ({ request, urlParams }) => many(request, (dev) => agents.list(dev, urlParams)),
    get: ({ path, request }) => one(request, (dev) => agents.get(dev, path.agent_id)),
    update: ({ path, payload, request }) => updated(request, (dev) => agents.update(dev, path.agent_id, payload)),
    patch: ({ path, payload, request }) => updated(request, (dev) => agents.patch(dev, path.agent_id, payload)),
    delete: ({ path, request }) => deleted(request, (dev) => agents.remove(dev, path.agent_id))
  })
)
