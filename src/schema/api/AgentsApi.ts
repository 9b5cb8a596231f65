import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"
import {
  Agent,
  AgentCreated,
  AgentDeleted,
  AgentId,
  AgentUpdated,
  CreateAgent,
  PatchAgent,
  UpdateAgent
} from "../Agent.js"
import { Pages } from "../Resource.js"
import { FilteredPage } from "./Query.js"

const path = Schema.Struct({ agent_id: AgentId })

/** The operations on agents. */
export const AgentsApi = HttpApiGroup.make("agents")
  .add(HttpApiEndpoint.post("create", "/agents").setPayload(CreateAgent).addSuccess(AgentCreated))
  .add(HttpApiEndpoint.get("list", "/agents").setUrlParams(FilteredPage).addSuccess(Pages(Agent)))
  .add(HttpApiEndpoint.get("get", "/agents/:agent_id").setPath(path).addSuccess(Agent))
  .add(
    HttpApiEndpoint.put("update", "/agents/:agent_id").setPath(path).setPayload(UpdateAgent).addSuccess(AgentUpdated)
  )
  .add(
    HttpApiEndpoint.patch("patch", "/agents/:agent_id").setPath(path).setPayload(PatchAgent).addSuccess(AgentUpdated)
  )
  .add(
    HttpApiEndpoint.del("delete", "/agents/:agent_id")
      .setPath(path)
      .addSuccess(AgentDeleted)
      .addSuccess(HttpApiSchema.NoContent)
  )
