/** The digits of base 62: fit for every endpoint's idea of an id. */
export const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
/** 62 to the power of 9 is just above 2 to the power of 53. */
const LENGTH = 9

/** Mixes the bits of a 32-bit number, as the end of MurmurHash3 does. */
const mix = (value: number): number => {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/** A hash of a text with 53 bits, as nine digits of base 62. Fast and stable, and no protection against forgery. */
export const shortHash = (text: string): string => {
  let low = 0x811c9dc5
  let high = 0x9e3779b9
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    low = Math.imul(low ^ unit, 0x01000193)
    high = Math.imul(high ^ unit, 0x85ebca77)
  }
  let left = (mix(high ^ low) & 0x1fffff) * 0x100000000 + mix(low)
  let digits = ""
  for (let digit = 0; digit < LENGTH; digit++) {
    digits = DIGITS.charAt(left % DIGITS.length) + digits
    left = Math.floor(left / DIGITS.length)
  }
  return digits
}
