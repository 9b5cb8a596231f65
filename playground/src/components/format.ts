/** Times and numbers, in the form of the reader's language. */
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" })
const numbers = new Intl.NumberFormat()

export const formatTime = (time: Date | null | undefined): string => (time ? day.format(time) : "")

export const formatNumber = (value: number): string => numbers.format(value)

/** The first line of a text. */
export const firstLine = (text: string | null | undefined): string => (text ?? "").trim().split("\n", 1)[0] ?? ""
