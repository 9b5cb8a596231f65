/** Every command by its name. A command is loaded when it is run, so that none costs the others anything. */
import type { Group, Leaf } from "./command.js"

interface Entry {
  /** What the command does, in a few words. */
  readonly summary: string
  readonly load: () => Promise<{ readonly command: Leaf | Group }>
}

export const tree: { readonly [name: string]: Entry } = {
  chat: { summary: "A conversation with an agent", load: () => import("./commands/chat.js") },
  agents: { summary: "Agents: who answers, and how", load: () => import("./commands/agents.js") },
  users: { summary: "Users: with whom agents talk", load: () => import("./commands/users.js") },
  sessions: { summary: "Sessions: conversations, and their history", load: () => import("./commands/sessions.js") },
  docs: { summary: "Docs: the knowledge of agents and users", load: () => import("./commands/docs.js") },
  memories: { summary: "Memories: what agents remember about users", load: () => import("./commands/memories.js") },
  tools: { summary: "Tools: functions that models may call", load: () => import("./commands/tools.js") },
  search: { summary: "Search: what chats recall, with scores", load: () => import("./commands/search.js") },
  jobs: { summary: "Jobs: work in the background", load: () => import("./commands/jobs.js") },
  mcp: { summary: "An agent as an MCP server on stdio", load: () => import("./commands/mcp.js") },
  keys: { summary: "Keys: API keys of a server, each for a developer", load: () => import("./commands/keys.js") },
  backup: { summary: "Copies a store to a new file", load: () => import("./commands/backup.js") },
  restore: { summary: "Puts a backup in the place of a store", load: () => import("./commands/restore.js") },
  export: { summary: "Writes everything as lines of JSON", load: () => import("./commands/export.js") },
  import: { summary: "Writes the lines of an export into a store", load: () => import("./commands/import.js") },
  move: { summary: "Moves a store into another one", load: () => import("./commands/move.js") },
  prune: { summary: "Deletes what is no longer needed", load: () => import("./commands/prune.js") },
  reindex: { summary: "Embeds all docs, messages and memories again", load: () => import("./commands/reindex.js") },
  doctor: { summary: "Checks what an engine needs, and says what to do", load: () => import("./commands/doctor.js") },
  serve: { summary: "A store over HTTP, for programs in any language", load: () => import("./commands/serve.js") }
}
