/**
 * Names of tools as every endpoint takes them. Developers and MCP servers name tools "look up" or "files.read", which
 * many endpoints reject: each request replaces such names, and its reply gets the original ones back.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Model, ModelMessage, ModelRequest, ModelTool, ModelToolCall } from "../../ports/Model.js"
import { shortHash } from "../../text/ShortHash.js"

/** The longest name that every endpoint takes. */
const MAX_LENGTH = 64
const accepted = /^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$/

/** A name with an underscore for what endpoints reject. */
const cleaned = (name: string): string => {
  const rest = name.replace(/[^a-zA-Z0-9_-]+/g, "_")
  return (/^[a-zA-Z_]/.test(rest) ? rest : `_${rest}`).slice(0, MAX_LENGTH)
}

/** The names that are sent in place of those that endpoints reject. Where two would be the same, one ends in a hash. */
const replacements = (tools: ReadonlyArray<ModelTool>): ReadonlyMap<string, string> => {
  const names = tools.map(({ name }) => name)
  const taken = new Set(names.filter((name) => accepted.test(name)))
  const sent = new Map<string, string>()
  for (const name of names) {
    if (accepted.test(name)) continue
    const hash = `_${shortHash(name)}`
    const clean = cleaned(name)
    const unique = taken.has(clean) ? `${clean.slice(0, MAX_LENGTH - hash.length)}${hash}` : clean
    taken.add(unique)
    sent.set(name, unique)
  }
  return sent
}

const callsOf = (message: ModelMessage): ReadonlyArray<ModelToolCall> =>
  message.role === "assistant" ? (message.tool_calls ?? []) : []

const isAccepted = ({ messages, tools }: ModelRequest): boolean =>
  tools.every(({ name }) => accepted.test(name)) &&
  messages.every((message) => callsOf(message).every(({ name }) => accepted.test(name)))

/** A request whose names every endpoint takes, and the original of each name. */
const rename = (request: ModelRequest) => {
  const sent = replacements(request.tools)
  const originals = new Map([...sent].map(([name, replacement]) => [replacement, name]))
  const renamed = <A extends { readonly name: string }>(named: A): A => ({
    ...named,
    name: sent.get(named.name) ?? (accepted.test(named.name) ? named.name : cleaned(named.name))
  })
  const choice = request.tool_choice
  const renamedRequest: ModelRequest = {
    ...request,
    tools: request.tools.map(renamed),
    messages: request.messages.map((message) => {
      if (message.role === "tool" && message.name !== undefined) return renamed({ ...message, name: message.name })
      return message.role === "assistant" && message.tool_calls !== undefined
        ? { ...message, tool_calls: message.tool_calls.map(renamed) }
        : message
    }),
    ...(typeof choice === "object" ? { tool_choice: { ...choice, function: renamed(choice.function) } } : {})
  }
  const original = (call: ModelToolCall): ModelToolCall => ({ ...call, name: originals.get(call.name) ?? call.name })
  return { request: renamedRequest, original }
}

/** A request as it is sent: with names that every endpoint takes. */
export const withAcceptedNames = (request: ModelRequest): ModelRequest =>
  isAccepted(request) ? request : rename(request).request

type Calls = Pick<Model.Service, "complete" | "stream">

/** A model that is sent accepted names only, and whose calls have the original ones. */
export const renaming = (model: Calls): Calls => ({
  complete: (request) => {
    if (isAccepted(request)) return model.complete(request)
    const { original, request: sent } = rename(request)
    return Effect.map(model.complete(sent), (reply) => ({ ...reply, tool_calls: reply.tool_calls.map(original) }))
  },
  stream: (request) => {
    if (isAccepted(request)) return model.stream(request)
    const { original, request: sent } = rename(request)
    return Stream.map(model.stream(sent), (event) =>
      event._tag === "Call" ? { ...event, call: original(event.call) } : event
    )
  }
})
