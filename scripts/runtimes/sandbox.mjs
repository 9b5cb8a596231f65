/** Runs a bundle where there is nothing of Node: only what browsers and workers have. */
import { createContext, Script } from "node:vm"

const web = Object.fromEntries(
  [
    "AbortController",
    "AbortSignal",
    "Blob",
    "DOMException",
    "Event",
    "EventTarget",
    "FormData",
    "Headers",
    "ReadableStream",
    "Request",
    "Response",
    "TextDecoder",
    "TextEncoder",
    "TransformStream",
    "URL",
    "URLSearchParams",
    "clearInterval",
    "clearTimeout",
    "console",
    "crypto",
    "fetch",
    "performance",
    "queueMicrotask",
    "setInterval",
    "setTimeout",
    "structuredClone"
  ].map((name) => [name, globalThis[name]])
)

/** Runs a script that leaves a promise in the global \`result\`, and resolves to its value as this realm's JSON. */
export const inSandbox = async (code) => {
  const context = createContext({ ...web })
  context.globalThis = context
  context.self = context
  new Script(code).runInContext(context)
  return JSON.parse(JSON.stringify(await context.result))
}

/** Fails if a bundle asks for a module of Node, or contains the engine's own modules. */
export const assertClient = (imports, inputs = []) => {
  const node = imports.filter((path) => path.startsWith("node:"))
  if (node.length > 0) throw new Error(`the bundle imports ${node.join(", ")}`)
  const engine = inputs.filter((path) => /effect-julep\/dist\/(node|engine\/(?!ports))/.test(path))
  if (engine.length > 0) throw new Error(`the bundle contains ${engine.join(", ")}`)
}
