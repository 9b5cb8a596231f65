/** A number with its noun. */
import { formatNumber } from "../../components/format.js"

export const counted = (value: number, noun: string, plural = `${noun}s`): string =>
  `${formatNumber(value)} ${value === 1 ? noun : plural}`
