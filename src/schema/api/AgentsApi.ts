import * as Schema from "effect/Schema"
import {
  Agent,
  AgentCreated,
  AgentDeleted,
  AgentEnsured,
  AgentId,
  AgentUpdated,
  CreateAgent,
  EnsureAgent,
  PatchAgent,
  UpdateAgent
} from "../Agent.js"
import { Pages } from "../Resource.js"
import { del, get, group, patch, post, put } from "./Operation.js"
import { FilteredPage } from "./Query.js"

const pathParams = Schema.Struct({ agent_id: AgentId })

/** The operations on agents. */
export const AgentsApi = group("agents", {
  create: post("/agents", { payload: CreateAgent, success: AgentCreated, status: 201 }),
  // Beyond v0.3.
  ensure: put("/agents", { payload: EnsureAgent, success: AgentEnsured }),
  list: get("/agents", { urlParams: FilteredPage, success: Pages(Agent) }),
  get: get("/agents/:agent_id", { pathParams, success: Agent }),
  update: put("/agents/:agent_id", { pathParams, payload: UpdateAgent, success: AgentUpdated }),
  patch: patch("/agents/:agent_id", { pathParams, payload: PatchAgent, success: AgentUpdated }),
  delete: del("/agents/:agent_id", { pathParams, success: AgentDeleted })
})
