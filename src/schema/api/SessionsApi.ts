import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"
import { ChatRequest, ChatResponse, RenderedChat } from "../Chat.js"
import { ChatMLMessage } from "../Message.js"
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
import { cursorPage, FilteredPage, Page } from "./Query.js"

const path = Schema.Struct({ session_id: SessionId })

/** A page of history. `order` is an extension: `asc`, the oldest first, is the API's own and the default. */
export const HistoryPage = Schema.Struct({
  ...cursorPage,
  order: Schema.optional(Schema.Literal("asc", "desc").annotations({ default: "asc" }))
})
export type HistoryCursorPage = typeof HistoryPage.Type
/** `HistoryPage` as callers give it: `historyAll` sets `after`. */
export type HistoryPage = Omit<HistoryCursorPage, "after">

/** The operations on sessions, their history and their chats. */
export const SessionsApi = HttpApiGroup.make("sessions")
  .add(HttpApiEndpoint.post("create", "/sessions").setPayload(CreateSession).addSuccess(SessionCreated))
  .add(HttpApiEndpoint.get("list", "/sessions").setUrlParams(FilteredPage).addSuccess(Pages(Session)))
  .add(HttpApiEndpoint.get("get", "/sessions/:session_id").setPath(path).addSuccess(Session))
  .add(
    HttpApiEndpoint.put("update", "/sessions/:session_id")
      .setPath(path)
      .setPayload(UpdateSession)
      .addSuccess(SessionUpdated)
  )
  .add(
    HttpApiEndpoint.patch("patch", "/sessions/:session_id")
      .setPath(path)
      .setPayload(PatchSession)
      .addSuccess(SessionUpdated)
  )
  .add(
    HttpApiEndpoint.del("delete", "/sessions/:session_id")
      .setPath(path)
      .addSuccess(SessionDeleted)
      .addSuccess(HttpApiSchema.NoContent)
  )
  .add(
    HttpApiEndpoint.get("suggestions", "/sessions/:session_id/suggestions")
      .setPath(path)
      .setUrlParams(Page)
      .addSuccess(Items(Suggestion))
  )
  .add(
    HttpApiEndpoint.get("history", "/sessions/:session_id/history")
      .setPath(path)
      .setUrlParams(HistoryPage)
      .addSuccess(Pages(ChatMLMessage))
  )
  .add(
    HttpApiEndpoint.del("deleteHistory", "/sessions/:session_id/history")
      .setPath(path)
      .addSuccess(SessionDeleted)
      .addSuccess(HttpApiSchema.NoContent)
  )
  .add(
    HttpApiEndpoint.post("chat", "/sessions/:session_id/chat")
      .setPath(path)
      .setPayload(ChatRequest)
      .addSuccess(ChatResponse)
  )
  // Beyond v0.3.
  .add(
    HttpApiEndpoint.post("render", "/sessions/:session_id/render")
      .setPath(path)
      .setPayload(ChatRequest)
      .addSuccess(RenderedChat)
  )
