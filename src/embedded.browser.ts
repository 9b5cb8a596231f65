/** `effect-julep/embedded` where the engine cannot run: the same names, and layers that fail with the reason. */
import * as Embedded from "./layers/Embedded.browser.js"

// The Babel preset of React Native does not read `export * as`.
export { Embedded }
