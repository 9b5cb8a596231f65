/** Splits texts into sentences, and cuts them at the ends of sentences. */

/** The stops that end a sentence before white space, and the full-width ones, which need none. */
const stops = ".!?"
const wideStops = "。！？"

const boundary = new RegExp(`\\n+|(?<=[${stops}${wideStops}])\\s+|(?<=[${wideStops}])`, "u")

/** The sentences of a text in order, trimmed. A line break ends a sentence, too. */
export const sentencesOf = (text: string): ReadonlyArray<string> =>
  text
    .split(boundary)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== "")

/** The index `end`, or the one before it where a cut at `end` would split a surrogate pair. */
const safeEnd = (text: string, end: number): number => {
  const unit = text.charCodeAt(end - 1)
  return end < text.length && unit >= 0xd800 && unit <= 0xdbff ? end - 1 : end
}

/** The start of a text: at most `limit` UTF-16 code units, and no half of a surrogate pair. */
export const startOf = (text: string, limit: number): string => text.slice(0, safeEnd(text, limit))

/** After these texts a long text is cut: stops with a space, and semicolons. */
const ends = [...[...stops, ";"].map((stop) => `${stop} `), ...wideStops]

/**
 * A text in pieces of at most `limit` UTF-16 code units. Each cut is as late as possible, after a line or a sentence, else
 * after a word, else between any two characters.
 */
export function* cut(text: string, limit: number): Generator<string> {
  let rest = text
  while (rest.length > limit) {
    const window = rest.slice(0, limit)
    const sentence = Math.max(window.lastIndexOf("\n") + 1, ...ends.map((end) => window.lastIndexOf(end) + end.length))
    const word = window.lastIndexOf(" ") + 1
    const end = sentence > limit / 3 ? sentence : word > limit / 3 ? word : safeEnd(rest, limit)
    yield rest.slice(0, end).trimEnd()
    rest = rest.slice(end)
  }
  if (rest.trim() !== "") yield rest
}

/** The text before the start of a line, of a sentence, and of a word. */
const starts = [/\n\s*/, new RegExp(`[${stops};]\\s+|[${wideStops}]`), /\s+/]

/** The last whole lines of a text that fit `limit`, trimmed; else its last sentences, its last words, or its very end. */
export const endOf = (text: string, limit: number): string => {
  if (text.length <= limit) return text.trim()
  const window = text.slice(safeEnd(text, text.length - limit))
  for (const start of starts) {
    const found = start.exec(window)
    const end = found === null ? "" : window.slice(found.index + found[0].length).trim()
    if (end !== "") return end
  }
  return window.trim()
}
