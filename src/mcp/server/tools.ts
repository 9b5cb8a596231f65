/** The tools of the server: what they are for, in words for a model, and the managers behind them. */
import type { McpServer } from "@effect/ai/McpServer"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { messageText } from "../../schema/Chat.js"
import type { RequestError } from "../../schema/Errors.js"
import { CreateMemory, type Memory } from "../../schema/Memory.js"
import type { Binding } from "./binding.js"
import { addTool } from "./call.js"
import { uriOf } from "./resources.js"

/** A server without a user leaves out memories about users: so many are read to find those about none. */
const MEMORIES_READ = 1000

const text = (title: string, description: string) =>
  Schema.String.pipe(Schema.nonEmptyString()).annotations({ title, description })

const query = text("Query", "What to look for: a question or keywords")

const limit = (most: number, usual: number) => {
  const description = `How many results to return. Default: ${usual}`
  const jsonSchema = { type: "integer", title: "Limit", description, minimum: 1, maximum: most, default: usual }
  return Schema.optional(Schema.Number.pipe(Schema.int(), Schema.between(1, most)).annotations({ jsonSchema }))
}

const recalled = (
  { agent, julep, user }: Binding,
  query: string,
  limit: number
): Effect.Effect<ReadonlyArray<Memory>, RequestError> =>
  user === undefined
    ? Effect.map(julep.memories.list({ agent_id: agent.id, query, limit: MEMORIES_READ }), (memories) =>
        memories.filter(({ user_id }) => user_id === undefined).slice(0, limit)
      )
    : julep.memories.list({ agent_id: agent.id, user_id: user.id, query, limit })

/** Scores are comparable within one search alone: passages of the agent and of the user take turns. */
const found = ({ agent, julep, user }: Binding, query: string, limit: number) =>
  Effect.map(
    Effect.all(
      [
        julep.docs.search({ agent_id: agent.id }, query, { limit }),
        user === undefined ? Effect.succeed([]) : julep.docs.search({ user_id: user.id }, query, { limit })
      ],
      { concurrency: 2 }
    ),
    ([ofAgent, ofUser]) =>
      Array.from({ length: limit }, (_, rank) => [ofAgent[rank] ?? [], ofUser[rank] ?? []])
        .flat(2)
        .slice(0, limit)
        .map(({ content, doc_id, title }) => ({ title, uri: uriOf(doc_id), passage: content }))
  )

const bullets = (lines: ReadonlyArray<string>, none: string): string =>
  lines.length === 0 ? none : lines.map((line) => `- ${line}`).join("\n")

/** Adds the tools. `remember` is about a user, so it is there only with one. */
export const addTools = (server: Context.Tag.Service<typeof McpServer>, binding: Binding): Effect.Effect<void> => {
  const { agent, inSession, julep, user } = binding
  const about = user === undefined ? "" : ` about ${user.name}`
  return Effect.all(
    [
      addTool(server, {
        name: "search_docs",
        title: "Search docs",
        description: `Searches the docs of ${agent.name}${user === undefined ? "" : ` and of ${user.name}`} and returns the passages that fit best. Use it for facts that docs hold. Read the resource at the uri of a result for the whole doc.`,
        input: Schema.Struct({ query, limit: limit(20, 5) }),
        readOnly: true,
        idempotent: true,
        run: ({ limit = 5, query }) =>
          Effect.map(found(binding, query, limit), (results) => ({
            text:
              results.length === 0
                ? "No passage matches."
                : results.map(({ passage, title, uri }) => `${title} (${uri}):\n${passage}`).join("\n\n"),
            structured: { results }
          }))
      }),
      addTool(server, {
        name: "recall",
        title: "Recall",
        description: `Finds what ${agent.name} remembers${about} from earlier conversations, the best matches first. Use it before you ask for something that may be known already.`,
        input: Schema.Struct({ query, limit: limit(50, 10) }),
        readOnly: true,
        idempotent: true,
        run: ({ limit = 10, query }) =>
          Effect.map(recalled(binding, query, limit), (memories) => ({
            text: bullets(
              memories.map(({ content }) => content),
              "Nothing is remembered that matches."
            ),
            structured: {
              memories: memories.map(({ content, created_at }) => ({ content, created_at: created_at.toISOString() }))
            }
          }))
      }),
      user === undefined
        ? Effect.void
        : addTool(server, {
            name: "remember",
            title: "Remember",
            description: `Has ${agent.name} remember one statement${about}, which later conversations can recall. Use it for lasting facts and preferences, each in a sentence that is clear without its context.`,
            input: Schema.Struct({
              content: CreateMemory.fields.content.annotations({
                title: "Content",
                description: "One statement, of at most 2,000 characters, such as: Sam is allergic to nuts."
              })
            }),
            readOnly: false,
            idempotent: true,
            run: ({ content }) =>
              Effect.map(julep.memories.create({ agent_id: agent.id, user_id: user.id, content }), () => ({
                text: `Remembered: ${content}`,
                structured: { remembered: content }
              }))
          }),
      addTool(server, {
        name: "chat",
        title: `Ask ${agent.name}`,
        description: `Sends a message to the agent ${agent.name} and returns its reply. The agent knows its docs, what it remembers${about}, and the messages before in this conversation.${agent.about === "" ? "" : ` About ${agent.name}: ${agent.about}`}`,
        input: Schema.Struct({ message: text("Message", "The message, as you would write it to a person") }),
        readOnly: false,
        idempotent: false,
        run: ({ message }) =>
          Effect.map(
            // The program that has the agent's tools is not here to run them.
            inSession((session) =>
              julep.sessions.chat(session, { messages: [{ role: "user", content: message }], tool_choice: "none" })
            ),
            (reply) => ({ text: messageText(reply), structured: { reply: messageText(reply) } })
          )
      })
    ],
    { discard: true }
  )
}
