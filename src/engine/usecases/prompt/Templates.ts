/**
 * Templates: in a session with `render_templates`, the texts that a developer wrote are rendered before they go into a
 * prompt. Everything else is data and never a template: docs, memories, metadata, the stored messages of users and
 * assistants.
 */
import * as Effect from "effect/Effect"
import type { UnprocessableRequest } from "../../../schema/Errors.js"
import type { JsonObject } from "../../../schema/Field.js"
import { type Content, contentText, type ImagePart, type TextPart } from "../../../schema/Message.js"
import type { AgentRow, EntryRow, SessionRow, ToolRow, UserRow } from "../../ports/Storage.js"
import { Templates } from "../../ports/Templates.js"
import { data, oneLine } from "../../text/PromptMarkup.js"
import { unprocessable } from "../Failure.js"

/** The parts of a prompt that a developer writes. */
export interface Authored {
  readonly session: SessionRow
  readonly agent: AgentRow
  readonly user: UserRow | undefined
  readonly tools?: ReadonlyArray<ToolRow>
  readonly history: ReadonlyArray<EntryRow>
  readonly messages: ReadonlyArray<EntryRow>
}

type Rendered<A> = Effect.Effect<A, UnprocessableRequest>

const described = ({ about, id, metadata, name }: AgentRow | UserRow): JsonObject => ({
  id,
  // A name is one line wherever it stands in a prompt.
  name: oneLine(name),
  about,
  metadata
})

/** A tool as the API returns it. */
const toolOf = ({ description, id, name, parameters, type }: ToolRow): JsonObject => ({
  id,
  type,
  function: { name, ...(description === null ? {} : { description }), parameters }
})

/** The text of a message that may be a template. */
const authoredText = ({ content, role }: EntryRow): string =>
  role === "system" || role === "assistant" ? contentText(content) : ""

/** Whether a template may read the tools: they can be large, and variables take steps of the budget. */
const mentionsTools = ({ agent, history, messages, session }: Authored): boolean =>
  [session.situation, agent.about, ...agent.instructions, ...[...history, ...messages].map(authoredText)].some((text) =>
    text.includes("tools")
  )

const variablesOf = (parts: Authored): JsonObject => {
  const { agent, session, tools = [], user } = parts
  return {
    session: { id: session.id, situation: session.situation, metadata: session.metadata },
    agent: { ...described(agent), tools: mentionsTools(parts) ? tools.map(toolOf) : [] },
    user: user === undefined ? null : { ...described(user), about: data(user.about) }
  }
}

/** Renders the templates of a prompt. A template that is malformed, or cannot be rendered, fails with its path. */
export const make = Effect.map(Templates, (templates) => {
  const refuse = (path: string) => (reason: string) =>
    unprocessable(path, `render_templates is set, but this text cannot be rendered as a template: ${reason}`)

  const renderer = (variables: JsonObject) =>
    Effect.map(
      templates.renderer(variables),
      (render) =>
        (path: string, source: string): Rendered<string> =>
          source.includes("{") ? Effect.mapError(render(source), refuse(path)) : Effect.succeed(source)
    )

  const renderAll = Effect.fnUntraced(function* <Parts extends Authored>(
    parts: Parts
  ): Effect.fn.Return<Parts, UnprocessableRequest> {
    const rendered = yield* renderer(variablesOf(parts))
    const content = (path: string, value: Content): Rendered<Content> =>
      typeof value === "string"
        ? rendered(path, value)
        : Effect.forEach(
            value,
            (part, index): Rendered<TextPart | ImagePart> =>
              part.type === "text"
                ? Effect.map(rendered(`${path}[${index}].text`, part.text), (text) => ({ ...part, text }))
                : Effect.succeed(part)
          )
    const entry = (path: string, row: EntryRow, roles: ReadonlyArray<string>): Rendered<EntryRow> =>
      roles.includes(row.role)
        ? Effect.map(content(`${path}.content`, row.content), (content) => ({ ...row, content }))
        : Effect.succeed(row)
    const { agent, history, messages, session } = parts
    return {
      ...parts,
      session: { ...session, situation: yield* rendered("session.situation", session.situation) },
      agent: {
        ...agent,
        about: yield* rendered("agent.about", agent.about),
        instructions: yield* Effect.forEach(agent.instructions, (line, index) =>
          rendered(`agent.instructions[${index}]`, line)
        )
      },
      // Only developers write system messages; an assistant message in history may come from a model.
      history: yield* Effect.forEach(history, (row, index) => entry(`history[${index}]`, row, ["system"])),
      messages: yield* Effect.forEach(messages, (row, index) =>
        entry(`messages[${index}]`, row, ["system", "assistant"])
      )
    }
  })

  return {
    /** Fails if a text is not a valid template. */
    check: (path: string, source: string): Rendered<void> => Effect.mapError(templates.check(source), refuse(path)),

    render: <Parts extends Authored>(parts: Parts): Rendered<Parts> =>
      parts.session.render_templates ? renderAll(parts) : Effect.succeed(parts)
  }
})
