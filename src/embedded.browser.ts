/** `effect-julep/embedded` where the engine cannot run: the same names, and layers that fail with the reason. */
export * as Embedded from "./layers/Embedded.browser.js"
