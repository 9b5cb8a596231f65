/** The help of the program and of groups of commands. @effect/cli writes that of a command. */
import type { Group } from "./command.js"
import { tree } from "./tree.js"

const listOf = (rows: ReadonlyArray<readonly [name: string, summary: string]>): string => {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, summary]) => `  ${name.padEnd(width)}  ${summary}`).join("\n")
}

const firstSentence = (description: string): string => /^.*?(?=\.(\s|$))/s.exec(description)?.[0] ?? description

/** The help of the program. */
export const rootHelp = (version: string): string =>
  `effect-julep ${version}: stateful AI agents, in a store of yours or on a server

Usage: effect-julep <command> [options]

${listOf(Object.entries(tree).map(([name, { summary }]) => [name, summary]))}

Every command has --help, with an example, and --json. They work on a store
(--db FILE, default .julep/julep.db) or on a server (--url URL, or JULEP_API_URL,
with the key in JULEP_API_KEY).

Exit codes: 0 done, 1 failed, 2 wrong use, 3 not found, 4 not allowed,
5 cannot reach the store or server, 130 interrupted.`

/** The help of a group of commands. */
export const groupHelp = (name: string, summary: string, { commands }: Group): string =>
  `${summary}

Usage: effect-julep ${name} <command> [options]

${listOf(Object.entries(commands).map(([command, { description }]) => [command, firstSentence(description)]))}

effect-julep ${name} <command> --help shows the options of a command, with an example.`
