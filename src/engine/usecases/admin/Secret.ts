/** The text of a key: `jlp_`, 32 random bytes, and a checksum, which tells a mistyped key from a revoked one. */
import * as Effect from "effect/Effect"
import { DIGITS, shortHash } from "../../text/ShortHash.js"

const PREFIX = "jlp_"
const BASE = BigInt(DIGITS.length)
const BYTES = 32
/** How many digits of base 62 hold the bytes. */
const LENGTH = 43

const base62 = (bytes: Uint8Array): string => {
  let left = bytes.reduce((number, byte) => number * 256n + BigInt(byte), 0n)
  let digits = ""
  for (let digit = 0; digit < LENGTH; digit++) {
    digits = DIGITS.charAt(Number(left % BASE)) + digits
    left /= BASE
  }
  return digits
}

/** A new key. */
export const make: Effect.Effect<string> = Effect.sync(() => {
  const text = PREFIX + base62(crypto.getRandomValues(new Uint8Array(BYTES)))
  return text + shortHash(text)
})

/** Whether a text can be a key: any other is refused without asking the store. */
export const isKey = (text: string): boolean => {
  const checked = PREFIX.length + LENGTH
  return text.startsWith(PREFIX) && text.slice(checked) === shortHash(text.slice(0, checked))
}
