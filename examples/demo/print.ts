/** The layout: a name in the margin, wrapped text beside it, colours only on a terminal. */

const { NO_COLOR, TERM } = process.env
const coloured = process.stdout.isTTY === true && (NO_COLOR === undefined || NO_COLOR === "") && TERM !== "dumb"

const style = (code: number) => (text: string) => (coloured ? `\u001b[${code}m${text}\u001b[0m` : text)

export const bold = style(1)
export const faint = style(2)
export const blue = style(36)
export const green = style(32)

const MARGIN = 13
const width = (): number => Math.min(100, Math.max(48, process.stdout.columns || 96)) - MARGIN - 2

const wrapLine = (line: string, limit: number): ReadonlyArray<string> => {
  const [lead = "", space = ""] = /^(\s*)(?:[-*] |\d+\. )?/.exec(line) ?? []
  const hanging = " ".repeat(lead.length)
  const lines: Array<string> = []
  let current = space
  let empty = true
  for (const word of line.slice(space.length).split(" ")) {
    if (!empty && current.length + 1 + word.length > limit) {
      lines.push(current)
      current = hanging + word
    } else {
      current += empty ? word : ` ${word}`
    }
    empty = false
  }
  return [...lines, current]
}

/** Wraps prose; lines of fenced code and of tables stay as they are. */
const wrap = (text: string): ReadonlyArray<string> => {
  let inCode = false
  return text.split("\n").flatMap((line) => {
    const fence = /^\s*(```|~~~)/.test(line)
    if (fence) inCode = !inCode
    return fence || inCode || line.startsWith("|") ? [line] : wrapLine(line, width())
  })
}

export const line = (text = ""): void => console.log(text)

/** A heading with an empty line above it. */
export const heading = (text: string): void => {
  line()
  line(bold(text))
}

/** A label in the margin and text beside it. */
export const entry = (label: string, text: string, paint: (text: string) => string = (label) => label): void => {
  const margin = `  ${label}`.padEnd(MARGIN)
  wrap(text).forEach((part, index) => {
    line(`${index === 0 ? paint(margin) : " ".repeat(MARGIN)}${part}`.trimEnd())
  })
}

/** A faint line beside the margin, about the entry above. */
export const note = (text: string): void => {
  for (const part of wrap(text)) line(faint(`${" ".repeat(MARGIN)}${part}`))
}

/** A line that the next one overwrites; only on a terminal. */
export const progress = (text: string): void => {
  if (process.stdout.isTTY === true) process.stdout.write(`\r\u001b[2K${faint(text)}`)
}

export const progressEnd = (): void => {
  if (process.stdout.isTTY === true) process.stdout.write("\r\u001b[2K")
}

/** "1 doc", "2 docs". */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`

/** "12 bytes", "34 kB", "5.6 MB". */
export const size = (bytes: number): string =>
  bytes < 1000 ? `${bytes} bytes` : bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`

/** "12 ms", "3.4 s". */
export const time = (milliseconds: number): string =>
  milliseconds < 1000 ? `${Math.max(1, Math.round(milliseconds))} ms` : `${(milliseconds / 1000).toFixed(1)} s`
