/** The embedded engine: `Embedded.layer()` answers the API in process. */
export * as Embedded from "./layers/Embedded.js"
