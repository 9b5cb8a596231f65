import * as Schema from "effect/Schema"
import { ChatRequest, ChatResponse, RenderedChat } from "../Chat.js"
import { ClaimToolCalls, ToolCallsClaimed } from "../Claim.js"
import { ChatMLMessage } from "../Message.js"
import { RecentPrompt } from "../Prompt.js"
import { Items, Pages } from "../Resource.js"
import {
  CreateSession,
  PatchSession,
  Session,
  SessionCreated,
  SessionDeleted,
  SessionId,
  SessionUpdated,
  Suggestion,
  UpdateSession
} from "../Session.js"
import { del, get, group, patch, post, put } from "./Operation.js"
import { cursorPage, FilteredPage, Page } from "./Query.js"

const pathParams = Schema.Struct({ session_id: SessionId })

/** A page of history. `order` is an extension: `asc`, the oldest first, is the API's own and the default. */
export const HistoryPage = Schema.Struct({
  ...cursorPage,
  order: Schema.optional(Schema.Literal("asc", "desc").annotations({ default: "asc" }))
})
export interface HistoryCursorPage extends Schema.Schema.Type<typeof HistoryPage> {}
/** `HistoryPage` as callers give it: `historyAll` sets `after`. */
export interface HistoryPage extends Omit<HistoryCursorPage, "after"> {}

/** The operations on sessions, their history and their chats. */
export const SessionsApi = group("sessions", {
  create: post("/sessions", { payload: CreateSession, success: SessionCreated, status: 201 }),
  list: get("/sessions", { urlParams: FilteredPage, success: Pages(Session) }),
  get: get("/sessions/:session_id", { pathParams, success: Session }),
  update: put("/sessions/:session_id", { pathParams, payload: UpdateSession, success: SessionUpdated }),
  patch: patch("/sessions/:session_id", { pathParams, payload: PatchSession, success: SessionUpdated }),
  delete: del("/sessions/:session_id", { pathParams, success: SessionDeleted }),
  suggestions: get("/sessions/:session_id/suggestions", { pathParams, urlParams: Page, success: Items(Suggestion) }),
  history: get("/sessions/:session_id/history", { pathParams, urlParams: HistoryPage, success: Pages(ChatMLMessage) }),
  deleteHistory: del("/sessions/:session_id/history", { pathParams, success: SessionDeleted }),
  chat: post("/sessions/:session_id/chat", { pathParams, payload: ChatRequest, success: ChatResponse }),
  // Beyond v0.3.
  render: post("/sessions/:session_id/render", { pathParams, payload: ChatRequest, success: RenderedChat }),
  prompts: get("/sessions/:session_id/prompts", { pathParams, success: Items(RecentPrompt) }),
  claim: post("/sessions/:session_id/claims", { pathParams, payload: ClaimToolCalls, success: ToolCallsClaimed })
})
