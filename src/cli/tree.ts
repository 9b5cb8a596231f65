/** Every command by its name. A command is loaded when it is run, so that none costs the others anything. */
import type { Group, Leaf } from "./command.js"

interface Entry {
  /** What the command does, in a few words. */
  readonly summary: string
  readonly load: () => Promise<{ readonly command: Leaf | Group }>
}

export const tree: { readonly [name: string]: Entry } = {
  agents: { summary: "Agents: who answers, and how", load: () => import("./commands/agents.js") }
}
