/** The help of the program, of groups of commands, and of commands. */

import { stripVTControlCharacters } from "node:util"
import * as HelpDoc from "@effect/cli/HelpDoc"
import type * as Span from "@effect/cli/HelpDoc/Span"
import type * as Usage from "@effect/cli/Usage"
import type { Group, Leaf, Made } from "./command.js"
import { tree } from "./tree.js"

const WIDTH = 100
const INDENT = "  "

/** Breaks a text into lines between words. */
const wrapped = (text: string, width: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let line = ""
  for (const word of text.split(/\s+/)) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === "" ? word : `${line} ${word}`
  }
  return [...lines, line]
}

/** Names with what they mean beside them, in a column. */
const listOf = (rows: ReadonlyArray<readonly [name: string, meaning: string]>): string => {
  const column = Math.max(...rows.map(([name]) => name.length)) + INDENT.length
  return rows
    .map(([name, meaning]) => {
      const [first = "", ...others] = wrapped(meaning, WIDTH - column - INDENT.length)
      const below = others.map((line) => `\n${INDENT}${" ".repeat(column)}${line}`)
      return `${INDENT}${name.padEnd(column)}${first}${below.join("")}`
    })
    .join("\n")
}

const firstSentence = (description: string): string => /^.*?(?=[.:](\s|$))/s.exec(description)?.[0] ?? description

/** The help of the program. */
export const rootHelp = (version: string): string =>
  `effect-julep ${version}: stateful AI agents, in a store of yours or on a server

Usage: effect-julep <command> [options]

${listOf(Object.entries(tree).map(([name, { summary }]) => [name, summary]))}

Every command has --help, with an example, and --json. Commands work on a store (--db STORE, default
.julep/julep.db) or on a server (--url URL or JULEP_API_URL, with the key in JULEP_API_KEY).

Exit codes: 0 done, 1 failed, 2 wrong use, 3 not found, 4 not allowed, 5 cannot reach the store or the
server, 130 interrupted.`

/** The help of a group of commands. */
export const groupHelp = (name: string, summary: string, { commands }: Group): string =>
  `${summary}

Usage: effect-julep ${name} <command> [options]

${listOf(Object.entries(commands).map(([command, { description }]) => [command, firstSentence(description)]))}

effect-julep ${name} <command> --help shows the options of a command, with an example.`

/** What must be written after a command, and the arguments that may be. */
const required = (usage: Usage.Usage): ReadonlyArray<string> => {
  switch (usage._tag) {
    case "Named": {
      const [name = ""] = usage.names
      return [
        usage.acceptedValues._tag === "Some" && name.startsWith("-") ? `${name} ${usage.acceptedValues.value}` : name
      ]
    }
    case "Optional":
      return required(usage.usage).flatMap((word) => (word.startsWith("-") ? [] : [`[${word}]`]))
    case "Repeated":
      return required(usage.usage).flatMap((word) => (word.startsWith("-") ? [] : [`${word}...`]))
    case "Concat":
      return [...required(usage.left), ...required(usage.right)]
    default:
      return []
  }
}

const plain = (doc: HelpDoc.HelpDoc): string => stripVTControlCharacters(HelpDoc.toAnsiText(doc)).trim()
const plainSpan = (span: Span.Span): string => plain(HelpDoc.p(span))

/** The paragraphs of a description. */
const paragraphs = (doc: HelpDoc.HelpDoc): ReadonlyArray<string> =>
  doc._tag === "Sequence"
    ? [...paragraphs(doc.left), ...paragraphs(doc.right)]
    : doc._tag === "Empty"
      ? []
      : [plain(doc)]

/** What @effect/cli adds to every description: the usage says it, too. */
const isAdded = (paragraph: string) => /^This (setting is optional|option may be repeated|argument m)/.test(paragraph)

/** The options and arguments of a help, each with its description. */
const described = (doc: HelpDoc.HelpDoc): ReadonlyArray<readonly [name: string, meaning: string]> => {
  if (doc._tag === "Sequence") return [...described(doc.left), ...described(doc.right)]
  if (doc._tag !== "DescriptionList") return []
  return doc.definitions.map(([name, description]) => {
    // The first paragraph is the type, which the name says.
    const [, ...own] = paragraphs(description)
    return [
      plainSpan(name)
        .replace(/^\((.*)\)$/, "$1")
        .replace(/ \d+\+$/, "..."),
      own.filter((paragraph) => !isAdded(paragraph)).join(" ")
    ] as const
  })
}

/** The help of a command. */
export const commandHelp = ({ description, example }: Leaf, { help, usage }: Made): string => {
  const rows = described(help)
  const listed = (title: string, rows: ReadonlyArray<readonly [string, string]>) =>
    rows.length === 0 ? "" : `\n\n${title}:\n${listOf(rows)}`
  const isOption = ([name]: readonly [string, string]) => name.startsWith("-")
  return `${wrapped(description, WIDTH).join("\n")}

Usage: ${required(usage).join(" ")} [options]

Example:
${example.replace(/^/gm, INDENT)}${listed(
  "Arguments",
  rows.filter((row) => !isOption(row))
)}${listed("Options", rows.filter(isOption))}`
}
