/** The API's documented estimate of tokens, for models that do not report how many they used. */
export { estimateTokens } from "../engine/ports/Tokenizer.js"
