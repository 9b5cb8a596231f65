import { createHash } from "node:crypto"

/** The SHA-256 of a text. */
export const sha256Base64 = (text: string): string => createHash("sha256").update(text).digest("base64")

/** An entry of an index has at most 2,700 bytes in PostgreSQL, and a character up to 4. */
const MAX_INDEXED = 500

/** A text for a column with an index: a long one is its digest. */
export const indexable = (text: string): string => (text.length > MAX_INDEXED ? sha256Base64(text) : text)
