/**
 * The budget of the templates of one prompt. Rendering blocks the event loop, so a template spends steps before it is
 * parsed, for each node that it evaluates, for each item of a list or mapping that it yields, at all depths, and for each
 * 100 characters of a text. A step takes about 4 microseconds.
 */

const MAX_STEPS = 20_000
/** How many characters of a text are a step. */
export const STEP_TEXT = 100
/** How many characters are a step of the parser: those of text, and those between braces, of which each may be a token. */
const STEP_PARSED_TEXT = 25
const STEP_PARSED_CODE = 2
/** The parser tries each white-space character of a run as its beginning: how many pairs of them are a step. */
const STEP_PAIRS = 3000
/** A search may compare each character of a text with each of a pattern: how many comparisons are a step. */
const STEP_COMPARISONS = 10_000

/** A value of a template. The package's own types are not resolved under this module resolution. */
export interface Value {
  readonly type: string
  readonly value: unknown
}

/** The items of a value at all depths, a text in steps, and how deep they are nested. */
interface Weight {
  readonly items: number
  readonly depth: number
}

const FLAT: Weight = { items: 0, depth: 0 }

const itemsOf = ({ value }: Value): Iterable<Value> | undefined =>
  Array.isArray(value) ? value : value instanceof Map ? value.values() : undefined

/** The index after the tag that begins at `from`, as the parser reads it. */
const endOfTag = (source: string, from: number): number => {
  let quote: string | undefined
  let depth = 0
  for (let index = from; index < source.length; index++) {
    const char = source[index]
    if (quote !== undefined) {
      if (char === "\\") index++
      else if (char === quote) quote = undefined
    } else if (char === "'" || char === '"') {
      quote = char
    } else if (source[index + 1] === "}" && (char === "%" || (char === "}" && depth === 0))) {
      return index + 2
    } else if (char === "{") {
      depth++
    } else if (char === "}") {
      depth--
    }
  }
  return source.length
}

/** The number of characters in the tags of a template. */
const codeLength = (source: string): number => {
  const opening = /\{([{%#])/g
  let length = 0
  for (let match = opening.exec(source); match !== null; match = opening.exec(source)) {
    const start = opening.lastIndex
    if (match[1] === "#") {
      const end = source.indexOf("#}", start)
      opening.lastIndex = end < 0 ? source.length : end + 2
    } else {
      opening.lastIndex = endOfTag(source, start)
      length += opening.lastIndex - start
    }
  }
  return length
}

/** The steps that the templates of one prompt have left. */
export class Budget {
  private left = MAX_STEPS
  private readonly weights = new WeakMap<Value, Weight>()

  /** Takes so many steps. */
  spend(steps: number): void {
    this.allow(steps)
    this.left -= steps
  }

  /** Fails unless so many steps are left. */
  allow(steps: number): void {
    if (steps <= this.left) return
    // What has failed once must not go on with the steps that a smaller demand would find.
    this.left = -1
    throw new Error(
      `the templates of the prompt take more than ${MAX_STEPS} steps. Loop over less, or write shorter texts.`
    )
  }

  /** Takes the steps of parsing a template, which it does not survive if it has too many. */
  parse(source: string): void {
    this.spend(source.length / STEP_PARSED_TEXT)
    let pairs = 0
    for (const [run] of source.matchAll(/\s{20,}/g)) pairs += run.length ** 2
    this.spend(pairs / STEP_PAIRS)
    this.spend(codeLength(source) / STEP_PARSED_CODE)
  }

  /** Fails unless there are steps for a search of the pattern in the text. */
  search(text: string, pattern: string): void {
    this.allow((text.length * pattern.length) / STEP_COMPARISONS)
  }

  weigh(value: Value): Weight {
    if (typeof value.value === "string") return { items: value.value.length / STEP_TEXT, depth: 0 }
    const known = this.weights.get(value)
    if (known !== undefined) return known
    const members = itemsOf(value)
    if (members === undefined) return FLAT
    // A namespace may contain itself.
    this.weights.set(value, { items: 1, depth: 1 })
    let items = 0
    let depth = 0
    for (const member of members) {
      const weight = this.weigh(member)
      items += 1 + weight.items
      depth = Math.max(depth, weight.depth)
    }
    const weight = { items, depth: depth + 1 }
    // The members of a namespace change.
    if (value.type === "NamespaceValue") this.weights.delete(value)
    else this.weights.set(value, weight)
    return weight
  }
}
