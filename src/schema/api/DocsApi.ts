import * as Schema from "effect/Schema"
import { AgentId } from "../Agent.js"
import {
  CreateDoc,
  Doc,
  DocCreated,
  DocDeleted,
  DocId,
  DocsSynced,
  FoundPassage,
  SearchDocs,
  SyncDocs
} from "../Doc.js"
import { Items, Pages } from "../Resource.js"
import { UserId } from "../User.js"
import { del, get, group, post, put } from "./Operation.js"
import { FilteredPage } from "./Query.js"

const ofAgent = Schema.Struct({ agent_id: AgentId })
const ofUser = Schema.Struct({ user_id: UserId })
const docOfAgent = Schema.Struct({ agent_id: AgentId, doc_id: DocId })
const docOfUser = Schema.Struct({ user_id: UserId, doc_id: DocId })

/** The operations on the docs of agents and users. */
export const DocsApi = group("docs", {
  listOfAgent: get("/agents/:agent_id/docs", { pathParams: ofAgent, urlParams: FilteredPage, success: Pages(Doc) }),
  createOfAgent: post("/agents/:agent_id/docs", {
    pathParams: ofAgent,
    payload: CreateDoc,
    success: DocCreated,
    status: 201
  }),
  deleteOfAgent: del("/agents/:agent_id/docs/:doc_id", {
    pathParams: docOfAgent,
    success: DocDeleted
  }),
  // Beyond v0.3.
  getOfAgent: get("/agents/:agent_id/docs/:doc_id", { pathParams: docOfAgent, success: Doc }),
  getOfUser: get("/users/:user_id/docs/:doc_id", { pathParams: docOfUser, success: Doc }),
  syncOfAgent: put("/agents/:agent_id/docs", { pathParams: ofAgent, payload: SyncDocs, success: DocsSynced }),
  syncOfUser: put("/users/:user_id/docs", { pathParams: ofUser, payload: SyncDocs, success: DocsSynced }),
  searchOfAgent: post("/agents/:agent_id/docs/search", {
    pathParams: ofAgent,
    payload: SearchDocs,
    success: Items(FoundPassage)
  }),
  searchOfUser: post("/users/:user_id/docs/search", {
    pathParams: ofUser,
    payload: SearchDocs,
    success: Items(FoundPassage)
  }),
  listOfUser: get("/users/:user_id/docs", { pathParams: ofUser, urlParams: FilteredPage, success: Pages(Doc) }),
  createOfUser: post("/users/:user_id/docs", {
    pathParams: ofUser,
    payload: CreateDoc,
    success: DocCreated,
    status: 201
  }),
  deleteOfUser: del("/users/:user_id/docs/:doc_id", {
    pathParams: docOfUser,
    success: DocDeleted
  })
})
