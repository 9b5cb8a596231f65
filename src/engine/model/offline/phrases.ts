/** Finds values in a sentence: numbers, dates, quoted and capitalised phrases, objects of prepositions. */

const isoDate = /\b\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])\b(?!T)/
const instant =
  /\b\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})/
const date = /\b\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})?)?\b/
const email = /[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}/
const url = /\bhttps?:\/\/[^\s"'<>)]{1,500}/
const uuid = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/i
const day =
  /\b(?:today|tonight|tomorrow|yesterday|(?:next |this |on )?(?:mon|tues|wednes|thurs|fri|satur|sun)day|next (?:week|month|year))\b/i
const clock = /\b\d{1,2}(?::\d{2})? ?(?:am|pm)\b|\b\d{1,2}:\d{2}\b/i

/** Words that end the object of a preposition. */
const ends =
  /^(?:in|at|on|for|to|from|about|with|by|of|and|or|but|that|which|who|when|where|if|is|are|was|were|will|please|today|tomorrow|now|using|because|so)$/i

const bare = (word: string): string => word.replace(/^["'“”(]+|["'“”).,;:!?]+$/g, "")

/** The words after a preposition, up to five, until the sentence turns to something else. */
export const objectAfter = (text: string, prepositions: ReadonlyArray<string>): string | undefined => {
  const words = text.split(/\s+/)
  for (const preposition of prepositions) {
    const at = words.findIndex((word) => bare(word).toLowerCase() === preposition)
    if (at === -1) continue
    const taken: Array<string> = []
    for (const word of words.slice(at + 1, at + 6)) {
      if (ends.test(bare(word))) break
      taken.push(bare(word))
      if (/[.,;:!?]$/.test(word)) break
    }
    const object = taken.join(" ").replace(/^(?:the|a|an|my|our|your) /i, "")
    if (object !== "") return object
  }
  return undefined
}

/** The text between the first pair of quotation marks. */
export const quotedPhrase = (text: string): string | undefined =>
  (/"([^"]{1,300})"|“([^”]{1,300})”|`([^`]{1,300})`|(?:^|\s)'([^']{1,300})'(?=\W|$)/.exec(text)?.slice(1) ?? []).find(
    (group) => group !== undefined
  )

/** The first run of capitalised words that is not just the beginning of a sentence. */
export const capitalised = (text: string): string | undefined => {
  const run: Array<string> = []
  let opens = true
  for (const word of text.split(/\s+/)) {
    const name = bare(word)
    const isName = /^\p{Lu}/u.test(name) && !opens && !/^I(?:'|’|$)/.test(name)
    if (isName) run.push(name)
    else if (run.length > 0) break
    opens = /[.!?]$/.test(word)
    if (isName && /[.,;:!?]$/.test(word)) break
  }
  return run.length === 0 ? undefined : run.join(" ")
}

/** Every number of a text with its position, in order. */
export const numbersIn = (text: string): ReadonlyArray<{ readonly at: number; readonly value: number }> =>
  [...text.matchAll(/(?<![\w.])-?\d{1,15}(?:\.\d{1,10})?(?![\d])/g)].map((match) => ({
    at: match.index,
    value: Number(match[0])
  }))

/**
 * The first value of a format in a text: of a format of JSON Schema, or in words, of a "day", a "clock" or a "number".
 */
export const formatted = (text: string, format: string): string | undefined => {
  switch (format) {
    case "day":
      return (date.exec(text) ?? day.exec(text) ?? clock.exec(text))?.[0]
    case "clock":
      return clock.exec(text)?.[0]
    case "date":
      return isoDate.exec(text)?.[0]
    case "date-time":
      return instant.exec(text)?.[0]
    case "number":
      return numbersIn(text).map(({ value }) => String(Math.trunc(value)))[0]
    case "email":
      return email.exec(text)?.[0]
    case "uri":
    case "url":
      return url.exec(text)?.[0].replace(/[.,;:!?]$/, "")
    case "uuid":
      return uuid.exec(text)?.[0]
    default:
      return undefined
  }
}
