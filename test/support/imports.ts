/** The module specifiers of a source text, read from its tokens: strings and comments that look like imports do not count. */

export type Token = { readonly kind: "word" | "text" | "mark"; readonly value: string }

export interface Import {
  readonly specifier: string
  readonly typeOnly: boolean
  readonly dynamic: boolean
}

const comment = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y
const quoted = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/y
const word = /[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*|[0-9][\w.]*/uy
const regex = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y
const space = /\s+/y

const matchAt = (pattern: RegExp, source: string, index: number): string | undefined => {
  pattern.lastIndex = index
  return pattern.exec(source)?.[0]
}

/** A slash begins a regular expression where no value stands before it. */
const endsValue = (token: Token | undefined): boolean =>
  token !== undefined &&
  (token.kind === "text" ||
    (token.kind === "word" ? !/^(return|typeof|case|in|of)$/.test(token.value) : /[)\]}]/.test(token.value)))

/** The tokens of a source text. What a template holds in `${}` is read too; the rest of it is a text. */
export const tokens = (source: string): ReadonlyArray<Token> => {
  const found: Array<Token> = []
  const templates: Array<number> = []
  let depth = 0
  let index = 0
  const template = () => {
    const end = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*(`|\$\{)/y
    end.lastIndex = index
    const match = end.exec(source)
    index = match === null ? source.length : end.lastIndex
    if (match?.[1] === "${") templates.push(depth++)
    else found.push({ kind: "text", value: "" })
  }
  while (index < source.length) {
    const skipped = matchAt(space, source, index) ?? matchAt(comment, source, index)
    if (skipped !== undefined) {
      index += skipped.length
      continue
    }
    const name = matchAt(word, source, index)
    const text = matchAt(quoted, source, index)
    const pattern = source[index] === "/" && !endsValue(found.at(-1)) ? matchAt(regex, source, index) : undefined
    const char = source[index] ?? ""
    index += (name ?? text ?? pattern ?? char).length
    if (name !== undefined) found.push({ kind: "word", value: name })
    else if (text !== undefined) found.push({ kind: "text", value: text.slice(1, -1) })
    else if (pattern !== undefined) found.push({ kind: "text", value: "" })
    else if (char === "`") template()
    else if (char === "}" && templates.at(-1) === depth - 1) {
      depth = templates.pop() ?? 0
      template()
    } else {
      if (char === "{") depth += 1
      if (char === "}") depth -= 1
      found.push({ kind: "mark", value: char })
    }
  }
  return found
}

const isMark = (token: Token | undefined, value: string) => token?.kind === "mark" && token.value === value
const isWord = (token: Token | undefined, value: string) => token?.kind === "word" && token.value === value

/** The specifier of the statement that begins at `start`, if it has one. */
const fromClause = (all: ReadonlyArray<Token>, start: number): string | undefined => {
  for (let index = start + 1; index < all.length; index++) {
    const token = all[index]
    const next = all[index + 1]
    if (isWord(token, "from") && next?.kind === "text") return next.value
    const clause = token?.kind === "word" || (token?.kind === "mark" && /[{},*]/.test(token.value))
    if (!clause || isWord(token, "import") || isWord(token, "export")) return undefined
  }
  return undefined
}

/** Every import, export-from, dynamic import, import type and require of a source text. */
export const imports = (source: string): ReadonlyArray<Import> => {
  const all = tokens(source)
  return all.flatMap((token, index): ReadonlyArray<Import> => {
    const next = all[index + 1]
    const afterDot = isMark(all[index - 1], ".")
    if (token.kind !== "word" || afterDot) return []
    if ((token.value === "import" || token.value === "require") && isMark(next, "(")) {
      const argument = all[index + 2]
      const specifier = argument?.kind === "text" && isMark(all[index + 3], ")") ? argument.value : "(computed)"
      return [{ specifier, typeOnly: false, dynamic: true }]
    }
    if (token.value !== "import" && token.value !== "export") return []
    if (token.value === "import" && next?.kind === "text") {
      return [{ specifier: next.value, typeOnly: false, dynamic: false }]
    }
    const specifier = fromClause(all, index)
    return specifier === undefined ? [] : [{ specifier, typeOnly: isWord(next, "type"), dynamic: false }]
  })
}
