/**
 * Writes a text that matches a regular expression. Only what it understands is written, so the expression is never run: it
 * comes with a request, and some expressions take for ever.
 */

/** The longest expression that is read, and the longest text that is written. */
const MAX_LENGTH = 1000

/** Printable ASCII, with the characters first that most formats take. */
const characters = [
  "a",
  "0",
  "A",
  "-",
  " ",
  "\n",
  ...Array.from({ length: 94 }, (_, index) => String.fromCharCode(index + 33))
]

/** A character that a class such as `[A-Z]` or `\d` has. To test one character against one class takes no time. */
const characterOf = (source: string): string | undefined => {
  try {
    const one = new RegExp(`^${source}$`)
    return characters.find((character) => one.test(character))
  } catch {
    return undefined
  }
}

/** A text, and the index after the part of the expression that it matches. */
interface Written {
  readonly text: string
  readonly end: number
}

/** Writes what follows an index. What may be repeated is, `repeats` times where the expression does not bound it. */
class Writer {
  constructor(
    private readonly source: string,
    private readonly repeats: number
  ) {}

  /** The first alternative; the others are only read. */
  alternatives(start: number): Written | undefined {
    const first = this.sequence(start, start === 0)
    let end = first?.end
    while (end !== undefined && this.source[end] === "|") end = this.sequence(end + 1, start === 0)?.end
    return first === undefined || end === undefined ? undefined : { text: first.text, end }
  }

  /** Anchors are understood at both ends of an expression that is not within another. */
  private sequence(start: number, outermost: boolean): Written | undefined {
    let text = ""
    let at = outermost && this.source[start] === "^" ? start + 1 : start
    while (at < this.source.length && !/[|)]/.test(this.source.charAt(at))) {
      if (outermost && /^\$(?:\||$)/.test(this.source.slice(at, at + 2))) {
        at++
        continue
      }
      const atom = this.atom(at)
      if (atom === undefined) return undefined
      const { end, times } = this.quantifier(atom.end)
      if (times > MAX_LENGTH || text.length + atom.text.length * times > MAX_LENGTH) return undefined
      text += atom.text.repeat(times)
      at = end
    }
    return { text, end: at }
  }

  /** A group, a class or a character. */
  private atom(start: number): Written | undefined {
    const [group] = this.match(/\((?:\?:|\?<\w+>)?(?!\?)/y, start)
    if (group !== undefined) {
      const inner = this.alternatives(start + group.length)
      return inner !== undefined && this.source[inner.end] === ")"
        ? { text: inner.text, end: inner.end + 1 }
        : undefined
    }
    const [one] = this.match(/\[(?:\\.|[^\]\\])*\]|\\[^bBkpPux1-9]|[^[\\(){}*+?^$]/y, start)
    const text = one === undefined ? undefined : characterOf(one)
    return one === undefined || text === undefined ? undefined : { text, end: start + one.length }
  }

  private quantifier(start: number): { readonly times: number; readonly end: number } {
    const [all = "", from, , to] = this.match(/(?:[*?+]|\{(\d+)(,(\d*))?\})\??/y, start)
    const end = start + all.length
    if (from !== undefined) return { times: to === "" ? Math.max(Number(from), this.repeats) : Number(from), end }
    if (all === "") return { times: 1, end }
    if (all.startsWith("?")) return { times: 0, end }
    return { times: Math.max(all.startsWith("+") ? 1 : 0, this.repeats), end }
  }

  private match(sticky: RegExp, at: number): ReadonlyArray<string | undefined> {
    sticky.lastIndex = at
    return sticky.exec(this.source) ?? []
  }
}

/**
 * A text that matches an expression, of at least and at most so many characters; `undefined` if none is found, or for an
 * expression with lookarounds, back references or anything else that is not understood.
 */
export const patternText = (
  pattern: string,
  minLength = 0,
  maxLength = Number.POSITIVE_INFINITY
): string | undefined => {
  if (pattern.length > MAX_LENGTH) return undefined
  return [0, 1, minLength].flatMap((repeats) => {
    const written = new Writer(pattern, repeats).alternatives(0)
    if (written?.end !== pattern.length) return []
    const { length } = written.text
    return length >= minLength && length <= maxLength ? [written.text] : []
  })[0]
}
