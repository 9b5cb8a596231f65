import * as Effect from "effect/Effect"
import { SessionsApi } from "../../schema/api/SessionsApi.js"
import { ChatResponse, ChatStreamEvent, RenderedChat } from "../../schema/Chat.js"
import { ToolCallsClaimed } from "../../schema/Claim.js"
import { ChatMLMessage } from "../../schema/Message.js"
import { RecentPrompt } from "../../schema/Prompt.js"
import { Session, SessionCreated, SessionDeleted, SessionUpdated, Suggestion } from "../../schema/Session.js"
import { Engine } from "../usecases/Engine.js"
import { acceptsJsonAlone, answer, answerStream, itemsOf, pagesOf, whole } from "./respond.js"
import { routes } from "./routes.js"

const session = whole(Session, "user_id", "summary")
const one = answer(session)
const many = pagesOf(session)
const created = answer(SessionCreated, { status: 201 })
const updated = answer(SessionUpdated)
const deleted = answer(SessionDeleted, { status: 202 })
const history = pagesOf(whole(ChatMLMessage, "tool_call_id", "suspended"))
const suggestions = itemsOf(whole(Suggestion))
const prompts = itemsOf(RecentPrompt)
const reply = answer(ChatResponse, { waits: true })
const rendered = answer(RenderedChat, { reads: true })
const claimed = answer(ToolCallsClaimed, { waits: true })
const events = answerStream(ChatStreamEvent, { keeps: true })

/** The operations on sessions, their history and their chats. */
export const sessionsRoutes = Effect.map(Engine, ({ chat, sessions }) =>
  routes(SessionsApi, {
    create: ({ payload, request }) => created(request, (dev) => sessions.create(dev, payload)),
    list: ({ request, urlParams }) => many(request, (dev) => sessions.list(dev, urlParams)),
    get: ({ path, request }) => one(request, (dev) => sessions.get(dev, path.session_id)),
    update: ({ path, payload, request }) => updated(request, (dev) => sessions.update(dev, path.session_id, payload)),
    patch: ({ path, payload, request }) => updated(request, (dev) => sessions.patch(dev, path.session_id, payload)),
    delete: ({ path, request }) => deleted(request, (dev) => sessions.remove(dev, path.session_id)),
    suggestions: ({ path, request, urlParams }) =>
      suggestions(request, (dev) => sessions.suggestions(dev, path.session_id, urlParams)),
    history: ({ path, request, urlParams }) =>
      history(request, (dev) => sessions.history(dev, path.session_id, urlParams)),
    deleteHistory: ({ path, request }) => deleted(request, (dev) => sessions.clearHistory(dev, path.session_id)),
    chat: ({ path, payload, request }) =>
      payload.stream === true && !acceptsJsonAlone(request)
        ? events(request, (dev, attempt) => chat.stream(dev, path.session_id, payload, attempt))
        : reply(request, (dev, attempt) => chat.complete(dev, path.session_id, payload, attempt)),
    render: ({ path, payload, request }) => rendered(request, (dev) => chat.render(dev, path.session_id, payload)),
    prompts: ({ path, request }) => prompts(request, (dev) => sessions.prompts(dev, path.session_id)),
    claim: ({ path, payload, request }) =>
      claimed(request, (dev, attempt) => chat.claim(dev, path.session_id, payload, attempt))
  })
)
