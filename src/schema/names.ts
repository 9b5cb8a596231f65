/** Names that nothing has: of members of inputs, and of options. */

/** Longer names are not compared with the known ones, and errors show only this much of them. */
const MAX_NAME = 40

/** The edit distance of Levenshtein. */
const distance = (one: string, other: string): number => {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [at, letter] of [...one].entries()) {
    let left = at + 1
    const next = [...other].map((each, index) => {
      left = Math.min(left + 1, (row[index + 1] ?? 0) + 1, (row[index] ?? 0) + (letter === each ? 0 : 1))
      return left
    })
    row = [at + 1, ...next]
  }
  return row.at(-1) ?? 0
}

const spelling = (name: string) => name.replaceAll("_", "").toLowerCase()

/** The known name that is at most two slips away: one of a short name. The case and `_` do not count. */
const closest = (name: string, known: Iterable<string>): string | undefined => {
  if (name.length > MAX_NAME) return undefined
  let least = name.length < 5 ? 2 : 3
  let found: string | undefined
  for (const each of known) {
    const slips = distance(spelling(name), spelling(each))
    if (slips < least) {
      least = slips
      found = each
    }
  }
  return found
}

/** A name as an error shows it. */
export const truncatedName = (name: string): string => (name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name)

/** The question after an unknown name, if one of the known names may be meant. */
export const didYouMean = (name: string, known: Iterable<string>): string => {
  const meant = closest(name, known)
  return meant === undefined ? "" : ` Did you mean \`${meant}\`?`
}

/** The names of all options of a type. */
export type OptionNames<Options> = { readonly [Name in keyof Required<Options>]: true }

/** The first option that does not exist, with what is wrong: it would do nothing. One that is undefined is not there. */
export const unknownOption = <Options>(
  of: string,
  options: Options | undefined,
  names: OptionNames<NoInfer<Options>>
): { readonly name: string; readonly message: string } | undefined => {
  const given = Object.entries(Object(options))
  const [name] = given.find(([name, value]) => value !== undefined && !Object.hasOwn(names, name)) ?? []
  return name === undefined
    ? undefined
    : { name, message: `\`${truncatedName(name)}\` is not an option of ${of}.${didYouMean(name, Object.keys(names))}` }
}
