import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"
import { AgentId } from "../Agent.js"
import { CreateDoc, Doc, DocCreated, DocDeleted, DocId } from "../Doc.js"
import { Pages } from "../Resource.js"
import { UserId } from "../User.js"
import { FilteredPage } from "./Query.js"

const ofAgent = Schema.Struct({ agent_id: AgentId })
const ofUser = Schema.Struct({ user_id: UserId })

/** The operations on the docs of agents and users. */
export const DocsApi = HttpApiGroup.make("docs")
  .add(
    HttpApiEndpoint.get("listOfAgent", "/agents/:agent_id/docs")
      .setPath(ofAgent)
      .setUrlParams(FilteredPage)
      .addSuccess(Pages(Doc))
  )
  .add(
    HttpApiEndpoint.post("createOfAgent", "/agents/:agent_id/docs")
      .setPath(ofAgent)
      .setPayload(CreateDoc)
      .addSuccess(DocCreated)
  )
  .add(
    HttpApiEndpoint.del("deleteOfAgent", "/agents/:agent_id/docs/:doc_id")
      .setPath(Schema.Struct({ agent_id: AgentId, doc_id: DocId }))
      .addSuccess(DocDeleted)
      .addSuccess(HttpApiSchema.NoContent)
  )
  .add(
    HttpApiEndpoint.get("listOfUser", "/users/:user_id/docs")
      .setPath(ofUser)
      .setUrlParams(FilteredPage)
      .addSuccess(Pages(Doc))
  )
  .add(
    HttpApiEndpoint.post("createOfUser", "/users/:user_id/docs")
      .setPath(ofUser)
      .setPayload(CreateDoc)
      .addSuccess(DocCreated)
  )
  .add(
    HttpApiEndpoint.del("deleteOfUser", "/users/:user_id/docs/:doc_id")
      .setPath(Schema.Struct({ user_id: UserId, doc_id: DocId }))
      .addSuccess(DocDeleted)
      .addSuccess(HttpApiSchema.NoContent)
  )
