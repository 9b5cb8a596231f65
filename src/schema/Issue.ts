import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

/** One thing wrong with a payload: where (`messages[0].role`) and what was expected. */
export const Issue = Schema.Struct({ path: Schema.String, message: Schema.String }).annotations({
  identifier: "ErrorIssue"
})
export interface Issue extends Schema.Schema.Type<typeof Issue> {}

/** At most this many issues are reported of one payload. */
export const MAX_ISSUES = 5
const MAX_MESSAGE = 200

interface Formatted {
  readonly path: ReadonlyArray<PropertyKey>
  readonly message: string
}

/** A path as users write it: `messages[0].role`. */
export const pathText = (path: ReadonlyArray<PropertyKey>): string =>
  path.reduce<string>(
    (text, key) => (typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`),
    ""
  )

/**
 * What was expected, in JSON's words where Schema names a type: one of its own, such as `ReadonlyArray<CreateDoc>`, or an
 * object of the API. A type of JSON and a description begin with a small letter, or do not end at the actual value.
 */
const inJsonWords = (message: string): string => {
  // What is undefined is not sent.
  if (message.startsWith("Expected ") && message.endsWith(", actual undefined")) return "is missing"
  return message
    .replace(/\b(\d+) (item|character)\(s\)/g, (_, count, noun) => `${count} ${noun}${count === "1" ? "" : "s"}`)
    .replace(
      /^Expected (?:(ReadonlyArray<|readonly \[)|Struct\b|\{|\w+ \(Encoded side\)|[A-Z]\w+(?: \| [A-Z]\w+)*(?=, actual )).*?(?=, actual )/s,
      (_, list) => (list === undefined ? "Expected an object" : "Expected an array")
    )
}

/** The `undefined` and `null` branches of an optional member are noise if another branch names the fault. */
const isAside = (issue: Formatted, issues: ReadonlyArray<Formatted>): boolean =>
  /^Expected (undefined|null), /.test(issue.message) &&
  issues.some((other) => other !== issue && issue.path.every((key, index) => other.path[index] === key))

/** The issues of one path in one sentence: the members of a union expect several things of the same value. */
const sentence = (messages: ReadonlyArray<string>): string => {
  const expected = new Map<string, Array<string>>()
  for (const message of messages) {
    const [, what = message, actual = ""] = /^Expected (.*?)(, actual .*)$/s.exec(message) ?? []
    const known = expected.get(actual)
    if (known === undefined) expected.set(actual, [what])
    else known.push(what)
  }
  return [...expected]
    .map(([actual, all]) => {
      const list = [all.slice(0, -1).join(", "), all.at(-1)].filter((part) => part !== "").join(" or ")
      return actual === "" ? list : `Expected ${list}${actual}`
    })
    .join(" or: ")
}

/** Shortens formatted issues: one for each path, at most five, each message one line. */
export const summarizeIssues = (issues: ReadonlyArray<Formatted>): ReadonlyArray<Issue> => {
  const byPath = new Map<string, Set<string>>()
  for (const issue of issues) {
    if (isAside(issue, issues)) continue
    const path = pathText(issue.path)
    const known = byPath.get(path)
    const message = inJsonWords(issue.message)
    if (known === undefined) byPath.set(path, new Set([message]))
    else known.add(message)
  }
  return [...byPath].slice(0, MAX_ISSUES).map(([path, messages]) => {
    const message = sentence([...messages])
    return { path, message: message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message }
  })
}

/** The issues of a failed decode or encode. */
export const issuesOf = (error: ParseResult.ParseError): ReadonlyArray<Issue> =>
  summarizeIssues(ParseResult.ArrayFormatter.formatErrorSync(error))

/** Issues in one line: `temperature: Expected …; messages[0].role: Expected …`. A whole sentence ends with its own mark. */
export const issuesText = (issues: ReadonlyArray<Issue>): string =>
  issues
    .map((issue) => (issue.path === "" ? issue.message : `${issue.path}: ${issue.message}`))
    .reduce((text, next) => (text === "" ? next : `${text}${/[.?]$/.test(text) ? " " : "; "}${next}`), "")
