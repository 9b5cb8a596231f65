const fence = /^(?:`{3,}|~{3,})/

/** The line, if it opens a fenced block of code. */
export const fenceOf = (trimmed: string): string | undefined => (fence.test(trimmed) ? trimmed : undefined)

/** Whether a line closes the block that `opened` opened: the same mark, at least as long, and nothing else. */
export const closesFence = (opened: string, line: string): boolean => {
  const marks = fence.exec(opened)?.[0] ?? ""
  const trimmed = line.trim()
  return trimmed.startsWith(marks) && trimmed.replaceAll(marks[0] ?? "`", "") === ""
}

const codeLine = /[{}();,=]\s*$|^\s*(?:import|export|const|let|var|return|npm|npx|\$|\/\/|#!|[})\].])/
const proseLine = /^\s*(?:#{1,6}\s|[-*+]\s|\d+\.\s|[|>])|[.:!?]$/

const isCode = (lines: ReadonlyArray<string>): boolean => {
  const written = lines.filter((line) => line.trim() !== "")
  const code = written.filter((line) => codeLine.test(line) && !proseLine.test(line)).length
  return written.length > 0 && code * 2 > written.length
}

/**
 * Whether a passage begins inside a block of code whose opening was cut off. A first fence that names a language opens
 * a block; a bare one closes the lost block when the next one names a language, or when only code stands above it.
 */
export const startsInCode = (lines: ReadonlyArray<string>): boolean => {
  const fences = lines.flatMap((line, index) => (fence.test(line.trim()) ? [index] : []))
  const [first, next] = fences
  if (first === undefined) return lines.length > 2 && isCode(lines)
  const isBare = (index: number) => closesFence("```", lines[index] ?? "")
  if (!isBare(first) || first === 0) return false
  if (next !== undefined && !isBare(next)) return true
  return isCode(lines.slice(0, first)) && (next === undefined || !isCode(lines.slice(first + 1, next)))
}
