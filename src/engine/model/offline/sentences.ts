const abbreviations = new Set([
  "e.g",
  "i.e",
  "etc",
  "vs",
  "mr",
  "mrs",
  "ms",
  "dr",
  "st",
  "no",
  "fig",
  "approx",
  "cf",
  "p"
])

/** Whether the full stop before `end` closes a sentence rather than an abbreviation or an initial. */
const closes = (text: string, end: number): boolean => {
  const word =
    text
      .slice(Math.max(0, end - 12), end - 1)
      .split(/[\s(]/)
      .at(-1) ?? ""
  return !abbreviations.has(word.toLowerCase()) && !/^[A-Z]$/.test(word)
}

/** The sentences of a text, in order, trimmed. Full stops inside code spans and file names end nothing. */
export const sentences = (text: string): Array<string> => {
  const found: Array<string> = []
  let start = 0
  let inCode = false
  const take = (end: number) => {
    const sentence = text.slice(start, end).trim()
    if (sentence !== "") found.push(sentence)
    start = end
  }
  for (let index = 0; index < text.length; index++) {
    const sign = text[index] ?? ""
    if (sign === "`") inCode = !inCode
    if (inCode) continue
    if (sign === "。" || sign === "！" || sign === "？") take(index + 1)
    if (sign !== "." && sign !== "!" && sign !== "?") continue
    let end = index + 1
    while (end < text.length && "*_\"')]".includes(text[end] ?? "")) end++
    const next = text[end]
    if (next !== undefined && !/\s/.test(next)) continue
    const following = text.slice(end, end + 40).trimStart()[0]
    if (sign === "." && following !== undefined && (/\p{Ll}/u.test(following) || !closes(text, index + 1))) continue
    take(end)
    index = end - 1
  }
  take(text.length)
  return found
}
