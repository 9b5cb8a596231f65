/** The text of a reply within its limits, and why it ended. */
export interface Limited {
  readonly text: string
  readonly finish_reason: "stop" | "length"
}

/** Whether a cut before this index would split a surrogate pair. */
export const isLowSurrogate = (text: string, at: number): boolean => {
  const unit = text.charCodeAt(at)
  return unit >= 0xdc00 && unit <= 0xdfff
}

/** Cuts a text before the first stop sequence, then at the limit of tokens. */
export const limit = (
  text: string,
  stop: string | ReadonlyArray<string> | undefined,
  maxTokens: number | undefined,
  count: (text: string) => number
): Limited => {
  const sequences = (typeof stop === "string" ? [stop] : (stop ?? [])).filter((sequence) => sequence !== "")
  const found = sequences.map((sequence) => text.indexOf(sequence)).filter((at) => at !== -1)
  const stopped = found.length === 0 ? text : text.slice(0, Math.min(...found))
  if (maxTokens === undefined || count(stopped) <= maxTokens) return { text: stopped, finish_reason: "stop" }
  let [fits, tooLong] = [0, stopped.length]
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2)
    if (count(stopped.slice(0, middle)) <= maxTokens) fits = middle
    else tooLong = middle
  }
  // A surrogate pair is not cut in two.
  return { text: stopped.slice(0, isLowSurrogate(stopped, fits) ? fits - 1 : fits), finish_reason: "length" }
}
