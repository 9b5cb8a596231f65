/** The commands of a conversation: words that begin with a slash. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { ExplainedPrompt } from "../../schema/Prompt.js"
import type { Failure } from "../exitCodes.js"
import { print, printError, type Stdio } from "../output.js"
import { sanitizeForTerminal } from "../table.js"
import type { Conversation } from "./Conversation.js"

interface Slash {
  readonly summary: string
  readonly run: (conversation: Conversation) => Effect.Effect<void, Failure, Stdio>
}

const MOST_MEMORIES = 50

/** How much of a passage is shown. */
const EXCERPT = 200

const excerpt = (text: string): string => {
  const line = sanitizeForTerminal(text).replace(/\s+/g, " ").trim()
  return line.length > EXCERPT ? `${line.slice(0, EXCERPT)}…` : line
}

const sources = ({ last }: Conversation) => {
  const { recalled } = last()
  if (!recalled) return printError("There is no reply yet, or this server does not say what it recalls.")
  const { memories, messages, snippets } = recalled
  const lines = [
    ...snippets.map(
      ({ content, score, title }) => `${score.toFixed(2)}  ${sanitizeForTerminal(title)}: ${excerpt(content)}`
    ),
    ...memories.map(({ content, score }) => `${score.toFixed(2)}  Memory: ${excerpt(content)}`),
    ...messages.map(
      ({ content, created_at, role, score }) =>
        `${score.toFixed(2)}  ${sanitizeForTerminal(role)}, ${sanitizeForTerminal(created_at)}: ${excerpt(content)}`
    )
  ]
  return lines.length === 0 ? printError("Nothing was recalled for the last reply.") : print(lines.join("\n"))
}

const promptLines = ({ budget, model, parts, prompt_tokens, window }: ExplainedPrompt): string =>
  [
    `${sanitizeForTerminal(model)}: ${prompt_tokens} tokens of ${budget}, in a window of ${window}`,
    ...parts.map(({ kind, role, score, text, tokens }) => {
      const of = role ? ` in ${sanitizeForTerminal(role)}` : ""
      const scored = typeof score === "number" ? `, score ${score.toFixed(2)}` : ""
      return `\n${sanitizeForTerminal(kind)}${of}, ${tokens} tokens${scored}\n${sanitizeForTerminal(text).replace(/^/gm, "  ")}`
    })
  ].join("\n")

const prompt = ({ last }: Conversation) => {
  const { prompt } = last()
  return prompt
    ? print(promptLines(prompt))
    : printError("There is no reply yet, or this server does not say what its model was sent.")
}

const memories = ({ agent, julep, user }: Conversation) =>
  Effect.gen(function* () {
    const of = { agent_id: agent.id, ...(Option.isSome(user) ? { user_id: user.value } : {}) }
    const found = yield* Stream.runCollect(Stream.take(julep.memories.listAll(of), MOST_MEMORIES))
    if (Chunk.isEmpty(found)) return yield* printError("There are no memories yet.")
    yield* print(
      Chunk.toReadonlyArray(found)
        .map(({ content }) => `- ${excerpt(content)}`)
        .join("\n")
    )
  })

const fresh = ({ begin }: Conversation) => Effect.zipRight(begin, printError("The next message begins a new session."))

const help = () =>
  printError(
    [
      ...Object.entries(slashes).map(([name, { summary }]) => `/${name.padEnd(10)}${summary}`),
      "Ctrl-C stops a reply, and the partial reply is kept. At the prompt it ends the chat, as Ctrl-D does."
    ].join("\n")
  )

const slashes: { readonly [name: string]: Slash } = {
  sources: { summary: "what was recalled for the last reply, with scores", run: sources },
  prompt: { summary: "what the model was sent for the last reply", run: prompt },
  memories: { summary: "what the agent remembers", run: memories },
  new: { summary: "begins a new session", run: fresh },
  help: { summary: "shows this", run: help }
}

/** Runs a text that is a command of a conversation. Returns whether it was one. */
export const slash = (text: string, conversation: Conversation): Effect.Effect<boolean, Failure, Stdio> => {
  const name = /^\/([a-z]+)\s*$/.exec(text)?.[1]
  if (name === undefined) return Effect.succeed(false)
  const found = Object.hasOwn(slashes, name) ? slashes[name] : undefined
  const run =
    found === undefined
      ? printError(`There is no command /${name}. /help lists the commands.`)
      : found.run(conversation)
  return Effect.as(run, true)
}
