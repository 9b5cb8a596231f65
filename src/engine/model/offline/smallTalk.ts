import { sentences } from "./sentences.js"

const asking =
  /^(?:(?:please|and|so|but|ok|okay|now|then|also|hi|hello|hey)[\s,!.]+)*(?:what|who|whom|whose|which|where|when|why|how|is|are|am|was|were|do|does|did|can|could|should|would|will|may|have|has|tell|show|list|explain|describe|give|find|search|look|summari[sz]e|write|help|compare|define|name|say|repeat)\b/i
const requesting =
  /\b(?:how to|how do|want to|need to|like to|trying to|wonder(?:ing)?|looking for|need help|help me|tell me|show me|can't|cannot|doesn't|does not|don't know|error|fails?|failing|problem)\b/i
const telling =
  /^(?:(?:hi|hello|hey|ok|okay|yes|no|and|also|btw|fyi|well)[\s,!.]+)*(?:i|i'm|i've|i'd|my|we|we're|we've|our|please remember|remember|note|call me)\b/i
const being = /\b(?:is|are|am|was|were)\b|\w'(?:s|re|m)\b/i

/** Whether a message states something and asks for nothing. */
export const isStatement = (text: string): boolean => {
  const trimmed = text.trim()
  if (trimmed === "" || /[?？]/.test(trimmed)) return false
  if (asking.test(trimmed) || requesting.test(trimmed)) return false
  return telling.test(trimmed) || being.test(trimmed)
}

/** The statements of an earlier message. Its questions and small talk answer nothing. */
export const statements = (text: string): string =>
  sentences(text)
    .filter((sentence) => !/[?？]["')\]]*$/.test(sentence) && !asking.test(sentence))
    .filter((sentence) => smallTalk(sentence, "") === undefined)
    .join(" ")

const talk: ReadonlyArray<readonly [pattern: RegExp, reply: (agentName: string) => string]> = [
  [
    /^(?:(?:hi|hiya|hello|hey|greetings|good (?:morning|afternoon|evening|day)|howdy|yo)\b[\s,!.]*)+(?:there|everyone|all|again)?(?:[\s,]+\p{L}{1,30})?[\s!.]*$/iu,
    (name) => `Hello!${name === "" ? "" : ` I am ${name}.`} Ask me about what I was given. (offline model)`
  ],
  [/^how are you\b[^?]{0,30}\?*$/i, () => "Ready to answer from what I was given. (offline model)"],
  [
    /^(?:ok(?:ay)?[\s,!.]+)?(?:many )?(?:thanks?|thank you|thx|cheers|ta)\b[^?]{0,40}$/i,
    () => "You are welcome. (offline model)"
  ],
  [/^(?:good)?bye\b[^?]{0,30}$|^(?:see you|good night)\b[^?]{0,30}$/i, () => "Goodbye. (offline model)"],
  [/^(?:ok|okay|yes|no|sure|great|cool|nice|perfect|fine|got it|i see)[\s!.]*$/i, () => "All right. (offline model)"]
]

/** The reply to a greeting, thanks or a farewell, and `undefined` for any other message. */
export const smallTalk = (text: string, agentName: string): string | undefined => {
  const trimmed = text.trim()
  if (trimmed.length > 80) return undefined
  for (const [pattern, reply] of talk) if (pattern.test(trimmed)) return reply(agentName)
  return undefined
}
