/** Starts the page. */
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { App } from "./App.js"
import { takeKeyFromAddress } from "./key.js"

// Before anything that could read, show or report the address.
takeKeyFromAddress()

const root = document.getElementById("root")
if (root === null) throw new Error("The page has no element #root")
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>
)
