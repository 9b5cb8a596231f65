/** The command line of the demo. */
import { parseArgs } from "node:util"

export type Command =
  | { readonly kind: "help" }
  | { readonly kind: "conversation" }
  | { readonly kind: "documents"; readonly paths: ReadonlyArray<string>; readonly questions: ReadonlyArray<string> }
  | { readonly kind: "unusable"; readonly message: string }

export const HELP = `effect-julep demo: agents with docs, memories and tools, in one process.

  npm run demo
      a conversation about a coffee roaster

  npm run demo -- --docs <file or folder> --ask "a question"
      questions about your own documents: Markdown and text files, or folders of them

  --docs <path>    a file or folder; may be repeated
  --ask <text>     a question; may be repeated. A question can refer to the one before
  --help           this text

Answers come from the built-in offline model, which quotes the documents. The demo reads no key from the environment,
sends nothing over the network, and deletes its database at the end.`

const EXAMPLE = 'For example: npm run demo -- --docs README.md --ask "What is stored where?"'

const unusable = (message: string): Command => ({ kind: "unusable", message })

const options = {
  docs: { type: "string", multiple: true },
  ask: { type: "string", multiple: true },
  help: { type: "boolean", short: "h" }
} as const

const parse = (args: ReadonlyArray<string>) => {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause)
  }
}

/** Parses the arguments. */
export const commandOf = (args: ReadonlyArray<string>): Command => {
  const parsed = parse(args)
  if (typeof parsed === "string") return unusable(`${parsed}\n\nnpm run demo -- --help lists the options.`)
  const { positionals, values } = parsed
  const { ask: questions = [], docs = [], help = false } = values
  if (help) return { kind: "help" }
  if (positionals.length > 0 && docs.length === 0) {
    const given = positionals.map((word) => JSON.stringify(word)).join(" ")
    return unusable(`${given} is not an option. npm passes options on only after two dashes.\n${EXAMPLE}`)
  }
  if (docs.length === 0 && questions.length === 0) return { kind: "conversation" }
  if (docs.length === 0) return unusable(`--ask needs documents to answer from: give --docs too.\n${EXAMPLE}`)
  if (questions.length === 0) return unusable(`--docs needs a question: give --ask too.\n${EXAMPLE}`)
  if (questions.some((question) => question.trim() === "")) {
    return unusable(`A question given with --ask is empty.\n${EXAMPLE}`)
  }
  // A shell expands `--docs docs/*.md` to one value and positional arguments.
  return { kind: "documents", paths: [...docs, ...positionals], questions }
}
