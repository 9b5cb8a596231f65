/** Terms as the indexes of PostgreSQL hold them. A row of a B-tree has room for 2.7 kB: long terms are cut. */
import { createHash } from "node:crypto"

/** The longest term, in characters, and how many of a longer one stay before its hash. */
const MAX_TERM = 64
const KEPT = 32

/** A term as the index holds it. */
export const indexTerm = (term: string): string =>
  term.length <= MAX_TERM
    ? term
    : `${term.slice(0, KEPT)}#${createHash("sha256").update(term).digest("base64url").slice(0, 24)}`

/** The beginning of the terms that begin with this text, as the index holds them. */
export const indexPrefix = (text: string): string => (text.length <= KEPT ? text : text.slice(0, KEPT))

/** Terms as the column of a row: each once, with spaces between. */
export const termColumn = (terms: Iterable<string>): string => {
  const unique = new Set<string>()
  for (const term of terms) unique.add(indexTerm(term))
  return Array.from(unique).join(" ")
}
