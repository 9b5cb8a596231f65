import { stemmer } from "stemmer"
import { Bounded } from "../../text/Bounded.js"

const list = (words: string): ReadonlySet<string> => new Set(words.split(" "))

/** Stop words: they say nothing about the subject of a question. */
const stopWords = list(
  "a about after again all also am an and any are aren as at be because been before being both but by can cannot could " +
    "couldn d did didn do does doesn doing don down during each few for from further had hadn has hasn have haven having " +
    "he her here hers herself him himself his how i if in into is isn it its itself just let ll m me more most mustn my " +
    "myself no nor not now of off on once only or other our ours ourselves out over own please re s same shall she should " +
    "shouldn so some such t than that the their theirs them themselves then there these they this those through to too " +
    "under until up ve very was wasn we were weren what when where whether which while who whom whose why will with won " +
    "would wouldn you your yours yourself yourselves via per etc eg ie im hi hello hey thanks thank ok okay " +
    "dont cant wont isnt doesnt whats thats ive youre kindly really actually"
)

/** Words that carry little by themselves. They count, but a passage with no other match is not an answer. */
const weakWords = list(
  "use used using take make made get got set give given want need know tell explain find show help work thing way put go come " +
    "mean possible able available support allow try look like say said happen exist work one two many much long kind type " +
    "sort good best correct right exactly main purpose different difference example describe list name called call remember " +
    "user should question answer information details anything something everything there else new instead without"
)

const irregular: ReadonlyMap<string, string> = new Map([
  ["ran", "run"],
  ["written", "write"],
  ["wrote", "write"],
  ["built", "build"],
  ["sent", "send"],
  ["made", "make"],
  ["got", "get"],
  ["bought", "buy"],
  ["paid", "pay"],
  ["kept", "keep"],
  ["lost", "lose"],
  ["sold", "sell"],
  ["told", "tell"],
  ["thrown", "throw"],
  ["threw", "throw"],
  ["chosen", "choose"],
  ["chose", "choose"],
  ["hidden", "hide"],
  ["broken", "break"],
  ["children", "child"],
  ["people", "person"],
  ["indices", "index"],
  ["grew", "grow"],
  ["grown", "grow"],
  ["began", "begin"],
  ["spoke", "speak"],
  ["ate", "eat"],
  ["drove", "drive"],
  ["taught", "teach"],
  ["met", "meet"],
  ["left", "leave"],
  ["licence", "license"]
])

/** A British spelling as the American one. */
const spelling = (word: string): string => {
  if (word.length < 5) return word
  const or = word.replace(/our(?=$|s$|ed$|ing$|ite)/, "or")
  return word.length < 6 ? or : or.replace(/is(?=(?:e|es|ed|er|ing|ation|ations)$)/, "iz")
}

const token = /[\p{L}\p{M}\p{N}]{1,10000}/gu
const asciiToken = /[A-Za-z0-9]{1,10000}/g
const beyondAscii = /[\u0080-\uffff]/
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u
const humps = /(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/
/** How many words the cache of stems holds. */
const CACHED_WORDS = 100_000

const stemOf = (word: string): ReadonlyArray<string> => {
  const lower = word.toLowerCase()
  return stopWords.has(lower) ? [] : [stemmer(irregular.get(lower) ?? spelling(lower))]
}

const stemsOf = (word: string): ReadonlyArray<string> => {
  if (word.length <= 80 && humps.test(word)) return [...word.split(humps).flatMap(stemOf), word.toLowerCase()]
  if (!unspaced.test(word)) return stemOf(word)
  const signs = [...word]
  return signs.slice(0, Math.max(1, signs.length - 1)).map((sign, index) => sign + (signs[index + 1] ?? ""))
}

/** Turns texts into stems. It caches the stems of the words it meets, because most come again. */
export class Words {
  private readonly known = new Bounded<string, ReadonlyArray<string>>(CACHED_WORDS)

  /**
   * The stems of a text in order, without stop words. A camel-case identifier yields its parts and itself, so that
   * "http client" finds `HttpClient`. A script without spaces yields pairs of characters.
   */
  of(text: string): Array<string> {
    const found: Array<string> = []
    for (const word of text.match(beyondAscii.test(text) ? token : asciiToken) ?? []) {
      let stems = this.known.get(word)
      if (stems === undefined) {
        stems = stemsOf(word)
        if (word.length <= 80) this.known.set(word, stems)
      }
      for (const one of stems) found.push(one)
    }
    return found
  }
}

/** Verbs and the like that go with any subject: they count less than their objects. */
const commonWords = list("add create define specify provide write change handle declare implement default")

const weakStems: ReadonlySet<string> = new Set([...weakWords].map(stemmer))
const commonStems: ReadonlySet<string> = new Set([...commonWords].map(stemmer))

/** Whether a stem carries little by itself. */
export const isWeak = (stemmed: string): boolean => weakStems.has(stemmed)

/** The weight of a stem of a question, apart from its rarity. */
export const weightOf = (stemmed: string): number => (isWeak(stemmed) ? WEAK : commonStems.has(stemmed) ? 0.6 : 1)

/** The weight of a word that proves nothing by itself. */
export const WEAK = 0.3

/** Groups of synonyms. */
const synonymGroups: ReadonlyArray<ReadonlyArray<string>> = [
  "delete remove erase",
  "create make construct instantiate",
  "start begin launch boot",
  "stop end terminate quit halt",
  "run execute",
  "error failure exception fail throw",
  "option setting parameter configuration configure config flag customize",
  "disable deactivate off",
  "change modify update edit override",
  "get fetch retrieve obtain",
  "price cost fee charge",
  "company employer firm",
  "job work occupation profession",
  "live reside home",
  "call name",
  "buy purchase",
  "refund reimburse",
  "fast quick speed performance",
  "doc document documentation",
  "directory folder dir",
  "repository repo",
  "abort cancel interrupt",
  "limit maximum max",
  "minimum min",
  "wait delay sleep",
  "check verify validate validation",
  "convert transform",
  "database db",
  "environment env",
  "auth authenticate authentication login",
  "install setup installation",
  "async asynchronous",
  "argument args arg parameter",
  "function method",
  "version release",
  "requirement require prerequisite need",
  "phone telephone",
  "allergic allergy",
  "marry wife husband spouse"
].map((group) => group.split(" ").map(stemmer))

/** The synonyms of a stem. */
export const synonyms = (stemmed: string): ReadonlyArray<string> =>
  synonymGroups.flatMap((group) => (group.includes(stemmed) ? group.filter((other) => other !== stemmed) : []))
